"""The Note record and the rules its fields keep."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from backend.errors import InvalidField
from backend.tags import find_tags

MAX_TITLE = 120
# Such a body fits into a form of 64 KiB in every script: 12 bytes for each emoji.
MAX_BODY = 5000


@dataclass(frozen=True)
class Note:
    """One note. Its tags are in its text."""

    id: int
    title: str
    body: str
    created_at: str
    updated_at: str

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.body}"

    @property
    def tags(self) -> list[str]:
        return find_tags(self.text)

    def as_json(self) -> dict:
        return {**asdict(self), "tags": self.tags}


def clean_title(value) -> str:
    """Return the title with its white space tidied, or raise InvalidField."""
    title = " ".join(_clean_text("title", value).split())
    if not title:
        raise InvalidField("title", "must not be empty")
    return _limited("title", title, MAX_TITLE)


def clean_body(value) -> str:
    """Return the body with plain line ends and no blank lines around it."""
    lines = _clean_text("body", value).replace("\r\n", "\n").replace("\r", "\n")
    return _limited("body", lines.strip("\n").rstrip(), MAX_BODY)


def clean_new(fields: dict) -> dict:
    """Check the fields of a note that is to be added."""
    return clean_changes({"title": None, "body": None, **fields})


def clean_changes(fields: dict) -> dict:
    """Check the fields of a note that are to be changed."""
    cleaners = {"title": clean_title, "body": clean_body}
    for field in fields:
        if field not in cleaners:
            raise InvalidField(ascii(field), "is not a field of a note that can be set")
    return {field: cleaners[field](value) for field, value in fields.items()}


def _clean_text(field: str, value) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidField(field, "must be text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidField(field, "must be valid Unicode text")
    return value


def _limited(field: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise InvalidField(field, f"must be at most {limit} characters")
    return text
