"""The JSON API over HTTP."""

import unittest

from backend.api import NoteApi
from backend.store import NoteStore
from tests.client import serve

NOON = "2024-05-17T12:00:00Z"


class ApiTest(unittest.TestCase):
    def setUp(self):
        self.store = NoteStore(":memory:", now=lambda: NOON)
        self.addCleanup(self.store.close)
        self.client = serve(self, NoteApi(self.store).routes())

    def titles(self, query=""):
        return [note["title"] for note in self.client.get("/api/notes" + query).json()["notes"]]

    def test_health(self):
        reply = self.client.get("/healthz")
        self.assertEqual((reply.status, reply.text), (200, '{"status":"ok"}'))

    def test_adding_answers_201_with_the_note_and_its_address(self):
        fields = {"title": "Trip", "body": "Pack a coat. #Travel"}
        reply = self.client.send_json("POST", "/api/notes", fields)
        self.assertEqual((reply.status, reply.headers["Location"]), (201, "/api/notes/1"))
        self.assertEqual(
            reply.json(),
            {"id": 1, **fields, "created_at": NOON, "updated_at": NOON, "tags": ["travel"]},
        )
        self.assertEqual(self.client.get("/api/notes/1").json(), reply.json())

    def test_a_wrong_field_is_400_and_named(self):
        for fields, named in [({}, "title"), ({"title": "a", "body": 1}, "body")]:
            reply = self.client.send_json("POST", "/api/notes", fields)
            self.assertEqual(reply.status, 400)
            self.assertIn(named, reply.json()["error"])
        self.assertEqual(self.titles(), [])

    def test_search_and_tag_choose_and_the_newest_comes_first(self):
        self.store.add("Bread", "Flour and salt #baking")
        self.store.add("Soup", "Salt and flour #cooking")
        self.store.add("Trip")
        self.assertEqual(self.titles(), ["Trip", "Soup", "Bread"])
        self.assertEqual(self.titles("?q=SALT+flour"), ["Soup", "Bread"])
        self.assertEqual(self.titles("?q=salt&tag=%23Baking"), ["Bread"])
        self.assertEqual(self.client.get("/api/notes?q=" + "x" * 201).status, 400)
        self.assertEqual(
            self.client.get("/api/tags").json(),
            {"tags": [{"tag": "baking", "count": 1}, {"tag": "cooking", "count": 1}]},
        )

    def test_a_note_can_be_edited(self):
        self.store.add("Trip", "Pack")
        reply = self.client.send_json("PATCH", "/api/notes/1", {"body": "Pack a #coat"})
        self.assertEqual(reply.status, 200)
        self.assertEqual((reply.json()["title"], reply.json()["tags"]), ("Trip", ["coat"]))
        self.assertEqual(self.client.get("/api/notes/1").json(), reply.json())
        self.assertEqual(self.client.send_json("PATCH", "/api/notes/1", {"title": ""}).status, 400)

    def test_deleting_answers_204_and_then_404(self):
        self.store.add("Trip")
        self.assertEqual(self.client.send("DELETE", "/api/notes/1").status, 204)
        for method in ("GET", "DELETE"):
            self.assertEqual(self.client.send(method, "/api/notes/1").status, 404)
        self.assertEqual(self.client.send_json("PATCH", "/api/notes/1", {}).status, 404)
