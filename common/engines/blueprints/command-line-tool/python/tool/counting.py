"""Counts lines, words and characters, and the most frequent words."""
from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from tool.streams import split_lines

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class Count(NamedTuple):
    """What was counted in one text."""

    lines: int
    words: int
    characters: int

    def plus(self, other: Count) -> Count:
        """Return the sum of two counts."""
        return Count(self.lines + other.lines, self.words + other.words, self.characters + other.characters)


def count_text(text: str) -> Count:
    """Count lines, words between spaces, and characters with their line ends."""
    return Count(len(split_lines(text)), len(text.split()), len(text))


def count_words(text: str) -> Counter:
    """Count every word, in lower case and without punctuation around it."""
    return Counter(WORD.findall(text.lower()))


def most_frequent(words: Counter, limit: int) -> list[tuple[str, int]]:
    """Return the most frequent words; those that are equally frequent come in alphabetical order."""
    return sorted(words.items(), key=lambda item: (-item[1], item[0]))[:limit]
