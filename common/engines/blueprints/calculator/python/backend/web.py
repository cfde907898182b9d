"""Requests and responses as plain values, and the checks that every request gets."""
from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, Mapping, NamedTuple, Optional
from urllib.parse import parse_qsl, urlsplit

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with it browsers send "Origin: null" when a form of this
    # very page is posted, and the check for cross-site posts could not tell them apart.
    "Referrer-Policy": "same-origin",
}


class Request(NamedTuple):
    """One HTTP request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Response(NamedTuple):
    """One HTTP response."""

    status: int
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})


class Problem(Exception):
    """A request that cannot be answered as asked."""

    def __init__(self, status: int, message: str, headers: Optional[Mapping[str, str]] = None, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.details = details


def json_response(status: int, value: Any, headers: Optional[Mapping[str, str]] = None) -> Response:
    """Return a response with a JSON body."""
    body = json.dumps(value, ensure_ascii=False).encode(errors="replace") + b"\n"
    return Response(status, "application/json; charset=utf-8", body, {"Cache-Control": "no-store", **(headers or {})})


def html_response(status: int, page: str, headers: Optional[Mapping[str, str]] = None) -> Response:
    """Return a response with an HTML page."""
    return Response(status, "text/html; charset=utf-8", page.encode(), {"Cache-Control": "no-store", **(headers or {})})


def problem_response(problem: Problem) -> Response:
    """Return a problem as JSON."""
    return json_response(problem.status, {"error": problem.message, **problem.details}, problem.headers)


def redirect(location: str) -> Response:
    """Send the browser on to a page after a form was handled."""
    return Response(303, headers={"Location": location})


def is_cross_site(request: Request) -> bool:
    """Tell whether a page of another site made the browser send this request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if not origin:
        return False
    return urlsplit(origin).netloc.lower() != (request.headers.get("Host") or "").lower()


def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body."""
    require_content_type(request, "application/json")
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Problem(400, "body: must be valid JSON") from None
    if not isinstance(value, dict):
        raise Problem(400, "body: must be a JSON object")
    return value


def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a posted form."""
    require_content_type(request, "application/x-www-form-urlencoded")
    try:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError:
        raise Problem(400, "body: must be a form in UTF-8") from None


def require_content_type(request: Request, expected: str) -> None:
    """Refuse a body of another type."""
    actual = (request.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if actual != expected:
        raise Problem(415, f"Content-Type: must be {expected}")
