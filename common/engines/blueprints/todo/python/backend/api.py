"""The JSON API: /api/todos and /healthz."""

from __future__ import annotations

from dataclasses import asdict

from backend.errors import HttpError
from backend.models import Todo, clean_changes, clean_filter, clean_new
from backend.store import TodoStore
from backend.web import Request, Response, json_response, no_content


class TodoApi:
    """Answers with JSON what the store says."""

    def __init__(self, store: TodoStore):
        self.store = store

    def routes(self) -> list:
        return [
            ("GET", "/healthz", self.health),
            ("GET", "/api/todos", self.list_all),
            ("POST", "/api/todos", self.add),
            ("POST", "/api/todos/clear-completed", self.clear_completed),
            ("GET", "/api/todos/{id}", self.read),
            ("PATCH", "/api/todos/{id}", self.change),
            ("DELETE", "/api/todos/{id}", self.delete),
        ]

    def health(self, request: Request) -> Response:
        return json_response(200, {"status": "ok"})

    def list_all(self, request: Request) -> Response:
        which = clean_filter(request.query.get("filter", "all"))
        todos = [asdict(todo) for todo in self.store.select(which)]
        return json_response(200, {"todos": todos, "counts": self.store.counts()})

    def add(self, request: Request) -> Response:
        todo = self.store.add(**clean_new(request.json()))
        return json_response(201, asdict(todo), [("Location", f"/api/todos/{todo.id}")])

    def read(self, request: Request, todo_id: int) -> Response:
        return json_response(200, asdict(_present(self.store.get(todo_id))))

    def change(self, request: Request, todo_id: int) -> Response:
        changes = clean_changes(request.json())
        return json_response(200, asdict(_present(self.store.update(todo_id, changes))))

    def delete(self, request: Request, todo_id: int) -> Response:
        if not self.store.delete(todo_id):
            raise HttpError(404, "there is no such todo")
        return no_content()

    def clear_completed(self, request: Request) -> Response:
        return json_response(200, {"removed": self.store.clear_completed()})


def _present(todo: Todo | None) -> Todo:
    if todo is None:
        raise HttpError(404, "there is no such todo")
    return todo
