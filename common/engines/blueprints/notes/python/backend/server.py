"""Carries requests between the network and a router."""

from __future__ import annotations

import logging
import re
import socket
import socketserver
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

from backend.errors import HttpError
from backend.layout import error_page
from backend.web import Request, Response, html_response, json_response, parse_pairs

MAX_BODY = 64 * 1024
MAX_DISCARD = 1024 * 1024
LINGER_SECONDS = 5
SECURITY_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)
log = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """Answers every request by calling `app` with it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, host: str, port: int, app):
        self.app = app
        super().__init__((host, port), Handler)

    def server_bind(self):
        # The base class also looks up the host's full name, which can wait for DNS.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def shutdown_request(self, request):
        discard_rest(request)
        super().shutdown_request(request)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 10

    def answer(self) -> None:
        try:
            self.send(self.respond())
        except OSError:
            # The visitor went away or is too slow: there is nobody left to tell.
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def respond(self) -> Response:
        path, _, query = self.path.partition("?")
        try:
            body = self.read_body()
            request = Request(self.command, path, parse_pairs(query), self.headers, body)
            return self.server.app(request)
        except HttpError as error:
            return error_response(path, error)
        except OSError:
            raise
        except Exception:
            log.exception("cannot answer %s %s", self.command, quote(path))
            return error_response(path, HttpError(500, "something went wrong here"))

    def read_body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise HttpError(411, "the request must have a Content-Length")
        declared = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,15}", declared):
            self.close_connection = True
            raise HttpError(400, "Content-Length must be a number")
        length = int(declared)
        if length > MAX_BODY:
            self.close_connection = True
            raise HttpError(413, "the body must be at most 64 KiB")
        body = self.rfile.read(length)
        if len(body) < length:
            raise HttpError(400, "the body is shorter than its Content-Length")
        return body

    def send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in SECURITY_HEADERS + response.headers:
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        if response.content_type:
            self.send_header("Content-Type", response.content_type)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def version_string(self) -> str:
        return "<< slug >>"

    def log_request(self, code="-", size="-") -> None:
        path = self.path.partition("?")[0]
        log.info("%s %s %s", self.command, quote(path, safe="/%"), int(code))

    def log_message(self, format, *args) -> None:
        log.info("%s", ascii(format % args))


def discard_rest(connection: socket.socket) -> None:
    """Read what a visitor still sends: closing before that could take the answer away."""
    deadline = time.monotonic() + LINGER_SECONDS
    left = MAX_DISCARD
    try:
        connection.shutdown(socket.SHUT_WR)
        while left > 0 and time.monotonic() < deadline:
            connection.settimeout(LINGER_SECONDS)
            piece = connection.recv(MAX_BODY)
            if not piece:
                return
            left -= len(piece)
    except OSError:
        pass


def error_response(path: str, error: HttpError) -> Response:
    if path.startswith("/api/"):
        return json_response(error.status, {"error": error.message}, error.headers)
    return html_response(error.status, error_page(error.status, error.message), error.headers)
