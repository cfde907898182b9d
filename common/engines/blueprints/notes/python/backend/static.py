"""The style sheet, script and icon of the pages."""

from functools import partial
from pathlib import Path

from backend.web import Request, Response

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"
FILES = {
    "app.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def routes() -> list:
    """One route for each file, read once: no path from outside opens a file."""
    return [
        ("GET", f"/static/{name}", partial(send, (FRONTEND / name).read_bytes(), content_type))
        for name, content_type in FILES.items()
    ]


def send(body: bytes, content_type: str, request: Request) -> Response:
    return Response(200, body, content_type)
