"""Carries requests and answers over HTTP, within a limit of time."""
from __future__ import annotations

import logging
import socket
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from backend.answers import Answer, answer
from backend.site import Site

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
MAX_DISCARDED_BYTES = 1024 * 1024
LINGER_SECONDS = 5
LOG = logging.getLogger("<< slug >>")


class Server(ThreadingHTTPServer):
    """Listens on one address and answers each connection in a thread of its own."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        self.site = site
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Bind without the name look-up of the base class, which can be slow."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def shutdown_request(self, request) -> None:
        """Close a connection, but only when the client can have read its answer."""
        discard_rest(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address) -> None:
        """Report what went wrong, unless the client just went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            LOG.exception("a connection failed")


def discard_rest(connection: socket.socket) -> None:
    """Read what the client still sends: closing before that could take the answer away."""
    deadline = time.monotonic() + LINGER_SECONDS
    left = MAX_DISCARDED_BYTES
    try:
        connection.shutdown(socket.SHUT_WR)
        while left > 0 and time.monotonic() < deadline:
            connection.settimeout(LINGER_SECONDS)
            piece = connection.recv(64 * 1024)
            if not piece:
                return
            left -= len(piece)
    except OSError:
        pass


class Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection and writes the answers."""

    protocol_version = "HTTP/1.1"
    server_version = "<< slug >>"
    sys_version = ""
    timeout = 10

    def handle_request(self) -> None:
        """Answer one request."""
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # a body follows that nobody reads
        path = unquote(self.path.partition("?")[0])
        self.write(answer(self.server.site, self.command, path, self.headers))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_request

    def write(self, result: Answer) -> None:
        """Send the answer, with the headers that every answer has."""
        self.send_response(result.status)
        if result.status != 304:
            self.send_header("Content-Length", str(len(result.body)))
        for name, value in {**SECURITY_HEADERS, **result.headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(result.body)

    def send_error(self, code: int, message=None, explain=None) -> None:
        """Answer a request that could not even be read."""
        self.close_connection = True
        body = f"{message or self.responses[code][0]}\n".encode()
        self.write(Answer(int(code), {"Content-Type": "text/plain; charset=utf-8"}, body))

    def log_request(self, code="-", size="-") -> None:
        """Write one line for each request, but none for health checks."""
        if getattr(self, "path", "") != "/healthz":
            LOG.info("%s %r %s", self.command, getattr(self, "path", ""), code)

    def log_message(self, format, *args) -> None:
        """Stay quiet; errors are reported where they are handled."""
