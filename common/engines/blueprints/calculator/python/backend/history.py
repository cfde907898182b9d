"""Keeps the last calculations in memory; a restart forgets them."""
from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple, Optional

MAX_ENTRIES = 20


class Calculation(NamedTuple):
    """One finished calculation."""

    id: int
    expression: str
    result: str


class History:
    """The last calculations, newest first; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Calculation] = deque(maxlen=MAX_ENTRIES)
        self._last_id = 0

    def add(self, expression: str, result: str) -> Calculation:
        """Remember a calculation and return it with its number."""
        with self._lock:
            self._last_id += 1
            calculation = Calculation(self._last_id, expression, result)
            self._entries.appendleft(calculation)
            return calculation

    def list(self) -> tuple[Calculation, ...]:
        """Return what is remembered, newest first."""
        with self._lock:
            return tuple(self._entries)

    def find(self, number: str) -> Optional[Calculation]:
        """Return the calculation with this number, if it is still remembered."""
        return next((entry for entry in self.list() if str(entry.id) == number), None)

    def clear(self) -> None:
        """Forget every calculation."""
        with self._lock:
            self._entries.clear()
