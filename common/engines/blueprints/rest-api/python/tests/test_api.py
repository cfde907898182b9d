<% set thing = entity.singular | replace("_", " ") %>
"""Tests of the JSON API over a real connection."""

import re
from urllib.parse import urlencode

from backend import models
from backend.queries import PARAMETERS, SORTABLE
from tests.examples import COLLECTION, EXAMPLE, OTHER, as_text
from tests.support import ServerCase

FIRST = "<< fields[0].name >>"


class RecordTests(ServerCase):
    def test_creating_returns_the_record_and_its_place(self):
        reply = self.create(EXAMPLE)
        document = reply.json()
        self.assertEqual(reply.headers["location"], f"{COLLECTION}/1")
        self.assertEqual({name: document[name] for name in EXAMPLE}, EXAMPLE)
        self.assertEqual(document["created_at"], document["updated_at"])
        self.assertRegex(document["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(self.get(f"{COLLECTION}/1").json(), document)

    def test_putting_replaces_every_field_and_clears_those_left_out(self):
        self.create(EXAMPLE)
        reply = self.send_json("PUT", f"{COLLECTION}/1", OTHER)
        self.assertEqual(reply.status, 200)
        self.assertEqual({name: reply.json()[name] for name in OTHER}, OTHER)
        self.assertEqual(self.get(f"{COLLECTION}/1").json(), reply.json())
        required = {field.name: OTHER[field.name] for field in models.FIELDS if field.required}
        document = self.send_json("PUT", f"{COLLECTION}/1", required).json()
        for name in EXAMPLE:
            with self.subTest(name):
                self.assertEqual(document[name], required.get(name))

    def test_patching_changes_one_field(self):
        for name in EXAMPLE:
            with self.subTest(name):
                record = self.create(EXAMPLE).json()
                path = f"{COLLECTION}/{record['id']}"
                document = self.send_json("PATCH", path, {name: OTHER[name]}).json()
                expected = {**record, name: OTHER[name], "updated_at": document["updated_at"]}
                self.assertEqual(document, expected)
        headers = {"Content-Type": "application/merge-patch+json"}
        self.assertEqual(self.request("PATCH", f"{COLLECTION}/1", b"{}", headers).status, 200)
        self.assertEqual(self.request("PUT", f"{COLLECTION}/1", b"{}", headers).status, 415)

    def test_deleting(self):
        self.create(EXAMPLE)
        reply = self.request("DELETE", f"{COLLECTION}/1")
        self.assertEqual((reply.status, reply.body), (204, b""))
        self.assertEqual(self.get(f"{COLLECTION}/1").status, 404)

    def test_unknown_ids_are_not_found(self):
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            for place in ("1", "0", "x", "999999999999999999999"):
                with self.subTest(f"{method} {place}"):
                    reply = self.send_json(method, f"{COLLECTION}/{place}", EXAMPLE)
                    self.assertEqual(reply.status, 404)
        self.assertEqual(reply.json(), {"error": "there is nothing at this address"})

    def test_wrong_documents_change_nothing(self):
        record = self.create(EXAMPLE).json()
        for method, path, document in (
            ("POST", COLLECTION, {}),
            ("PUT", f"{COLLECTION}/1", {}),
            ("PATCH", f"{COLLECTION}/1", {FIRST: None}),
        ):
            with self.subTest(method):
                reply = self.send_json(method, path, document)
                self.assertEqual(reply.status, 400)
                self.assertIn(f"{FIRST} is required", reply.json()["error"])
        self.assertEqual(self.get(COLLECTION).json()["items"], [record])


class ListTests(ServerCase):
    def ids(self, query: str) -> list:
        return [item["id"] for item in self.get(f"{COLLECTION}?{query}").json()["items"]]

    def test_the_list_is_paged(self):
        document = {"items": [], "total": 0, "limit": 20, "offset": 0}
        self.assertEqual(self.get(COLLECTION).json(), document)
        self.create(EXAMPLE, OTHER, EXAMPLE)
        document = self.get(f"{COLLECTION}?limit=1&offset=1").json()
        self.assertEqual([item["id"] for item in document["items"]], [2])
        self.assertEqual((document["total"], document["limit"], document["offset"]), (3, 1, 1))

    def test_every_field_filters_and_the_list_is_sorted(self):
        self.create(EXAMPLE, OTHER)
        for name, value in OTHER.items():
            with self.subTest(name):
                self.assertEqual(self.ids(urlencode({PARAMETERS[name]: as_text(value)})), [2])
        first = 1 if EXAMPLE[FIRST] < OTHER[FIRST] else 2
        self.assertEqual(self.ids(f"sort={FIRST}"), [first, 3 - first])
        self.assertEqual(self.ids(f"sort=-{FIRST}"), [3 - first, first])

    def test_wrong_queries_are_refused(self):
        for query in ("limit=0", "limit=101", "offset=x", "sort=no-such-field", "no-such-field=1"):
            with self.subTest(query):
                reply = self.get(f"{COLLECTION}?{query}")
                self.assertEqual(reply.status, 400)
                self.assertTrue(reply.json()["error"].startswith(query.split("=")[0]))


class ProtocolTests(ServerCase):
    def test_a_wrong_method_names_the_right_ones(self):
        for path, allowed in (
            (COLLECTION, "GET, POST, HEAD"),
            (f"{COLLECTION}/1", "GET, PUT, PATCH, DELETE, HEAD"),
            ("/openapi.json", "GET, HEAD"),
        ):
            with self.subTest(path):
                reply = self.request("OPTIONS", path)
                self.assertEqual((reply.status, reply.headers["allow"]), (405, allowed))

    def test_bodies_must_be_small_json_objects(self):
        headers = {"Content-Type": "application/json"}
        for body in (b"", b"{", b"[]", b"null", b"\xff", b"[" * 60000):
            with self.subTest(body[:10]):
                self.assertEqual(self.request("POST", COLLECTION, body, headers).status, 400)
        self.assertEqual(self.request("POST", COLLECTION, b"{}").status, 415)
        for size in (64 * 1024, 800 * 1024):
            large = self.send_json("POST", COLLECTION, {FIRST: "a" * size})
            self.assertEqual(large.status, 413)
        self.assertEqual(self.get(COLLECTION).json()["total"], 0)

    def test_a_body_must_have_a_length(self):
        reply = self.request("POST", COLLECTION, b"0\r\n\r\n", {"Transfer-Encoding": "chunked"})
        self.assertEqual(reply.status, 411)

    def test_changes_from_other_sites_are_refused(self):
        self.create(EXAMPLE)
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            with self.subTest(headers):
                reply = self.request("DELETE", f"{COLLECTION}/1", headers=headers)
                self.assertEqual(reply.status, 403)
        own = {"Origin": f"http://{self.host}"}
        self.assertEqual(self.request("DELETE", f"{COLLECTION}/1", headers=own).status, 204)

    def test_every_answer_carries_the_security_headers(self):
        for path in ("/", "/unknown", COLLECTION, "/static/style.css"):
            with self.subTest(path):
                headers = self.get(path).headers
                self.assertIn("default-src 'self'", headers["content-security-policy"])
                self.assertEqual(headers["x-content-type-options"], "nosniff")
                self.assertEqual(headers["referrer-policy"], "same-origin")


class OpenApiTests(ServerCase):
    def test_the_document_describes_the_fields_and_the_query(self):
        document = self.get("/openapi.json").json()
        self.assertTrue(document["openapi"].startswith("3.1"))
        schemas = document["components"]["schemas"]
        names = [field.name for field in models.FIELDS]
        required = [field.name for field in models.FIELDS if field.required]
        self.assertEqual(list(schemas["<< entity.class >>Input"]["properties"]), names)
        self.assertEqual(schemas["<< entity.class >>Input"]["required"], required)
        self.assertEqual(list(schemas["<< entity.class >>"]["properties"]), list(self.create(EXAMPLE).json()))
        operation = document["paths"][COLLECTION]["get"]
        names = [parameter["name"] for parameter in operation["parameters"]]
        self.assertEqual(names, ["limit", "offset", "sort", *PARAMETERS.values()])
        orders = operation["parameters"][2]["schema"]["enum"]
        self.assertEqual(orders, [sign + name for name in SORTABLE for sign in ("", "-")])

    def test_every_operation_is_served(self):
        self.create(EXAMPLE)
        for path, operations in self.get("/openapi.json").json()["paths"].items():
            for method in [name for name in operations if name != "parameters"]:
                with self.subTest(f"{method} {path}"):
                    reply = self.send_json(method.upper(), re.sub(r"\{id\}", "1", path), EXAMPLE)
                    self.assertLess(reply.status, 300)
