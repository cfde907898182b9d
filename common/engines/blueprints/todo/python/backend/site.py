"""What a browser asks for: the pages and the forms on them."""

from __future__ import annotations

from datetime import date

from backend import pages
from backend.errors import HttpError, InvalidField
from backend.models import Todo, clean_changes, clean_filter, clean_new
from backend.store import TodoStore
from backend.web import Request, Response, html_response, see_other


class TodoSite:
    """Shows the todos and carries out what the forms ask for."""

    def __init__(self, store: TodoStore, today=date.today):
        self.store = store
        self.today = today

    def routes(self) -> list:
        return [
            ("GET", "/", self.show_list),
            ("POST", "/todos", self.add),
            ("POST", "/todos/clear-completed", self.clear_completed),
            ("GET", "/todos/{id}/edit", self.show_edit),
            ("POST", "/todos/{id}/edit", self.save),
            ("POST", "/todos/{id}/done", self.set_done),
            ("POST", "/todos/{id}/delete", self.delete),
        ]

    def show_list(self, request: Request) -> Response:
        return self._list_page(200, chosen_filter(request.query))

    def add(self, request: Request) -> Response:
        form = request.form()
        which = chosen_filter(form)
        draft = {field: form.get(field, "") for field in ("title", "due")}
        try:
            self.store.add(**clean_new(draft))
        except InvalidField as error:
            return self._list_page(400, which, draft, str(error))
        return back_to_list(which)

    def show_edit(self, request: Request, todo_id: int) -> Response:
        which = chosen_filter(request.query)
        return html_response(200, pages.edit_page(self._todo(todo_id), which))

    def save(self, request: Request, todo_id: int) -> Response:
        form = request.form()
        which = chosen_filter(form)
        todo = self._todo(todo_id)
        draft = {field: form.get(field, "") for field in ("title", "due")}
        try:
            self.store.update(todo_id, clean_changes(draft))
        except InvalidField as error:
            return html_response(400, pages.edit_page(todo, which, draft, str(error)))
        return back_to_list(which)

    def set_done(self, request: Request, todo_id: int) -> Response:
        form = request.form()
        which = chosen_filter(form)
        if form.get("done") not in ("true", "false"):
            raise InvalidField("done", "must be true or false")
        if self.store.update(todo_id, {"done": form["done"] == "true"}) is None:
            raise HttpError(404, "there is no such todo")
        return back_to_list(which)

    def delete(self, request: Request, todo_id: int) -> Response:
        which = chosen_filter(request.form())
        self.store.delete(todo_id)
        return back_to_list(which)

    def clear_completed(self, request: Request) -> Response:
        which = chosen_filter(request.form())
        self.store.clear_completed()
        return back_to_list(which)

    def _todo(self, todo_id: int) -> Todo:
        todo = self.store.get(todo_id)
        if todo is None:
            raise HttpError(404, "there is no such todo")
        return todo

    def _list_page(self, status: int, which: str, draft=None, problem="") -> Response:
        todos, counts = self.store.select(which), self.store.counts()
        html = pages.list_page(todos, counts, which, self.today(), draft, problem)
        return html_response(status, html)


def chosen_filter(values) -> str:
    return clean_filter(values.get("filter", "all"))


def back_to_list(which: str) -> Response:
    return see_other(f"/?filter={which}")
