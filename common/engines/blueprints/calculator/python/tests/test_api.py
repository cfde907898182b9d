"""Tests of the JSON API over HTTP."""
import unittest

from tests.support import ServerTest


class ApiTest(ServerTest):
    """The API as a client sees it."""

    def test_a_calculation_is_answered_as_text(self):
        answer = self.calculate(" 0.1 + 0.2 ")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json(), {"id": 1, "expression": "0.1 + 0.2", "result": "0.3"})

    def test_an_error_names_the_field_and_the_position(self):
        answer = self.calculate("8 / 0")
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.json(), {"error": "expression: Division by zero at position 3", "position": 3})

    def test_the_history_holds_what_was_calculated_and_no_errors(self):
        self.calculate("1+1")
        self.calculate("1+")
        self.calculate("2+2")
        history = self.get("/api/history").json()["history"]
        self.assertEqual([(entry["expression"], entry["result"]) for entry in history], [("2+2", "4"), ("1+1", "2")])

    def test_the_history_can_be_cleared(self):
        self.calculate("1+1")
        answer = self.send("DELETE", "/api/history")
        self.assertEqual((answer.status, answer.text), (204, ""))
        self.assertEqual(self.get("/api/history").json(), {"history": []})

    def test_wrong_bodies_are_refused(self):
        for body in (b"", b"not json", b"[]", b"{}", b'{"expression": 12}', b"\xff", b"[" * 60000):
            with self.subTest(body=body[:20]):
                answer = self.send("POST", "/api/calculate", body, {"Content-Type": "application/json"})
                self.assertEqual(answer.status, 400)
                self.assertIn("error", answer.json())

    def test_another_content_type_is_refused(self):
        answer = self.send("POST", "/api/calculate", b'{"expression": "1"}', {"Content-Type": "text/plain"})
        self.assertEqual(answer.status, 415)

    def test_a_large_body_is_refused(self):
        for size in (64 * 1024 + 1, 800 * 1024):
            with self.subTest(size=size):
                answer = self.send("POST", "/api/calculate", b"1" * size, {"Content-Type": "application/json"})
                self.assertEqual(answer.status, 413)

    def test_a_body_without_a_length_is_refused(self):
        answer = self.send("POST", "/api/calculate", b"0\r\n\r\n", {"Transfer-Encoding": "chunked"})
        self.assertEqual(answer.status, 411)

    def test_unknown_paths_and_methods(self):
        self.assertEqual(self.get("/api/unknown").status, 404)
        answer = self.send("PUT", "/api/history")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "DELETE, GET, HEAD"))

    def test_requests_from_other_sites_are_refused(self):
        self.calculate("1+1")
        answer = self.send("DELETE", "/api/history", headers={"Origin": "http://elsewhere.example"})
        self.assertEqual(answer.status, 403)
        self.assertEqual(len(self.get("/api/history").json()["history"]), 1)

    def test_health(self):
        answer = self.get("/healthz")
        self.assertEqual((answer.status, answer.json()), (200, {"status": "ok"}))


if __name__ == "__main__":
    unittest.main()
