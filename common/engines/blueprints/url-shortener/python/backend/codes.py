"""Short codes: how random ones are made and which custom aliases are allowed."""

import re
from typing import Callable

from backend.models import InputError

# Letters and digits that are hard to confuse: no i, l, o, 0 or 1.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
CODE_LENGTH = 7
CODE_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])")
RESERVED = frozenset({"about", "admin", "api", "healthz", "help", "links", "login", "static"})

Choose = Callable[[str], str]


def make_code(choose: Choose) -> str:
    """Return a new code; `choose` picks one character of a string at random."""
    return "".join(choose(ALPHABET) for _ in range(CODE_LENGTH))


def check_alias(text: str) -> str:
    """Return the alias in lower case or raise InputError."""
    alias = text.strip().lower()
    if not CODE_PATTERN.fullmatch(alias):
        raise InputError(
            "alias",
            "must have 3 to 40 letters, digits or hyphens and start and end with a letter or digit",
        )
    if is_reserved(alias):
        raise InputError("alias", f"must not be {alias}, which is reserved")
    return alias


def is_reserved(code: str) -> bool:
    """Tell whether the server keeps this code for a page of its own."""
    return code in RESERVED
