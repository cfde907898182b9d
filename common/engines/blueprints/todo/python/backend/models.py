"""The Todo record and the rules its fields keep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from backend.errors import InvalidField

MAX_TITLE = 200
FILTERS = ("all", "open", "done")


@dataclass(frozen=True)
class Todo:
    """One thing to do."""

    id: int
    title: str
    done: bool
    due: str | None
    created_at: str

    def is_overdue(self, today: date) -> bool:
        return not self.done and self.due is not None and self.due < today.isoformat()


def clean_title(value) -> str:
    """Return the title with its white space tidied, or raise InvalidField."""
    if value is None:
        raise InvalidField("title", "must not be empty")
    if not isinstance(value, str):
        raise InvalidField("title", "must be text")
    title = " ".join(value.split())
    if not title:
        raise InvalidField("title", "must not be empty")
    if len(title) > MAX_TITLE:
        raise InvalidField("title", f"must be at most {MAX_TITLE} characters")
    if any("\ud800" <= character <= "\udfff" for character in title):
        raise InvalidField("title", "must be valid Unicode text")
    return title


def clean_due(value) -> str | None:
    """Return a date as YYYY-MM-DD, or None where there is none."""
    if value is None or value == "":
        return None
    problem = InvalidField("due", "must be a date such as 2024-05-17")
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise problem
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise problem from None


def clean_done(value) -> bool:
    if not isinstance(value, bool):
        raise InvalidField("done", "must be true or false")
    return value


def clean_filter(value: str) -> str:
    if value not in FILTERS:
        raise InvalidField("filter", "must be one of " + ", ".join(FILTERS))
    return value


def clean_new(fields: dict) -> dict:
    """Check the fields of a todo that is to be added."""
    _refuse_unknown(fields, ("title", "due"))
    return {"title": clean_title(fields.get("title")), "due": clean_due(fields.get("due"))}


def clean_changes(fields: dict) -> dict:
    """Check the fields of a todo that are to be changed."""
    cleaners = {"title": clean_title, "done": clean_done, "due": clean_due}
    _refuse_unknown(fields, cleaners)
    return {field: cleaners[field](value) for field, value in fields.items()}


def _refuse_unknown(fields, known) -> None:
    for field in fields:
        if field not in known:
            raise InvalidField(ascii(field), "is not a field that can be set here")
