"""Durable storage of links in one SQLite file."""

import sqlite3
import threading
from pathlib import Path
from typing import List, Optional

from backend.models import Link

SCHEMA = """
CREATE TABLE IF NOT EXISTS links (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    hits INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
)
"""
COLUMNS = "code, url, hits, created_at"


class CodeTaken(Exception):
    """Another link already has this code."""


class LinkStore:
    """All links. Safe to use from several threads; every change is on disk when it returns."""

    def __init__(self, data_dir: Path):
        data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(str(data_dir / "links.sqlite3"), check_same_thread=False)
        with self._lock, self._db:
            self._db.execute(SCHEMA)

    def add(self, link: Link) -> None:
        """Keep a new link; raise CodeTaken when its code is in use."""
        values = (link.code, link.url, link.hits, link.created_at)
        try:
            with self._lock, self._db:
                self._db.execute(f"INSERT INTO links ({COLUMNS}) VALUES (?, ?, ?, ?)", values)
        except sqlite3.IntegrityError:
            raise CodeTaken(link.code) from None

    def get(self, code: str) -> Optional[Link]:
        """Return the link with this code, or None."""
        with self._lock:
            row = self._db.execute(f"SELECT {COLUMNS} FROM links WHERE code = ?", (code,)).fetchone()
        return Link(*row) if row else None

    def newest(self, limit: int, offset: int = 0) -> List[Link]:
        """Return links, the newest first."""
        query = f"SELECT {COLUMNS} FROM links ORDER BY id DESC LIMIT ? OFFSET ?"
        with self._lock:
            rows = self._db.execute(query, (limit, offset)).fetchall()
        return [Link(*row) for row in rows]

    def count(self) -> int:
        """Return how many links there are."""
        with self._lock:
            return self._db.execute("SELECT COUNT(*) FROM links").fetchone()[0]

    def record_hit(self, code: str) -> bool:
        """Count one visit; return False when there is no such link."""
        with self._lock, self._db:
            cursor = self._db.execute("UPDATE links SET hits = hits + 1 WHERE code = ?", (code,))
        return cursor.rowcount == 1

    def delete(self, code: str) -> bool:
        """Forget a link; return False when there is no such link."""
        with self._lock, self._db:
            cursor = self._db.execute("DELETE FROM links WHERE code = ?", (code,))
        return cursor.rowcount == 1

    def close(self) -> None:
        """Wait for the change in progress and close the file."""
        with self._lock:
            self._db.close()
