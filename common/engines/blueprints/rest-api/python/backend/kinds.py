"""The kinds of values that fields hold: how each is checked and read."""

import re
import sys
from dataclasses import dataclass
from datetime import date
from typing import Callable, Dict

MAX_TEXT = 1000
MAX_INTEGER = 2**53 - 1
MAX_NUMBER = sys.float_info.max


class Problem(ValueError):
    """A value is wrong; the message continues a sentence that starts with the field's name."""


@dataclass(frozen=True)
class Field:
    """One field of a record."""

    name: str
    label: str
    kind: str
    required: bool
    example: object


def check_value(field: Field, value: object) -> object:
    """Return a value from a JSON document as it is stored, or raise Problem."""
    if value is None and field.required:
        raise Problem("is required")
    if value is None:
        return None
    if field.required and isinstance(value, str) and not value.strip():
        raise Problem("must not be blank")
    return CHECKS[field.kind](value)


def parse_text(field: Field, text: str) -> object:
    """Return a value from the text of a query, or raise Problem."""
    if field.kind == "boolean":
        return check_boolean({"true": True, "false": False}.get(text))
    if field.kind in ("integer", "number") and not re.fullmatch(NUMBER_TEXT, text):
        raise Problem(DESCRIPTIONS[field.kind])
    if field.kind in ("integer", "number"):
        return CHECKS[field.kind](float(text) if re.search("[.eE]", text) else int(text))
    return CHECKS[field.kind](text)


def check_text(value: object) -> str:
    """Accept text without NUL characters and without halves of characters."""
    if not isinstance(value, str) or len(value) > MAX_TEXT or re.search("[\0\ud800-\udfff]", value):
        raise Problem(DESCRIPTIONS["text"])
    return value


def check_integer(value: object) -> int:
    """Accept whole numbers that every JSON reader keeps exactly."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_INTEGER:
        raise Problem(DESCRIPTIONS["integer"])
    return value


def check_number(value: object) -> float:
    """Accept finite numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Problem(DESCRIPTIONS["number"])
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise Problem(DESCRIPTIONS["number"])
    return float(value)


def check_boolean(value: object) -> bool:
    """Accept true and false and nothing that resembles them."""
    if not isinstance(value, bool):
        raise Problem(DESCRIPTIONS["boolean"])
    return value


def check_date(value: object) -> str:
    """Accept days of the calendar in the form 2024-05-17."""
    try:
        if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise Problem(DESCRIPTIONS["date"])


NUMBER_TEXT = r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?"
CHECKS: Dict[str, Callable[[object], object]] = {
    "text": check_text,
    "integer": check_integer,
    "number": check_number,
    "boolean": check_boolean,
    "date": check_date,
}
DESCRIPTIONS = {
    "text": f"must be text of at most {MAX_TEXT} characters",
    "integer": "must be a whole number",
    "number": "must be a number",
    "boolean": "must be true or false",
    "date": "must be a date in the form YYYY-MM-DD",
}
