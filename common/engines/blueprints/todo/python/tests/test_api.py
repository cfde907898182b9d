"""The JSON API over HTTP."""

import unittest

from backend.api import TodoApi
from backend.store import TodoStore
from tests.client import serve


class ApiTest(unittest.TestCase):
    def setUp(self):
        store = TodoStore(":memory:", now=lambda: "2024-05-17T12:00:00Z")
        self.addCleanup(store.close)
        self.client = serve(self, TodoApi(store).routes())

    def add(self, title, **fields):
        return self.client.send_json("POST", "/api/todos", {"title": title, **fields}).json()

    def titles(self, query=""):
        return [todo["title"] for todo in self.client.get("/api/todos" + query).json()["todos"]]

    def test_health(self):
        reply = self.client.get("/healthz")
        self.assertEqual((reply.status, reply.json()), (200, {"status": "ok"}))

    def test_adding_answers_201_with_the_todo_and_its_address(self):
        reply = self.client.send_json("POST", "/api/todos", {"title": "Buy milk", "due": "2024-05-20"})
        self.assertEqual((reply.status, reply.headers["Location"]), (201, "/api/todos/1"))
        self.assertEqual(reply.json(), {
            "id": 1, "title": "Buy milk", "done": False, "due": "2024-05-20",
            "created_at": "2024-05-17T12:00:00Z",
        })
        self.assertEqual(self.client.get("/api/todos/1").json(), reply.json())

    def test_a_wrong_field_is_400_and_named(self):
        for fields, named in [({}, "title"), ({"title": "a", "due": "soon"}, "due")]:
            reply = self.client.send_json("POST", "/api/todos", fields)
            self.assertEqual(reply.status, 400)
            self.assertIn(named, reply.json()["error"])
        self.assertEqual(self.titles(), [])

    def test_a_todo_can_be_renamed_completed_and_reopened(self):
        self.add("Buy milk", due="2024-05-20")
        renamed = self.client.send_json("PATCH", "/api/todos/1", {"title": "Buy oat milk"}).json()
        self.assertEqual((renamed["title"], renamed["due"]), ("Buy oat milk", "2024-05-20"))
        for done in (True, False):
            reply = self.client.send_json("PATCH", "/api/todos/1", {"done": done})
            self.assertIs(reply.json()["done"], done)
            self.assertIs(self.client.get("/api/todos/1").json()["done"], done)
        without_due = self.client.send_json("PATCH", "/api/todos/1", {"due": None}).json()
        self.assertIsNone(without_due["due"])

    def test_the_filter_chooses_and_the_counts_stay_whole(self):
        self.add("one")
        self.add("two")
        self.client.send_json("PATCH", "/api/todos/2", {"done": True})
        self.assertEqual(self.titles("?filter=open"), ["one"])
        self.assertEqual(self.titles("?filter=done"), ["two"])
        counts = self.client.get("/api/todos?filter=done").json()["counts"]
        self.assertEqual(counts, {"all": 2, "open": 1, "done": 1})
        self.assertEqual(self.client.get("/api/todos?filter=late").status, 400)

    def test_deleting_answers_204_and_then_404(self):
        self.add("Buy milk")
        self.assertEqual(self.client.send("DELETE", "/api/todos/1").status, 204)
        for method in ("GET", "DELETE"):
            self.assertEqual(self.client.send(method, "/api/todos/1").status, 404)
        self.assertEqual(self.client.send_json("PATCH", "/api/todos/1", {}).status, 404)

    def test_clear_completed_says_how_many_it_removed(self):
        self.add("one")
        self.add("two")
        self.client.send_json("PATCH", "/api/todos/1", {"done": True})
        reply = self.client.send("POST", "/api/todos/clear-completed")
        self.assertEqual((reply.status, reply.json()), (200, {"removed": 1}))
        self.assertEqual(self.titles(), ["two"])
