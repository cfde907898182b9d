"""The store keeps notes, also across a restart."""

import tempfile
import unittest
from pathlib import Path

from backend.store import NoteStore


class StoreTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "notes.db"
        self.time = "2024-05-17T12:00:00Z"
        self.store = self.open()

    def open(self):
        store = NoteStore(self.path, now=lambda: self.time)
        self.addCleanup(store.close)
        return store

    def test_a_change_keeps_the_rest_and_notes_its_time(self):
        note = self.store.add("Trip", "Pack")
        self.assertEqual((note.created_at, note.updated_at), (self.time, self.time))
        self.time = "2024-05-18T09:30:00Z"
        changed = self.store.update(note.id, {"body": "Pack a coat"})
        self.assertEqual(self.store.get(note.id), changed)
        self.assertEqual((changed.title, changed.body), ("Trip", "Pack a coat"))
        self.assertEqual(changed.created_at, "2024-05-17T12:00:00Z")
        self.assertEqual(changed.updated_at, "2024-05-18T09:30:00Z")

    def test_the_newest_note_comes_first(self):
        for title in ("one", "two", "three"):
            self.store.add(title)
        self.store.update(1, {"title": "one more"})
        titles = [note.title for note in self.store.newest_first()]
        self.assertEqual(titles, ["three", "two", "one more"])

    def test_a_deleted_note_is_gone_and_its_id_is_not_used_again(self):
        first = self.store.add("one")
        self.assertTrue(self.store.delete(first.id))
        self.assertFalse(self.store.delete(first.id))
        self.assertIsNone(self.store.get(first.id))
        self.assertIsNone(self.store.update(first.id, {"title": "two"}))
        self.assertNotEqual(self.store.add("two").id, first.id)

    def test_notes_survive_a_restart(self):
        self.store.add("Trip", "Pack\n\n#travel")
        before = self.store.newest_first()
        self.store.close()
        self.store = self.open()
        self.assertEqual(self.store.newest_first(), before)
