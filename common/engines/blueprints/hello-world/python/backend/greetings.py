"""Makes the greeting for a name in a language."""
from __future__ import annotations

import unicodedata

from backend.languages import LANGUAGES

MAX_NAME_LENGTH = 80
UNSEEN_CATEGORIES = ("Cc", "Cs", "Cn", "Zl", "Zp")


class NameTooLong(ValueError):
    """A name with more characters than fit the page."""


class NameNotPrintable(ValueError):
    """A name with characters that have no shape, such as control characters."""


def clean_name(text: str) -> str:
    """Return the name without spaces around it and with single spaces inside."""
    if any(unicodedata.category(character) in UNSEEN_CATEGORIES for character in text):
        raise NameNotPrintable
    name = " ".join(text.split())
    if len(name) > MAX_NAME_LENGTH:
        raise NameTooLong
    return name


def greet(name: str, code: str) -> str:
    """Return the greeting; an empty name greets the world."""
    language = LANGUAGES[code]
    return language.greeting.replace("{name}", name or language.world)
