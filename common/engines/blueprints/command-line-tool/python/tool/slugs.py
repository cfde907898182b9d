"""Turns text into a slug: lower-case letters, digits and hyphens, fit for an address."""
from __future__ import annotations

import re
import unicodedata

# Letters that do not fall apart into a plain letter and an accent.
REPLACEMENTS = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i",
    "'": "", "’": "", "&": " and ",
})


class SlugError(ValueError):
    """A text without a letter or digit that fits into a slug."""


def make_slug(text: str, max_length: int = 80) -> str:
    """Return the slug of a text, cut between words where it is too long."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(REPLACEMENTS))
    without_accents = "".join(character for character in plain if not unicodedata.combining(character))
    slug = shorten(re.sub(r"[^a-z0-9]+", "-", without_accents).strip("-"), max_length)
    if not slug:
        raise SlugError(f'no letter or digit for a slug in "{text}"')
    return slug


def shorten(slug: str, max_length: int) -> str:
    """Return as many whole words as fit, or the start of the first word."""
    if len(slug) <= max_length:
        return slug
    cut = slug[:max_length + 1].rfind("-")
    return slug[:cut] if cut > 0 else slug[:max_length]
