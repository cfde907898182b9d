"""The HTML of the list page and the edit page."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape

from backend import APP_NAME
from backend.layout import page
from backend.models import FILTERS, MAX_TITLE, Todo

MONTHS = (
    "January February March April May June July "
    "August September October November December"
).split()
EMPTY = {
    "all": "Nothing here yet. Add the first todo above.",
    "open": "Nothing left to do.",
    "done": "Nothing is done yet.",
}


def icon(shape: str) -> str:
    return f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{shape}"/></svg>'


CHECK = icon("M5 12.5l4.5 4.5L19 7.5")
PENCIL = icon("M4 20h4L19 9l-4-4L4 16zM13 7l4 4")
BIN = icon("M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5")


def list_page(todos, counts, which, today, draft=None, problem="") -> str:
    """The page with all, open or done todos. `draft` is a form to correct."""
    draft = draft or {}
    return page(
        APP_NAME,
        f"""<main class="page">
<header class="top">
<h1>{escape(APP_NAME)}</h1>
<p class="left" id="left" data-region aria-live="polite">{left_text(counts)}</p>
</header>
<form class="card add" id="add" method="post" action="/todos" data-quiet>
{hidden("filter", which)}
{title_field("New todo", draft.get("title", ""))}
{due_field(draft.get("due", ""))}
<button class="button" type="submit">Add</button>
</form>
<div id="problem" data-region>{problem_text(problem)}</div>
<div id="board" data-region>
{filter_links(which, counts)}
{todo_list(todos, which, today)}
{clear_form(counts, which)}
</div>
</main>""",
    )


def edit_page(todo: Todo, which: str, draft=None, problem="") -> str:
    """The page that changes the title and due date of one todo."""
    draft = draft or {"title": todo.title, "due": todo.due or ""}
    return page(
        "Edit todo",
        f"""<main class="page narrow">
<h1>Edit todo</h1>
<form class="card stack" method="post" action="/todos/{todo.id}/edit">
{problem_text(problem)}
{hidden("filter", which)}
{title_field("Title", draft.get("title", ""))}
{due_field(draft.get("due", ""))}
<div class="actions">
<button class="button" type="submit">Save</button>
<a class="button quiet" href="/?filter={which}">Cancel</a>
</div>
</form>
</main>""",
    )


def left_text(counts: dict) -> str:
    """How much is left to do, in words."""
    left = counts["open"]
    if left == 0:
        return "Nothing left to do"
    return "1 todo left" if left == 1 else f"{left} todos left"


def filter_links(which: str, counts: dict) -> str:
    links = "".join(
        f'<li><a href="/?filter={name}"{current(name == which)}>{name.capitalize()} '
        f'<span class="count">{counts[name]}</span></a></li>'
        for name in FILTERS
    )
    return f'<nav aria-label="Filter"><ul class="filters">{links}</ul></nav>'


def todo_list(todos, which: str, today: date) -> str:
    if not todos:
        return f'<p class="empty">{EMPTY[which]}</p>'
    items = "\n".join(todo_item(todo, which, today) for todo in todos)
    return f'<ul class="card todos">\n{items}\n</ul>'


def todo_item(todo: Todo, which: str, today: date) -> str:
    title = escape(todo.title)
    action, wanted = ("Reopen", "false") if todo.done else ("Complete", "true")
    return f"""<li class="todo{' is-done' if todo.done else ''}">
<form method="post" action="/todos/{todo.id}/done" data-quiet>
{hidden("filter", which)}
{hidden("done", wanted)}
<button class="check" id="check-{todo.id}" type="submit" aria-label="{action} {title}">{CHECK}</button>
</form>
<div class="what">
<span class="title">{title}</span>
{due_badge(todo, today)}
</div>
<a class="tool" href="/todos/{todo.id}/edit?filter={which}" aria-label="Edit {title}">{PENCIL}</a>
<form method="post" action="/todos/{todo.id}/delete" data-quiet>
{hidden("filter", which)}
<button class="tool" type="submit" aria-label="Delete {title}">{BIN}</button>
</form>
</li>"""


def due_badge(todo: Todo, today: date) -> str:
    if todo.due is None:
        return ""
    late = " is-late" if todo.is_overdue(today) else ""
    text = due_text(todo, today)
    return f'<time class="due{late}" datetime="{todo.due}">{text}</time>'


def due_text(todo: Todo, today: date) -> str:
    """The due date as people say it."""
    due = date.fromisoformat(todo.due)
    if due == today:
        return "Due today"
    if due - today == timedelta(days=1):
        return "Due tomorrow"
    day = f"{due.day} {MONTHS[due.month - 1]} {due.year}"
    return f"Overdue since {day}" if todo.is_overdue(today) else f"Due {day}"


def clear_form(counts: dict, which: str) -> str:
    if counts["done"] == 0:
        return ""
    return f"""<form class="clear" method="post" action="/todos/clear-completed" data-quiet>
{hidden("filter", which)}
<button class="button quiet" type="submit">Clear completed</button>
</form>"""


def title_field(label: str, value: str) -> str:
    return f"""<div class="field wide">
<label for="title">{label}</label>
<input id="title" name="title" value="{escape(value)}" maxlength="{MAX_TITLE}" required autocomplete="off">
</div>"""


def due_field(value: str) -> str:
    return f"""<div class="field">
<label for="due">Due date (optional)</label>
<input id="due" name="due" type="date" value="{escape(value)}">
</div>"""


def problem_text(problem: str) -> str:
    if not problem:
        return ""
    sentence = problem[:1].upper() + problem[1:]
    return f'<p class="problem" role="alert">{escape(sentence)}.</p>'


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def current(is_current: bool) -> str:
    return ' aria-current="page"' if is_current else ""
