"""Reads the JSON documents that clients send and turns them into values for the store."""

from typing import Dict, Iterable, List

from backend.kinds import Field, Problem, check_value
from backend.models import FIELDS

SET_BY_SERVER = ("id", "created_at", "updated_at")


class DocumentError(ValueError):
    """The document is wrong; the message names every wrong field."""


def read_record(document: dict) -> Dict[str, object]:
    """Return a value for every field; fields that are left out are null."""
    return read(document, FIELDS)


def read_changes(document: dict) -> Dict[str, object]:
    """Return values for the fields that the document has."""
    return read(document, [field for field in FIELDS if field.name in document])


def read(document: dict, fields: Iterable[Field]) -> Dict[str, object]:
    """Check the fields; raise DocumentError with all that is wrong."""
    problems = refuse_unknown(document)
    values = {}
    for field in fields:
        try:
            values[field.name] = check_value(field, document.get(field.name))
        except Problem as problem:
            problems.append(f"{field.name} {problem}")
    if problems:
        raise DocumentError("; ".join(problems))
    return values


def refuse_unknown(document: dict) -> List[str]:
    """Return a sentence for every name that clients cannot set."""
    known = {field.name for field in FIELDS}
    return [
        f"{name} is set by the server" if name in SET_BY_SERVER else f"{name} is not a known field"
        for name in document
        if name not in known
    ]
