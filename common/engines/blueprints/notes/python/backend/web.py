"""The HTTP vocabulary of the app: requests, responses and routes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Mapping
from urllib.parse import parse_qsl

from backend.errors import HttpError, InvalidField

MAX_FIELDS = 50
ID_PATTERN = "([1-9][0-9]{0,14})"


@dataclass(frozen=True)
class Request:
    """One request, its body already read."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> dict:
        self._expect("application/json")
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            raise HttpError(400, "the body must be valid JSON") from None
        if not isinstance(value, dict):
            raise HttpError(400, "the body must be a JSON object")
        return value

    def form(self) -> dict:
        self._expect("application/x-www-form-urlencoded")
        try:
            return parse_pairs(self.body.decode("utf-8"))
        except UnicodeDecodeError:
            raise HttpError(400, "the form must be UTF-8 text") from None

    def _expect(self, content_type: str) -> None:
        sent = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if sent != content_type:
            raise HttpError(415, f"Content-Type must be {content_type}")


@dataclass(frozen=True)
class Response:
    """What goes back: a status, a body and headers."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: tuple = ()


def html_response(status: int, text: str, headers=()) -> Response:
    return Response(status, text.encode("utf-8"), "text/html; charset=utf-8", tuple(headers))


def json_response(status: int, value, headers=()) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text.encode("utf-8"), "application/json", tuple(headers))


def no_content() -> Response:
    return Response(204)


def see_other(location: str) -> Response:
    """After a form post: show that page, so that a reload does not post again."""
    return Response(303, headers=(("Location", location),))


def parse_pairs(text: str) -> dict:
    """Read name=value pairs as a query or a form writes them."""
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise HttpError(400, f"there are more than {MAX_FIELDS} fields") from None


class Router:
    """Finds the handler of a request. Routes are (method, path, handler)."""

    def __init__(self, routes):
        self._routes = [
            (method, re.compile(path.replace("{id}", ID_PATTERN)), handler)
            for method, path, handler in routes
        ]

    def __call__(self, request: Request) -> Response:
        refuse_cross_site(request)
        handler, ids = self._find(request.method, request.path)
        try:
            return handler(request, *ids)
        except InvalidField as error:
            raise HttpError(400, str(error)) from None

    def _find(self, method: str, path: str):
        wanted = "GET" if method == "HEAD" else method
        allowed = set()
        for route_method, pattern, handler in self._routes:
            match = pattern.fullmatch(path)
            if match and route_method == wanted:
                return handler, [int(group) for group in match.groups()]
            if match:
                allowed.add(route_method)
        if not allowed:
            raise HttpError(404, "there is nothing at this address")
        if "GET" in allowed:
            allowed.add("HEAD")
        allow = ", ".join(sorted(allowed))
        raise HttpError(405, f"this address answers {allow} only", [("Allow", allow)])


def refuse_cross_site(request: Request) -> None:
    """Refuse a change that another web site asks a visitor's browser to make."""
    if request.method in ("GET", "HEAD"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        same_site = site in ("same-origin", "none")
    elif origin is not None:
        host = request.headers.get("Host", "").lower()
        same_site = host != "" and origin.lower().partition("://")[2] == host
    else:
        same_site = True
    if not same_site:
        raise HttpError(403, "requests from other web sites are refused")
