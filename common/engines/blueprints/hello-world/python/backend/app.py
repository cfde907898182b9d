"""Decides what to answer to each request; knows nothing about sockets."""
from __future__ import annotations

from pathlib import Path

from backend.greetings import MAX_NAME_LENGTH, NameNotPrintable, NameTooLong, clean_name, greet
from backend.languages import LANGUAGES, choose_language
from backend.pages import greeting_page, problem_page
from backend.web import Problem, Request, Response, html_response, json_response, problem_response

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"


class App:
    """The routes of the application."""

    def __init__(self) -> None:
        self.routes = {
            "/": self.show_page,
            "/api/greeting": self.api_greeting,
            "/healthz": lambda request: json_response(200, {"status": "ok"}),
            "/static/style.css": static_file("style.css", "text/css; charset=utf-8"),
            "/static/greeting.js": static_file("greeting.js", "text/javascript; charset=utf-8"),
            "/static/icon.svg": static_file("icon.svg", "image/svg+xml"),
        }

    def respond(self, request: Request) -> Response:
        """Answer the request, or say as a page or as JSON why that is not possible."""
        try:
            return self.dispatch(request)
        except Problem as problem:
            if request.path.startswith("/api/"):
                return problem_response(problem)
            return html_response(problem.status, problem_page(problem.status, problem.message), problem.headers)

    def dispatch(self, request: Request) -> Response:
        """Call the function that the path names."""
        route = self.routes.get(request.path)
        if route is None:
            raise Problem(404, "There is nothing at this address")
        if request.method not in ("GET", "HEAD"):
            raise Problem(405, f"{request.method} is not possible here", {"Allow": "GET, HEAD"})
        return route(request)

    def show_page(self, request: Request) -> Response:
        """Show the greeting for the name in the address, and the form."""
        code = language_of(request)
        text = request.query.get("name", "")
        headers = language_headers(code)
        try:
            name = clean_name(text)
        except NameTooLong:
            return html_response(400, greeting_page(code, greet("", code), text, LANGUAGES[code].too_long), headers)
        except NameNotPrintable:
            return html_response(400, greeting_page(code, greet("", code), "", LANGUAGES[code].bad_characters), headers)
        return html_response(200, greeting_page(code, greet(name, code), name), headers)

    def api_greeting(self, request: Request) -> Response:
        """Return the greeting for the name in the address as JSON."""
        code = language_of(request)
        try:
            name = clean_name(request.query.get("name", ""))
        except NameTooLong:
            raise Problem(400, f"name: must have at most {MAX_NAME_LENGTH} characters") from None
        except NameNotPrintable:
            raise Problem(400, "name: must not have control characters") from None
        return json_response(200, {"greeting": greet(name, code), "name": name, "language": code}, language_headers(code))


def language_of(request: Request) -> str:
    """Return the language that the address or else the browser asks for."""
    code = request.query.get("lang", "").strip().lower()
    if not code:
        return choose_language(request.headers.get("Accept-Language") or "")
    if code not in LANGUAGES:
        raise Problem(400, f"lang: must be one of {', '.join(LANGUAGES)}")
    return code


def language_headers(code: str) -> dict[str, str]:
    """Return the headers that tell caches and readers about the language."""
    return {"Content-Language": code, "Vary": "Accept-Language"}


def static_file(name: str, content_type: str):
    """Return a route that serves one file of the frontend."""
    body = (FRONTEND / name).read_bytes()
    return lambda request: Response(200, content_type, body, {"Cache-Control": "no-cache"})
