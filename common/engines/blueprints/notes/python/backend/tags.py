"""Tags are the #hashtags in the text of a note."""

from __future__ import annotations

import re
from collections import Counter

# A letter, then letters, digits, underscores and single hyphens. The sign must start
# a word, so that the end of an address such as page#part is not a tag.
TAG = re.compile(r"(?<![\w#&/])#([^\W\d_]\w*(?:-\w+)*)")


def find_tags(text: str) -> list[str]:
    """Every tag in the text once, in lower case, in the order of the text."""
    return list(dict.fromkeys(tag.lower() for tag in TAG.findall(text)))


def clean_tag(text: str) -> str:
    """A tag as a visitor asks for it: #Home and home are the same."""
    return text.strip().lstrip("#").lower()


def count_tags(notes) -> list[tuple[str, int]]:
    """How many of the notes have each tag, in alphabetical order."""
    return sorted(Counter(tag for note in notes for tag in note.tags).items())
