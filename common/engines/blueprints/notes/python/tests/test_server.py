"""What the server does with every request, whatever the app."""

import unittest

from backend.web import html_response, json_response, see_other
from tests.client import serve


def echo(request):
    return json_response(200, request.json())


def fail(request):
    raise RuntimeError("a secret detail")


ROUTES = [
    ("GET", "/", lambda request: html_response(200, "<p>é</p>")),
    ("POST", "/form", lambda request: see_other("/?" + request.form()["name"])),
    ("POST", "/api/echo", echo),
    ("GET", "/api/number/{id}", lambda request, number: json_response(200, number)),
    ("GET", "/api/fail", fail),
]


class ServerTest(unittest.TestCase):
    def setUp(self):
        self.client = serve(self, ROUTES)

    def test_every_answer_has_the_security_headers(self):
        for path in ("/", "/nothing", "/api/nothing"):
            headers = self.client.get(path).headers
            self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")

    def test_head_is_get_without_a_body(self):
        reply = self.client.send("HEAD", "/")
        self.assertEqual((reply.status, reply.text), (200, ""))
        self.assertEqual(reply.headers["Content-Length"], "9")

    def test_an_unknown_address_is_404_as_json_or_as_a_page(self):
        self.assertIn("error", self.client.get("/api/nothing").json())
        reply = self.client.get("/nothing")
        self.assertEqual(reply.status, 404)
        self.assertIn("Page not found", reply.text)
        self.assertEqual(self.client.get("/api/number/12").json(), 12)
        for bad in ("0", "-1", "1.5", "x", "9" * 30):
            self.assertEqual(self.client.get(f"/api/number/{bad}").status, 404)

    def test_a_wrong_method_is_405_and_says_what_is_allowed(self):
        reply = self.client.send("DELETE", "/")
        self.assertEqual((reply.status, reply.headers["Allow"]), (405, "GET, HEAD"))
        self.assertEqual(self.client.get("/api/echo").headers["Allow"], "POST")

    def test_a_body_has_a_length_of_at_most_64_kib(self):
        def post(size):
            text = '{"a":"' + "x" * (size - 8) + '"}'
            return self.client.send("POST", "/api/echo", text, {"Content-Type": "application/json"})

        self.assertEqual(post(64 * 1024).status, 200)
        self.assertEqual(post(64 * 1024 + 1).status, 413)
        self.assertEqual(post(800 * 1024).status, 413)
        chunked = {"Transfer-Encoding": "chunked"}
        reply = self.client.send("POST", "/api/echo", b"0\r\n\r\n", chunked)
        self.assertEqual(reply.status, 411)

    def test_the_content_type_must_fit(self):
        for headers in ({}, {"Content-Type": "text/plain"}):
            self.assertEqual(self.client.send("POST", "/api/echo", "{}", headers).status, 415)
        self.assertEqual(self.client.send_json("POST", "/form", {"name": "a"}).status, 415)

    def test_what_is_not_a_json_object_is_400(self):
        for text in ("", "{", "[1]", '"a"', "[" * 60000):
            reply = self.client.send("POST", "/api/echo", text, {"Content-Type": "application/json"})
            self.assertEqual(reply.status, 400)
            self.assertIn("JSON", reply.json()["error"])

    def test_forms_from_other_sites_are_refused(self):
        own = f"http://127.0.0.1:{self.client.port}"
        cases = [
            ({}, 303),
            ({"Origin": own}, 303),
            ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
            ({"Origin": "https://elsewhere.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site", "Origin": own}, 403),
        ]
        for headers, status in cases:
            with self.subTest(headers=headers):
                reply = self.client.post_form("/form", {"name": "a"}, headers)
                self.assertEqual(reply.status, status)

    def test_a_failure_is_500_and_tells_no_details(self):
        with self.assertLogs("backend.server", "ERROR"):
            reply = self.client.get("/api/fail")
        self.assertEqual(reply.status, 500)
        self.assertNotIn("secret", reply.text)
