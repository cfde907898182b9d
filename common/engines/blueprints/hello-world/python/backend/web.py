"""Requests and responses as plain values."""
from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, Mapping, NamedTuple, Optional

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """One HTTP request; none of the routes needs a body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Response(NamedTuple):
    """One HTTP response."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = NO_HEADERS


class Problem(Exception):
    """A request that cannot be answered as asked."""

    def __init__(self, status: int, message: str, headers: Optional[Mapping[str, str]] = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or NO_HEADERS


def json_response(status: int, value: Any, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    """Return a response with a JSON body."""
    body = json.dumps(value, ensure_ascii=False).encode() + b"\n"
    return Response(status, "application/json; charset=utf-8", body, {"Cache-Control": "no-store", **headers})


def html_response(status: int, page: str, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    """Return a response with an HTML page."""
    return Response(status, "text/html; charset=utf-8", page.encode(), {"Cache-Control": "no-store", **headers})


def problem_response(problem: Problem) -> Response:
    """Return a problem as JSON."""
    return json_response(problem.status, {"error": problem.message}, problem.headers)
