"""Which path does what: the JSON API, its OpenAPI document and the page."""

import re
from functools import partial
from pathlib import Path
from typing import Callable, Dict, Optional

from backend import documents, models, pages, queries, web
from backend.store import RecordStore
from backend.web import HttpError, Request, Response

ROOT = Path(__file__).resolve().parent.parent
COLLECTION = "/api/<< entity.plural >>"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
HOST_HEADER = re.compile(r"[A-Za-z0-9._-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")

Handlers = Dict[str, Callable[[Request], Response]]


def read_static_files() -> Dict[str, Response]:
    """Load the files that never change; no other file can be asked for."""
    paths = {f"/static/{file.name}": file for file in (ROOT / "frontend").iterdir()}
    paths["/openapi.json"] = ROOT / "backend" / "openapi.json"
    return {
        path: Response(200, file.read_bytes(), CONTENT_TYPES[file.suffix], {"Cache-Control": "no-cache"})
        for path, file in paths.items()
        if file.suffix in CONTENT_TYPES
    }


class Application:
    """Answers requests. Knows no sockets, so tests may call it directly."""

    def __init__(self, store: RecordStore):
        self._store = store
        self._static_files = read_static_files()

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
            refuse_cross_site(request)
        return handlers[method](request)

    def _handlers(self, path: str) -> Handlers:
        if path == "/":
            return {"GET": self._show_page}
        if path == "/healthz":
            return {"GET": lambda _: web.json_response(200, {"status": "ok"})}
        if path == COLLECTION:
            return {"GET": self._list, "POST": self._create}
        if path in self._static_files:
            return {"GET": lambda _: self._static_files[path]}
        match = re.fullmatch(COLLECTION + "/([1-9][0-9]{0,14})", path)
        if match:
            return self._record_handlers(int(match[1]))
        raise HttpError(404, "there is nothing at this address")

    def _record_handlers(self, record_id: int) -> Handlers:
        return {
            "GET": partial(self._read, record_id),
            "PUT": partial(self._replace, record_id),
            "PATCH": partial(self._change, record_id),
            "DELETE": partial(self._delete, record_id),
        }

    def _show_page(self, request: Request) -> Response:
        host = request.headers.get("host", "")
        base_url = f"http://{host}" if HOST_HEADER.fullmatch(host) else ""
        filled_in = {name: text for name, text in request.query.items() if text}
        status, problem = 200, ""
        try:
            query = queries.parse(filled_in)
        except queries.QueryError as error:
            query, status, problem = queries.Query(), 400, str(error)
        view = pages.View(
            base_url=base_url,
            records=self._store.find(query),
            total=self._store.count(query),
            query=query,
            parameters=filled_in,
            problem=problem,
        )
        return web.html_response(status, pages.home_page(view))

    def _list(self, request: Request) -> Response:
        try:
            query = queries.parse(request.query)
        except queries.QueryError as error:
            raise HttpError(400, str(error)) from None
        document = {
            "items": [models.to_json(record) for record in self._store.find(query)],
            "total": self._store.count(query),
            "limit": query.limit,
            "offset": query.offset,
        }
        return web.json_response(200, document)

    def _create(self, request: Request) -> Response:
        document = web.read_json(request, "application/json")
        record = self._store.add(checked(documents.read_record, document))
        headers = {"Location": f"{COLLECTION}/{record.id}"}
        return web.json_response(201, models.to_json(record), headers)

    def _read(self, record_id: int, request: Request) -> Response:
        return answer(self._store.get(record_id))

    def _replace(self, record_id: int, request: Request) -> Response:
        document = web.read_json(request, "application/json")
        return answer(self._store.update(record_id, checked(documents.read_record, document)))

    def _change(self, record_id: int, request: Request) -> Response:
        document = web.read_json(request, "application/json", "application/merge-patch+json")
        return answer(self._store.update(record_id, checked(documents.read_changes, document)))

    def _delete(self, record_id: int, request: Request) -> Response:
        if not self._store.delete(record_id):
            raise HttpError(404, NOT_FOUND)
        return Response(204)


NOT_FOUND = "there is no << entity.singular | replace("_", " ") >> with this id"


def answer(record: Optional[models.<< entity.class >>]) -> Response:
    """Show a record, or tell that there is none."""
    if record is None:
        raise HttpError(404, NOT_FOUND)
    return web.json_response(200, models.to_json(record))


def checked(read: Callable[[dict], Dict[str, object]], document: dict) -> Dict[str, object]:
    """Read a document; what is wrong with it becomes an answer."""
    try:
        return read(document)
    except documents.DocumentError as error:
        raise HttpError(400, str(error)) from None


def refuse_cross_site(request: Request) -> None:
    """Raise HttpError when a page of another site asks for a change."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    if site:
        own = site in ("same-origin", "none")
    else:
        own = not origin or origin in (f"http://{host}", f"https://{host}")
    if not own:
        raise HttpError(403, "this request came from another site")
