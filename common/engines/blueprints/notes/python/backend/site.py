"""What a browser asks for: the pages and the forms on them."""

from __future__ import annotations

from backend import pages
from backend.errors import HttpError, InvalidField
from backend.models import Note, clean_changes, clean_new
from backend.search import select, words_of
from backend.store import NoteStore
from backend.tags import clean_tag, count_tags
from backend.web import Request, Response, html_response, see_other


class NoteSite:
    """Shows the notes and carries out what the forms ask for."""

    def __init__(self, store: NoteStore):
        self.store = store

    def routes(self) -> list:
        return [
            ("GET", "/", self.show_list),
            ("GET", "/notes/new", self.show_new),
            ("POST", "/notes", self.add),
            ("GET", "/notes/{id}", self.show_note),
            ("GET", "/notes/{id}/edit", self.show_edit),
            ("POST", "/notes/{id}", self.save),
            ("POST", "/notes/{id}/delete", self.delete),
        ]

    def show_list(self, request: Request) -> Response:
        view = view_of(request)
        with_words = select(self.store.newest_first(), view.words, "")
        notes = select(with_words, [], view.tag)
        return html_response(200, pages.list_page(notes, count_tags(with_words), view))

    def show_new(self, request: Request) -> Response:
        return html_response(200, pages.new_page())

    def add(self, request: Request) -> Response:
        draft = draft_of(request)
        try:
            note = self.store.add(**clean_new(draft))
        except InvalidField as error:
            return html_response(400, pages.new_page(draft, str(error)))
        return see_other(f"/notes/{note.id}")

    def show_note(self, request: Request, note_id: int) -> Response:
        return html_response(200, pages.note_page(self._note(note_id), view_of(request)))

    def show_edit(self, request: Request, note_id: int) -> Response:
        return html_response(200, pages.edit_page(self._note(note_id)))

    def save(self, request: Request, note_id: int) -> Response:
        note = self._note(note_id)
        draft = draft_of(request)
        try:
            self.store.update(note_id, clean_changes(draft))
        except InvalidField as error:
            return html_response(400, pages.edit_page(note, draft, str(error)))
        return see_other(f"/notes/{note_id}")

    def delete(self, request: Request, note_id: int) -> Response:
        self.store.delete(note_id)
        return see_other("/")

    def _note(self, note_id: int) -> Note:
        note = self.store.get(note_id)
        if note is None:
            raise HttpError(404, "there is no such note")
        return note


def view_of(request: Request) -> pages.View:
    query = request.query.get("q", "").strip()
    return pages.View(query, words_of(query), clean_tag(request.query.get("tag", "")))


def draft_of(request: Request) -> dict:
    form = request.form()
    return {"title": form.get("title", ""), "body": form.get("body", "")}
