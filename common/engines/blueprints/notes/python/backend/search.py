"""Full-text search: which notes match, and which parts of a text to highlight."""

from __future__ import annotations

import re

from backend.errors import InvalidField
from backend.models import Note

MAX_QUERY = 200
EXCERPT = 220
LEAD = 60


def words_of(query: str) -> list[str]:
    """The words to look for. Every one of them must be in a note."""
    if len(query) > MAX_QUERY:
        raise InvalidField("q", f"must be at most {MAX_QUERY} characters")
    return list(dict.fromkeys(query.split()))


def select(notes, words, tag: str) -> list[Note]:
    """The notes that have every word and, if one is given, the tag."""
    patterns = [re.compile(re.escape(word), re.IGNORECASE) for word in words]
    return [
        note
        for note in notes
        if all(pattern.search(note.text) for pattern in patterns)
        and (not tag or tag in note.tags)
    ]


def split_matches(text: str, words) -> list[tuple[str, bool]]:
    """Cut a text into pieces and say of each whether it is one of the words."""
    if not words:
        return [(text, False)]
    pieces = re.split(f"({_any_of(words)})", text, flags=re.IGNORECASE)
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]


def excerpt(text: str, words) -> str:
    """Some of a long text on one line, around the first word that was found."""
    line = " ".join(text.split())
    if len(line) <= EXCERPT:
        return line
    found = re.search(_any_of(words), line, re.IGNORECASE) if words else None
    first, last = found.span() if found else (0, 0)
    start = _word_start(line, max(0, first - LEAD), first)
    end = _word_end(line, last, start + EXCERPT)
    return ("… " if start > 0 else "") + line[start:end] + (" …" if end < len(line) else "")


def _any_of(words) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _word_start(line: str, start: int, limit: int) -> int:
    if start == 0:
        return 0
    space = line.find(" ", start, limit)
    return start if space < 0 else space + 1


def _word_end(line: str, limit: int, end: int) -> int:
    if end >= len(line):
        return len(line)
    space = line.rfind(" ", limit, end + 1)
    return end if space < 0 else space
