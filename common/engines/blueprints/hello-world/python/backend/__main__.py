"""Starts the server: python3 -m backend."""
from __future__ import annotations

import logging
import os
import signal
import sys

from backend.app import App
from backend.server import Server
from backend.settings import SettingsError, read_settings


def stop(signal_number: int, frame: object) -> None:
    """End the process cleanly when the system asks for it."""
    raise SystemExit(0)


def main() -> int:
    """Serve until a signal arrives; return the exit code."""
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"<< slug >>: {error}", file=sys.stderr)
        return 2
    try:
        server = Server((settings.host, settings.port), App())
    except OSError as error:
        print(f"<< slug >>: cannot listen on {settings.host}:{settings.port}: {error.strerror}", file=sys.stderr)
        return 1
    with server:
        print(f"<< name >> listens on http://{settings.host}:{server.server_port}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
