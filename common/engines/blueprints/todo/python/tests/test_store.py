"""The store keeps todos, also across a restart."""

import tempfile
import unittest
from pathlib import Path

from backend.store import TodoStore

NOON = "2024-05-17T12:00:00Z"


class StoreTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "todos.db"
        self.store = self.open()

    def open(self):
        store = TodoStore(self.path, now=lambda: NOON)
        self.addCleanup(store.close)
        return store

    def titles(self, which="all"):
        return [todo.title for todo in self.store.select(which)]

    def test_a_new_todo_is_open_and_can_be_changed_field_by_field(self):
        todo = self.store.add("Buy milk", "2024-05-20")
        self.assertEqual(self.store.get(todo.id), todo)
        self.assertEqual((todo.title, todo.done, todo.due), ("Buy milk", False, "2024-05-20"))
        self.assertEqual(todo.created_at, NOON)
        changed = self.store.update(todo.id, {"title": "Buy oat milk"})
        self.assertEqual(self.store.get(todo.id), changed)
        self.assertEqual((changed.title, changed.due), ("Buy oat milk", "2024-05-20"))

    def test_filters_show_their_share_in_the_order_of_adding(self):
        self.store.add("one")
        two = self.store.add("two")
        self.store.add("three")
        self.store.update(two.id, {"done": True})
        self.assertEqual(self.titles(), ["one", "two", "three"])
        self.assertEqual(self.titles("open"), ["one", "three"])
        self.assertEqual(self.titles("done"), ["two"])
        self.assertEqual(self.store.counts(), {"all": 3, "open": 2, "done": 1})

    def test_clear_completed_removes_only_what_is_done(self):
        done = self.store.add("one")
        self.store.add("two")
        self.store.update(done.id, {"done": True})
        self.assertEqual(self.store.clear_completed(), 1)
        self.assertEqual(self.titles(), ["two"])

    def test_a_deleted_todo_is_gone_and_its_id_is_not_used_again(self):
        first = self.store.add("one")
        self.assertTrue(self.store.delete(first.id))
        self.assertFalse(self.store.delete(first.id))
        self.assertIsNone(self.store.get(first.id))
        self.assertIsNone(self.store.update(first.id, {"done": True}))
        self.assertNotEqual(self.store.add("two").id, first.id)

    def test_todos_survive_a_restart(self):
        todo = self.store.add("Buy milk")
        self.store.update(todo.id, {"done": True})
        before = self.store.select()
        self.store.close()
        self.store = self.open()
        self.assertEqual(self.store.select(), before)
        self.assertEqual(self.store.counts()["done"], 1)
