"""Puts the parts together."""

from backend import static
from backend.api import NoteApi
from backend.site import NoteSite
from backend.store import NoteStore
from backend.web import Router


def make_app(store: NoteStore) -> Router:
    return Router(NoteApi(store).routes() + NoteSite(store).routes() + static.routes())
