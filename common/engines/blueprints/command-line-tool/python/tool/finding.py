"""Finds the lines that match a pattern."""
from __future__ import annotations

import re
from typing import NamedTuple

from tool.streams import split_lines


class PatternError(ValueError):
    """A pattern that is not a regular expression."""


class Match(NamedTuple):
    """One line that matches."""

    line: int
    text: str


def compile_pattern(text: str, ignore_case: bool) -> re.Pattern:
    """Return the regular expression."""
    try:
        return re.compile(text, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"PATTERN: is not a regular expression: {error}") from None


def find_lines(pattern: re.Pattern, text: str) -> list[Match]:
    """Return every line with a match, with its number from 1."""
    return [Match(number, line) for number, line in enumerate(split_lines(text), 1) if pattern.search(line)]
