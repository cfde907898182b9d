"""Tests of the stored links."""

import tempfile
import threading
import unittest
from pathlib import Path

from backend.models import Link
from backend.store import LinkStore


def link(code: str) -> Link:
    return Link(code, "https://example.com/", 0, "2024-05-17T09:30:00Z")


class StoreTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data_dir = Path(folder.name) / "new" / "folder"
        self.store = LinkStore(self.data_dir)
        self.addCleanup(lambda: self.store.close())

    def test_links_survive_a_restart(self):
        self.store.add(link("first"))
        self.store.record_hit("first")
        self.store.close()
        self.store = LinkStore(self.data_dir)
        self.assertEqual(self.store.get("first").hits, 1)

    def test_the_newest_link_comes_first(self):
        for code in ("one", "two", "three"):
            self.store.add(link(code))
        self.assertEqual([item.code for item in self.store.newest(2)], ["three", "two"])
        self.assertEqual([item.code for item in self.store.newest(2, 2)], ["one"])
        self.assertEqual(self.store.count(), 3)

    def test_no_visit_is_lost_when_many_come_at_once(self):
        self.store.add(link("one"))
        visits = [threading.Thread(target=self.store.record_hit, args=("one",)) for _ in range(20)]
        for visit in visits:
            visit.start()
        for visit in visits:
            visit.join()
        self.assertEqual(self.store.get("one").hits, 20)
