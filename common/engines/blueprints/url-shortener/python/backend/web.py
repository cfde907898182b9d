"""HTTP plumbing: reads a request, lets the application answer it and sends the answer."""

import json
import socket
import socketserver
import sys
import time
import traceback
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Callable, Dict, Mapping
from urllib.parse import parse_qsl

MAX_BODY = 64 * 1024
MAX_DISCARDED = 1024 * 1024
LINGER_SECONDS = 5
NO_HEADERS: Mapping[str, str] = {}
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True)
class Request:
    """One request with its whole body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Response:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Dict[str, str] = field(default_factory=dict)


class HttpError(Exception):
    """The request cannot be served; carries the status and what to tell the client."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] = NO_HEADERS):
        super().__init__(message)
        self.status = status
        self.headers = dict(headers)


def json_response(status: int, document: object, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    """Answer with a JSON document."""
    body = json.dumps(document).encode()
    return Response(status, body, "application/json", {"Cache-Control": "no-store", **headers})


def html_response(status: int, html: str, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    """Answer with a page."""
    headers = {"Cache-Control": "no-store", **headers}
    return Response(status, html.encode(), "text/html; charset=utf-8", headers)


def redirect(status: int, location: str) -> Response:
    """Send the browser somewhere else."""
    return Response(status, headers={"Location": location, "Cache-Control": "no-store"})


def read_json(request: Request) -> dict:
    """Return the JSON object in the body or raise HttpError."""
    require_type(request, "application/json")
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError):
        raise HttpError(400, "body must be valid JSON") from None
    if not isinstance(document, dict):
        raise HttpError(400, "body must be a JSON object")
    return document


def read_form(request: Request) -> Dict[str, str]:
    """Return the fields of a submitted form or raise HttpError."""
    require_type(request, "application/x-www-form-urlencoded")
    try:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise HttpError(400, "body must be a valid form") from None


def require_type(request: Request, wanted: str) -> None:
    """Raise HttpError unless the body has the wanted content type."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != wanted:
        raise HttpError(415, f"content type must be {wanted}")


Application = Callable[[Request], Response]


class Server(socketserver.ThreadingTCPServer):
    """Gives each connection a thread. The caller sets `application` before it serves."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64
    application: Application

    def __init__(self, host: str, port: int):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)

    def shutdown_request(self, request):
        """Close a connection, but only when the client can have read its answer."""
        discard_rest(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        """Stay silent when a client goes away; report everything else."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, socket.timeout)):
            traceback.print_exc()


def discard_rest(connection: socket.socket) -> None:
    """Read what the client still sends: closing before that could take the answer away."""
    deadline = time.monotonic() + LINGER_SECONDS
    left = MAX_DISCARDED
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


class Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "<< slug >>"
    sys_version = ""
    timeout = 10
    disable_nagle_algorithm = True

    def answer(self) -> None:
        """Answer one request; a client that went away or is too slow gets none."""
        try:
            self.send(self.respond())
        except OSError:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def respond(self) -> Response:
        """Let the application answer; errors become answers too."""
        try:
            return self.server.application(self.read_request())
        except HttpError as error:
            return json_response(error.status, {"error": str(error)}, error.headers)
        except OSError:
            raise
        except Exception:
            traceback.print_exc()
            return json_response(500, {"error": "the server could not answer this request"})

    def read_request(self) -> Request:
        """Read the rest of the request; raise HttpError where it is unacceptable."""
        path, _, query = self.path.partition("?")
        try:
            fields = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=100))
        except ValueError:
            fields = {}
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, path, fields, headers, self.read_body())

    def read_body(self) -> bytes:
        """Read the body, if it is one of a known and fair length."""
        if "transfer-encoding" in self.headers:
            self.close_connection = True
            raise HttpError(411, "Content-Length is required")
        text = self.headers.get("content-length", "0").strip()
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            self.close_connection = True
            raise HttpError(400, "Content-Length must be a number")
        length = int(text)
        if length > MAX_BODY:
            self.close_connection = True
            raise HttpError(413, f"body must have at most {MAX_BODY} bytes")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the client closed the connection inside the body")
        return body

    def send(self, response: Response) -> None:
        """Send the answer with the headers that every answer has."""
        self.send_response(response.status)
        headers = {**SECURITY_HEADERS, **response.headers}
        if response.content_type:
            headers["Content-Type"] = response.content_type
        if response.status != 204:
            headers["Content-Length"] = str(len(response.body))
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format, *args):
        """Keep no access log."""
