"""Carries requests and responses over HTTP, within limits of size and time."""
from __future__ import annotations

import logging
import socket
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote

from backend.app import App
from backend.web import SECURITY_HEADERS, Problem, Request, Response, problem_response

MAX_BODY_BYTES = 64 * 1024
MAX_DISCARDED_BYTES = 1024 * 1024
LINGER_SECONDS = 5
LOG = logging.getLogger("<< slug >>")


class Server(ThreadingHTTPServer):
    """Listens on one address and answers each connection in a thread of its own."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], app: App) -> None:
        self.app = app
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
            piece = connection.recv(MAX_BODY_BYTES)
            if not piece:
                return
            left -= len(piece)
    except OSError:
        pass


class Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection and writes the app's responses."""

    protocol_version = "HTTP/1.1"
    server_version = "<< slug >>"
    sys_version = ""
    timeout = 10

    def answer(self) -> None:
        """Answer one request, whatever happens."""
        try:
            response = self.server.app.respond(self.read_request())
        except Problem as problem:
            self.close_connection = True
            response = problem_response(problem)
        except Exception as error:
            if isinstance(error, OSError):
                raise
            LOG.exception("a request failed")
            response = problem_response(Problem(500, "The server failed on this request"))
        self.write(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def read_request(self) -> Request:
        """Return the request that waits on the connection."""
        path, _, query_text = self.path.partition("?")
        query = dict(parse_qsl(query_text, keep_blank_values=True))
        return Request(self.command, unquote(path), query, self.headers, self.read_body())

    def read_body(self) -> bytes:
        """Return the body, if it is one of a known and fair length."""
        if "Transfer-Encoding" in self.headers:
            raise Problem(411, "Content-Length: is required")
        text = self.headers.get("Content-Length") or "0"
        if not (text.isascii() and text.isdigit()) or len(text) > 12:
            raise Problem(400, "Content-Length: must be a number")
        length = int(text)
        if length > MAX_BODY_BYTES:
            raise Problem(413, f"body: must be at most {MAX_BODY_BYTES} bytes")
        body = self.rfile.read(length)
        if len(body) < length:
            raise Problem(400, "body: is shorter than Content-Length says")
        return body

    def write(self, response: Response) -> None:
        """Send the response, with the headers that every response has."""
        self.send_response(response.status)
        if response.status != 204:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
        for name, value in {**SECURITY_HEADERS, **response.headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def send_error(self, code: int, message=None, explain=None) -> None:
        """Answer a request that could not even be read."""
        self.close_connection = True
        self.write(problem_response(Problem(int(code), message or self.responses[code][0])))

    def log_request(self, code="-", size="-") -> None:
        """Write one line for each request, but none for health checks."""
        if getattr(self, "path", "") != "/healthz":
            LOG.info("%s %r %s", self.command, getattr(self, "path", ""), code)

    def log_message(self, format, *args) -> None:
        """Stay quiet; errors are reported where they are handled."""
