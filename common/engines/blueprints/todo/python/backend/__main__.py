"""Starts the server: python3 -m backend"""

import logging
import os
import signal
import sqlite3
import sys
import threading

from backend import APP_NAME
from backend.app import make_app
from backend.config import BadSetting, Settings, read_settings
from backend.server import Server
from backend.store import TodoStore

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        settings = read_settings(os.environ)
    except BadSetting as error:
        print(error, file=sys.stderr)
        return 2
    try:
        store = open_store(settings)
        server = Server(settings.host, settings.port, make_app(store))
    except (OSError, sqlite3.Error) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    run_until_stopped(server)
    store.close()
    return 0


def open_store(settings: Settings) -> TodoStore:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return TodoStore(settings.data_dir / "todos.db")


def run_until_stopped(server: Server) -> None:
    """Serve until SIGTERM or SIGINT."""
    # Blocked before any thread starts, so that only sigwait takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    print(f"{APP_NAME} listens on http://{server.server_name}:{server.server_port}", flush=True)
    signal.sigwait(STOP_SIGNALS)
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    sys.exit(main())
