"""Entry point: reads the settings, opens the store and serves until a stop signal arrives."""

import os
import signal
import sqlite3
import sys
import threading

from backend import config, web
from backend.routes import Application
from backend.shortener import Shortener
from backend.store import LinkStore

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    """Run the server and return the exit code."""
    try:
        settings = config.load(os.environ)
    except config.ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        store = LinkStore(settings.data_dir)
        server = web.Server(settings.host, settings.port)
    except (OSError, sqlite3.Error) as error:
        print(f"error: cannot start: {error}", file=sys.stderr)
        return 1
    port = server.server_address[1]
    server.application = Application(store, Shortener(store), port, settings.public_url)
    # Blocked before anybody knows of the server, so that only sigwait takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    print(f"Listening on http://{settings.host}:{port}", flush=True)
    serve_until_signal(server)
    store.close()
    return 0


def serve_until_signal(server: web.Server) -> None:
    """Serve in the background and return once SIGTERM or SIGINT has stopped the server."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    signal.sigwait(STOP_SIGNALS)
    server.shutdown()
    thread.join()
    server.server_close()


if __name__ == "__main__":
    sys.exit(main())
