"""Asks a running server whether it is well: python3 -m backend.healthcheck"""

import http.client
import os
import sys

from backend.config import read_settings


def main() -> int:
    settings = read_settings(os.environ)
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
