<% set keywords = ["and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield"] %>
<% set columns = {"text": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "INTEGER", "date": "TEXT"} %>
<% set things = entity.plural | replace("_", " ") %>
<% set thing = entity.singular | replace("_", " ") %>
"""Durable storage of << things >> in one SQLite file."""

import sqlite3
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable, Dict, List, Optional

from backend import models
from backend.queries import Query

SCHEMA = """
CREATE TABLE IF NOT EXISTS "<< entity.plural >>" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT,
<% for f in fields %>
    "<< f.name >>" << columns[f.type] >><% if f.required %> NOT NULL<% endif %>,
<% endfor %>
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL
)
"""
INSERT = """
INSERT INTO "<< entity.plural >>" (
<% for f in fields %>
    "<< f.name >>",
<% endfor %>
    "created_at",
    "updated_at"
) VALUES (
<% for f in fields %>
    :<< f.name >>,
<% endfor %>
    :created_at,
    :updated_at
)
"""


def utc_now() -> str:
    """Return the time in the form that records keep."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_record(row: sqlite3.Row) -> models.<< entity.class >>:
    """Turn a row of the table into a record."""
    return models.<< entity.class >>(
        id=row["id"],
<% for f in fields %>
<% if f.type == "boolean" and f.required %>
        << f.name >><% if f.name in keywords %>_<% endif %>=bool(row["<< f.name >>"]),
<% elif f.type == "boolean" %>
        << f.name >><% if f.name in keywords %>_<% endif %>=None if row["<< f.name >>"] is None else bool(row["<< f.name >>"]),
<% else %>
        << f.name >><% if f.name in keywords %>_<% endif %>=row["<< f.name >>"],
<% endif %>
<% endfor %>
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


class RecordStore:
    """All << things >>. Safe to use from several threads; a change is on disk when it returns."""

    def __init__(self, data_dir: Path, now: Callable[[], str] = utc_now):
        data_dir.mkdir(parents=True, exist_ok=True)
        self._now = now
        self._lock = threading.RLock()
        self._db = sqlite3.connect(str(data_dir / "<< entity.plural >>.sqlite3"), check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        with self._lock, self._db:
            self._db.execute(SCHEMA)

    def add(self, values: Dict[str, object]) -> models.<< entity.class >>:
        """Keep a new << thing >>."""
        now = self._now()
        with self._lock:
            with self._db:
                cursor = self._db.execute(INSERT, {**values, "created_at": now, "updated_at": now})
            return self.get(cursor.lastrowid)

    def get(self, record_id: int) -> Optional[models.<< entity.class >>]:
        """Return the << thing >> with this id, or None."""
        query = 'SELECT * FROM "<< entity.plural >>" WHERE "id" = ?'
        with self._lock:
            row = self._db.execute(query, (record_id,)).fetchone()
        return to_record(row) if row else None

    def find(self, query: Query) -> List[models.<< entity.class >>]:
        """Return one page of the << things >> that pass the filters."""
        order = f'"{query.sort}" {"DESC" if query.descending else "ASC"}, "id" ASC'
        statement = f'SELECT * FROM "<< entity.plural >>" {where(query)} ORDER BY {order} LIMIT ? OFFSET ?'
        values = (*query.filters.values(), query.limit, query.offset)
        with self._lock:
            rows = self._db.execute(statement, values).fetchall()
        return [to_record(row) for row in rows]

    def count(self, query: Query) -> int:
        """Return how many << things >> pass the filters."""
        statement = f'SELECT COUNT(*) FROM "<< entity.plural >>" {where(query)}'
        with self._lock:
            return self._db.execute(statement, tuple(query.filters.values())).fetchone()[0]

    def update(self, record_id: int, values: Dict[str, object]) -> Optional[models.<< entity.class >>]:
        """Set the given fields; return None when there is no such << thing >>."""
        names = (*values, "updated_at")
        assignments = ", ".join(f'"{name}" = :{name}' for name in names)
        statement = f'UPDATE "<< entity.plural >>" SET {assignments} WHERE "id" = :id'
        with self._lock:
            with self._db:
                self._db.execute(statement, {**values, "updated_at": self._now(), "id": record_id})
            return self.get(record_id)

    def delete(self, record_id: int) -> bool:
        """Forget a << thing >>; return False when there is no such one."""
        with self._lock, self._db:
            cursor = self._db.execute('DELETE FROM "<< entity.plural >>" WHERE "id" = ?', (record_id,))
        return cursor.rowcount == 1

    def close(self) -> None:
        """Wait for the change in progress and close the file."""
        with self._lock:
            self._db.close()


def where(query: Query) -> str:
    """Return the condition for the filters; their names are known fields, never input."""
    conditions = " AND ".join(f'"{name}" = ?' for name in query.filters)
    return f"WHERE {conditions}" if conditions else ""
