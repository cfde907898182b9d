"""Tests of the stored << entity.plural | replace("_", " ") >>."""

import tempfile
import threading
import unittest
from pathlib import Path

from backend import models
from backend.queries import Query
from backend.store import RecordStore
from tests.examples import EXAMPLE, OTHER

<% for f in fields if not f.required %>
<% if loop.first %>
OPTIONAL = "<< f.name >>"
<% endif %>
<% endfor %>
EARLY, LATE = "2024-05-17T09:30:00Z", "2024-05-18T09:30:00Z"


class StoreTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data_dir = Path(folder.name) / "new" / "folder"
        self.now = EARLY
        self.store = self.open()
        self.addCleanup(lambda: self.store.close())

    def open(self) -> RecordStore:
        return RecordStore(self.data_dir, now=lambda: self.now)

    def ids(self, **query) -> list:
        return [record.id for record in self.store.find(Query(**query))]

    def test_records_survive_a_restart_with_all_their_values(self):
        record = self.store.add(EXAMPLE)
        document = {"id": 1, **EXAMPLE, "created_at": EARLY, "updated_at": EARLY}
        self.assertEqual(models.to_json(record), document)
        self.assertEqual(list(models.to_json(record)), list(document))
        self.store.close()
        self.store = self.open()
        self.assertEqual(self.store.get(1), record)

    def test_ids_are_never_used_again(self):
        self.store.add(EXAMPLE)
        self.store.add(EXAMPLE)
        self.assertTrue(self.store.delete(2))
        self.assertFalse(self.store.delete(2))
        self.store.close()
        self.store = self.open()
        self.assertEqual(self.store.add(EXAMPLE).id, 3)

    def test_an_update_sets_the_given_fields_and_the_time(self):
        for name, value in OTHER.items():
            with self.subTest(name):
                record = self.store.add(EXAMPLE)
                self.now = LATE
                changed = models.to_json(self.store.update(record.id, {name: value}))
                expected = {**models.to_json(record), name: value, "updated_at": LATE}
                self.assertEqual(changed, expected)
                self.now = EARLY
        self.assertIsNone(self.store.update(99, OTHER))

    def test_every_field_sorts_in_both_directions(self):
        for values in (EXAMPLE, OTHER, EXAMPLE):
            self.store.add(values)
        for name in EXAMPLE:
            with self.subTest(name):
                upwards = [1, 3, 2] if EXAMPLE[name] < OTHER[name] else [2, 1, 3]
                downwards = [2, 1, 3] if EXAMPLE[name] < OTHER[name] else [1, 3, 2]
                self.assertEqual(self.ids(sort=name), upwards)
                self.assertEqual(self.ids(sort=name, descending=True), downwards)
<% for f in fields if not f.required %>
<% if loop.first %>

    def test_null_sorts_before_every_value(self):
        self.store.add(EXAMPLE)
        self.store.add({**EXAMPLE, OPTIONAL: None})
        self.assertEqual(self.ids(sort=OPTIONAL), [2, 1])
        self.assertEqual(self.ids(sort=OPTIONAL, descending=True), [1, 2])
<% endif %>
<% endfor %>

    def test_nothing_is_lost_when_many_come_at_once(self):
        threads = [threading.Thread(target=self.store.add, args=(EXAMPLE,)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.ids(), list(range(1, 11)))
