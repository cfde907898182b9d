"""Puts the parts together."""

from backend import static
from backend.api import TodoApi
from backend.site import TodoSite
from backend.store import TodoStore
from backend.web import Router


def make_app(store: TodoStore) -> Router:
    return Router(TodoApi(store).routes() + TodoSite(store).routes() + static.routes())
