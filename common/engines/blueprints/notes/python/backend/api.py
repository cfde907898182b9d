"""The JSON API: /api/notes, /api/tags and /healthz."""

from __future__ import annotations

from backend.errors import HttpError
from backend.models import Note, clean_changes, clean_new
from backend.search import select, words_of
from backend.store import NoteStore
from backend.tags import clean_tag, count_tags
from backend.web import Request, Response, json_response, no_content


class NoteApi:
    """Answers with JSON what the store says."""

    def __init__(self, store: NoteStore):
        self.store = store

    def routes(self) -> list:
        return [
            ("GET", "/healthz", self.health),
            ("GET", "/api/notes", self.search),
            ("POST", "/api/notes", self.add),
            ("GET", "/api/notes/{id}", self.read),
            ("PATCH", "/api/notes/{id}", self.change),
            ("DELETE", "/api/notes/{id}", self.delete),
            ("GET", "/api/tags", self.list_tags),
        ]

    def health(self, request: Request) -> Response:
        return json_response(200, {"status": "ok"})

    def search(self, request: Request) -> Response:
        words = words_of(request.query.get("q", ""))
        tag = clean_tag(request.query.get("tag", ""))
        notes = select(self.store.newest_first(), words, tag)
        return json_response(200, {"notes": [note.as_json() for note in notes]})

    def add(self, request: Request) -> Response:
        note = self.store.add(**clean_new(request.json()))
        return json_response(201, note.as_json(), [("Location", f"/api/notes/{note.id}")])

    def read(self, request: Request, note_id: int) -> Response:
        return json_response(200, _present(self.store.get(note_id)).as_json())

    def change(self, request: Request, note_id: int) -> Response:
        changes = clean_changes(request.json())
        return json_response(200, _present(self.store.update(note_id, changes)).as_json())

    def delete(self, request: Request, note_id: int) -> Response:
        if not self.store.delete(note_id):
            raise HttpError(404, "there is no such note")
        return no_content()

    def list_tags(self, request: Request) -> Response:
        counts = count_tags(self.store.newest_first())
        return json_response(200, {"tags": [{"tag": tag, "count": count} for tag, count in counts]})


def _present(note: Note | None) -> Note:
    if note is None:
        raise HttpError(404, "there is no such note")
    return note
