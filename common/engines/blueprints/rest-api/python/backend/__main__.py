"""Entry point: reads the settings, opens the store and serves until a stop signal arrives."""

import os
import signal
import sqlite3
import sys
import threading

from backend import config, web
from backend.routes import Application
from backend.store import RecordStore


def main() -> int:
    """Run the server and return the exit code."""
    try:
        settings = config.load(os.environ)
    except config.ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        store = RecordStore(settings.data_dir)
        server = web.Server(settings.host, settings.port)
    except (OSError, sqlite3.Error) as error:
        print(f"error: cannot start: {error}", file=sys.stderr)
        return 1
    server.application = Application(store)
    print(f"Listening on http://{settings.host}:{server.server_address[1]}", flush=True)
    serve_until_signal(server)
    store.close()
    return 0


def serve_until_signal(server: web.Server) -> None:
    """Serve in the background and return once SIGTERM or SIGINT has stopped the server."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    stop.wait()
    server.shutdown()
    thread.join()
    server.server_close()


if __name__ == "__main__":
    sys.exit(main())
