"""Decides what to answer to each request; knows nothing about sockets."""
from __future__ import annotations

from pathlib import Path

from backend.history import Calculation, History
from backend.pages import calculator_page, problem_page
from backend.parser import calculate
from backend.tokens import CalculationError
from backend.web import (
    Problem, Request, Response, html_response, is_cross_site, json_response, problem_response,
    read_form, read_json, redirect,
)

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"


class App:
    """The routes of the application and the history behind them."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.routes = {
            "/": {"GET": self.show_page},
            "/calculate": {"POST": self.post_form},
            "/history/clear": {"POST": self.clear_and_return},
            "/api/calculate": {"POST": self.api_calculate},
            "/api/history": {"GET": self.api_history, "DELETE": self.api_clear},
            "/healthz": {"GET": lambda request: json_response(200, {"status": "ok"})},
            "/static/style.css": {"GET": static_file("style.css", "text/css; charset=utf-8")},
            "/static/calculator.js": {"GET": static_file("calculator.js", "text/javascript; charset=utf-8")},
            "/static/icon.svg": {"GET": static_file("icon.svg", "image/svg+xml")},
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
        """Call the function that the path and the method name."""
        methods = self.routes.get(request.path)
        if methods is None:
            raise Problem(404, "There is nothing at this address")
        method = "GET" if request.method == "HEAD" else request.method
        if method not in methods:
            allowed = sorted(methods) + (["HEAD"] if "GET" in methods else [])
            raise Problem(405, f"{request.method} is not possible here", {"Allow": ", ".join(allowed)})
        if method != "GET" and is_cross_site(request):
            raise Problem(403, "Requests from other sites are refused")
        return methods[method](request)

    def show_page(self, request: Request) -> Response:
        """Show the calculator, with the calculation or expression named in the address."""
        shown = self.history.find(request.query.get("calculation", ""))
        if shown:
            page = calculator_page(self.history.list(), shown.expression, shown.result)
        else:
            page = calculator_page(self.history.list(), request.query.get("expression", ""))
        return html_response(200, page)

    def post_form(self, request: Request) -> Response:
        """Calculate what the form holds and show the result on the page."""
        expression = read_form(request).get("expression", "")
        try:
            calculation = self.calculate(expression)
        except CalculationError as error:
            return html_response(400, calculator_page(self.history.list(), expression, problem=str(error)))
        return redirect(f"/?calculation={calculation.id}")

    def clear_and_return(self, request: Request) -> Response:
        """Forget the history and go back to the page."""
        read_form(request)
        self.history.clear()
        return redirect("/")

    def api_calculate(self, request: Request) -> Response:
        """Calculate the expression in a JSON body."""
        expression = read_json(request).get("expression")
        if not isinstance(expression, str):
            raise Problem(400, "expression: must be text")
        try:
            calculation = self.calculate(expression)
        except CalculationError as error:
            raise Problem(400, f"expression: {error}", position=error.position) from None
        return json_response(200, calculation._asdict())

    def api_history(self, request: Request) -> Response:
        """List the last calculations."""
        return json_response(200, {"history": [entry._asdict() for entry in self.history.list()]})

    def api_clear(self, request: Request) -> Response:
        """Forget the last calculations."""
        self.history.clear()
        return Response(204)

    def calculate(self, expression: str) -> Calculation:
        """Calculate an expression and remember it."""
        expression = expression.strip()
        return self.history.add(expression, calculate(expression))


def static_file(name: str, content_type: str):
    """Return a route that serves one file of the frontend."""
    body = (FRONTEND / name).read_bytes()
    return lambda request: Response(200, content_type, body, {"Cache-Control": "no-cache"})
