"""Notes in an SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from datetime import datetime, timezone

from backend.models import Note

SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
)
"""
COLUMNS = "id, title, body, created_at, updated_at"


def utc_now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class NoteStore:
    """Keeps notes. Safe to share between threads."""

    def __init__(self, path, now=utc_now):
        self._now = now
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(str(path), check_same_thread=False)
        with self._connection:
            self._connection.execute(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def add(self, title: str, body: str = "") -> Note:
        now = self._now()
        with self._lock, self._connection:
            cursor = self._connection.execute(
                "INSERT INTO notes (title, body, created_at, updated_at) VALUES (?, ?, ?, ?)",
                (title, body, now, now),
            )
            return self._find(cursor.lastrowid)

    def get(self, note_id: int) -> Note | None:
        with self._lock:
            return self._find(note_id)

    def newest_first(self) -> list[Note]:
        with self._lock:
            rows = self._connection.execute(f"SELECT {COLUMNS} FROM notes ORDER BY id DESC")
            return [Note(*row) for row in rows]

    def update(self, note_id: int, changes: dict) -> Note | None:
        """Change the title, the body or both. None where there is no such note."""
        with self._lock, self._connection:
            current = self._find(note_id)
            if current is None:
                return None
            changed = replace(current, **changes, updated_at=self._now())
            self._connection.execute(
                "UPDATE notes SET title = ?, body = ?, updated_at = ? WHERE id = ?",
                (changed.title, changed.body, changed.updated_at, note_id),
            )
            return changed

    def delete(self, note_id: int) -> bool:
        with self._lock, self._connection:
            cursor = self._connection.execute("DELETE FROM notes WHERE id = ?", (note_id,))
            return cursor.rowcount == 1

    def _find(self, note_id: int) -> Note | None:
        row = self._connection.execute(
            f"SELECT {COLUMNS} FROM notes WHERE id = ?", (note_id,)
        ).fetchone()
        return None if row is None else Note(*row)
