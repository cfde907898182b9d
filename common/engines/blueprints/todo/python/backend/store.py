"""Todos in an SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from datetime import datetime, timezone

from backend.models import Todo

SCHEMA = """
CREATE TABLE IF NOT EXISTS todos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    due TEXT,
    created_at TEXT NOT NULL
)
"""
COLUMNS = "id, title, done, due, created_at"
CONDITIONS = {"all": "1", "open": "done = 0", "done": "done = 1"}


def utc_now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class TodoStore:
    """Keeps todos in the order they were added. Safe to share between threads."""

    def __init__(self, path, now=utc_now):
        self._now = now
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(str(path), check_same_thread=False)
        with self._connection:
            self._connection.execute(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def add(self, title: str, due: str | None = None) -> Todo:
        with self._lock, self._connection:
            cursor = self._connection.execute(
                "INSERT INTO todos (title, due, created_at) VALUES (?, ?, ?)",
                (title, due, self._now()),
            )
            return self._find(cursor.lastrowid)

    def get(self, todo_id: int) -> Todo | None:
        with self._lock:
            return self._find(todo_id)

    def select(self, which: str = "all") -> list[Todo]:
        query = f"SELECT {COLUMNS} FROM todos WHERE {CONDITIONS[which]} ORDER BY id"
        with self._lock:
            return [_todo(row) for row in self._connection.execute(query)]

    def counts(self) -> dict:
        """How many todos each filter would show."""
        with self._lock:
            total, done = self._connection.execute(
                "SELECT COUNT(*), COALESCE(SUM(done), 0) FROM todos"
            ).fetchone()
        return {"all": total, "open": total - done, "done": done}

    def update(self, todo_id: int, changes: dict) -> Todo | None:
        """Change some of title, done and due. None where there is no such todo."""
        with self._lock, self._connection:
            current = self._find(todo_id)
            if current is None:
                return None
            changed = replace(current, **changes)
            self._connection.execute(
                "UPDATE todos SET title = ?, done = ?, due = ? WHERE id = ?",
                (changed.title, int(changed.done), changed.due, todo_id),
            )
            return changed

    def delete(self, todo_id: int) -> bool:
        with self._lock, self._connection:
            cursor = self._connection.execute("DELETE FROM todos WHERE id = ?", (todo_id,))
            return cursor.rowcount == 1

    def clear_completed(self) -> int:
        """Delete every todo that is done and say how many there were."""
        with self._lock, self._connection:
            return self._connection.execute("DELETE FROM todos WHERE done = 1").rowcount

    def _find(self, todo_id: int) -> Todo | None:
        row = self._connection.execute(
            f"SELECT {COLUMNS} FROM todos WHERE id = ?", (todo_id,)
        ).fetchone()
        return None if row is None else _todo(row)


def _todo(row) -> Todo:
    todo_id, title, done, due, created_at = row
    return Todo(todo_id, title, bool(done), due, created_at)
