"""Which path does what: the redirects, the JSON API and the forms of the page."""

import re
from functools import partial
from pathlib import Path
from typing import Callable, Dict, List, Mapping
from urllib.parse import urlsplit

from backend import codes, pages, urls, web
from backend.models import InputError, Link
from backend.shortener import AliasTaken, NoFreeCode, Shortener
from backend.store import LinkStore
from backend.web import HttpError, Request, Response

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HOST_HEADER = re.compile(r"[A-Za-z0-9._-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
DEFAULT_LIMIT = 50
MAX_LIMIT = 200
PAGE_SIZE = 20

Handlers = Dict[str, Callable[[Request], Response]]


def read_static_files(folder: Path) -> Dict[str, Response]:
    """Load the style sheet, the script and the icon; nothing else can be asked for."""
    return {
        f"/static/{file.name}": Response(
            200, file.read_bytes(), CONTENT_TYPES[file.suffix], {"Cache-Control": "no-cache"}
        )
        for file in folder.iterdir()
        if file.suffix in CONTENT_TYPES
    }


class Application:
    """Answers requests. Knows no sockets, so tests may call it directly."""

    def __init__(self, store: LinkStore, shortener: Shortener, port: int, public_url: str = ""):
        self._store = store
        self._shortener = shortener
        self._port = port
        self._public_url = public_url
        self._static_files = read_static_files(FRONTEND)

    def __call__(self, request: Request) -> Response:
        """Answer one request; errors become JSON for the API and a page for people."""
        try:
            return self._dispatch(request)
        except HttpError as error:
            if request.path == "/healthz" or request.path.startswith("/api/"):
                raise
            page = pages.error_page(error.status, str(error))
            return web.html_response(error.status, page, error.headers)

    def _dispatch(self, request: Request) -> Response:
        handlers = self._handlers(request.path)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in handlers:
            allowed = ", ".join([*handlers, "HEAD"] if "GET" in handlers else handlers)
            raise HttpError(405, f"{request.method} is not allowed here", {"Allow": allowed})
        if method != "GET":
            self._refuse_cross_site(request)
        return handlers[method](request)

    def _handlers(self, path: str) -> Handlers:
        if path == "/":
            return {"GET": self._show_home, "POST": self._submit_link}
        if path == "/healthz":
            return {"GET": lambda _: web.json_response(200, {"status": "ok"})}
        if path == "/api/links":
            return {"GET": self._list_links, "POST": self._create_link}
        if path in self._static_files:
            return {"GET": lambda _: self._static_files[path]}
        match = re.fullmatch(r"(/api/links/|/links/|/)([^/]+)(/delete)?", path)
        prefix, code, action = match.groups() if match else ("", "", None)
        if prefix == "/api/links/" and not action:
            return {"GET": partial(self._read_link, code), "DELETE": partial(self._delete_link, code)}
        if prefix == "/links/" and action:
            return {"POST": partial(self._submit_deletion, code)}
        if prefix == "/" and not action:
            return {"GET": partial(self._follow, code)}
        raise HttpError(404, "there is nothing at this address")

    # Redirects

    def _follow(self, code: str, request: Request) -> Response:
        link = self._find(code)
        if request.method == "GET":
            self._store.record_hit(link.code)
        return web.redirect(302, link.url)

    # JSON API

    def _list_links(self, request: Request) -> Response:
        limit = read_number(request.query, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
        offset = read_number(request.query, "offset", 0, 0, 10**9)
        document = {
            "links": [self._to_json(request, link) for link in self._store.newest(limit, offset)],
            "total": self._store.count(),
            "limit": limit,
            "offset": offset,
        }
        return web.json_response(200, document)

    def _create_link(self, request: Request) -> Response:
        document = web.read_json(request)
        for name, value in document.items():
            if name not in ("url", "alias"):
                raise HttpError(400, f"{name} is not a known field")
            if not isinstance(value, str) and not (name == "alias" and value is None):
                raise HttpError(400, f"{name} must be text")
        try:
            link = self._shorten(request, document.get("url", ""), document.get("alias") or "")
        except InputError as error:
            raise HttpError(input_error_status(error), str(error)) from None
        headers = {"Location": f"/api/links/{link.code}"}
        return web.json_response(201, self._to_json(request, link), headers)

    def _read_link(self, code: str, request: Request) -> Response:
        return web.json_response(200, self._to_json(request, self._find(code)))

    def _delete_link(self, code: str, request: Request) -> Response:
        if not self._store.delete(code.lower()):
            raise HttpError(404, "there is no such link")
        return Response(204)

    # Pages

    def _show_home(self, request: Request) -> Response:
        return web.html_response(200, self._home(request))

    def _submit_link(self, request: Request) -> Response:
        form = web.read_form(request)
        url, alias = form.get("url", ""), form.get("alias", "")
        try:
            link = self._shorten(request, url, alias)
        except InputError as error:
            entry = pages.Entry(url, alias, error.field, str(error))
            return web.html_response(input_error_status(error), self._home(request, entry))
        return web.redirect(303, f"/?created={link.code}")

    def _submit_deletion(self, code: str, request: Request) -> Response:
        web.read_form(request)
        link = self._find(code)
        self._store.delete(link.code)
        return web.redirect(303, f"/?deleted={link.code}")

    def _home(self, request: Request, entry: pages.Entry = pages.Entry()) -> str:
        total = self._store.count()
        last_page = max(1, -(-total // PAGE_SIZE))
        text = request.query.get("page", "1")
        page = min(int(text), last_page) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else 1
        view = pages.View(
            base_url=self._base_url(request),
            links=self._store.newest(PAGE_SIZE, (page - 1) * PAGE_SIZE),
            total=total,
            page=page,
            last_page=last_page,
            entry=entry,
            created=self._store.get(request.query.get("created", "").lower()),
            deleted=request.query.get("deleted", ""),
        )
        return pages.home_page(view)

    # Shared steps

    def _find(self, code: str) -> Link:
        link = self._store.get(code.lower())
        if link is None:
            raise HttpError(404, "there is no such link")
        return link

    def _shorten(self, request: Request, url: str, alias: str) -> Link:
        try:
            return self._shortener.shorten(url, alias, self._own_addresses(request))
        except NoFreeCode:
            raise HttpError(503, "no free code was found; try again") from None

    def _to_json(self, request: Request, link: Link) -> Dict[str, object]:
        return {
            "code": link.code,
            "short_url": f"{self._base_url(request)}/{link.code}",
            "url": link.url,
            "hits": link.hits,
            "created_at": link.created_at,
        }

    def _host(self, request: Request) -> str:
        host = request.headers.get("host", "")
        return host if HOST_HEADER.fullmatch(host) else f"localhost:{self._port}"

    def _base_url(self, request: Request) -> str:
        return self._public_url or f"http://{self._host(request)}"

    def _own_addresses(self, request: Request) -> List[urls.Address]:
        names = [self._host(request), urlsplit(self._public_url).netloc]
        names += [f"{name}:{self._port}" for name in ("localhost", "127.0.0.1", "[::1]")]
        return [urls.address_of(name) for name in names if name]

    def _refuse_cross_site(self, request: Request) -> None:
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if site:
            own = site in ("same-origin", "none")
        else:
            host = self._host(request)
            own = not origin or origin in (f"http://{host}", f"https://{host}", self._public_url)
        if not own:
            raise HttpError(403, "this request came from another site")


def input_error_status(error: InputError) -> int:
    """Return the HTTP status for wrong input."""
    return 409 if isinstance(error, AliasTaken) else 400


def read_number(
    query: Mapping[str, str], name: str, default: int, lowest: int, highest: int
) -> int:
    """Return a number from the query or raise HttpError."""
    text = query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,10}", text) or not lowest <= int(text) <= highest:
        raise HttpError(400, f"{name} must be a number from {lowest} to {highest}")
    return int(text)
