"""Tests of the redirects and of the JSON API over a real connection."""

from tests.support import ServerCase

TARGET = "https://example.com/a/long/page?with=query"


class RedirectTests(ServerCase):
    def test_a_short_link_redirects_and_counts(self):
        self.post_json("/api/links", {"url": TARGET, "alias": "sale"})
        for _ in range(2):
            reply = self.get("/sale")
            self.assertEqual(reply.status, 302)
            self.assertEqual(reply.headers["location"], TARGET)
            self.assertEqual(reply.headers["cache-control"], "no-store")
        self.assertEqual(self.get("/api/links/sale").json()["hits"], 2)

    def test_capital_letters_do_not_matter_and_a_head_request_is_no_visit(self):
        self.post_json("/api/links", {"url": TARGET, "alias": "Sale"})
        self.assertEqual(self.request("HEAD", "/SALE").headers["location"], TARGET)
        self.assertEqual(self.get("/api/links/sale").json()["hits"], 0)

    def test_an_unknown_code_is_not_found(self):
        reply = self.get("/unknown")
        self.assertEqual(reply.status, 404)
        self.assertEqual(reply.page().one("h2").text, "Page not found")


class ApiTests(ServerCase):
    def test_creating_a_link_returns_it(self):
        reply = self.post_json("/api/links", {"url": TARGET})
        link = reply.json()
        self.assertEqual(reply.status, 201)
        self.assertEqual(reply.headers["location"], f"/api/links/{link['code']}")
        self.assertEqual(link["url"], TARGET)
        self.assertEqual(link["hits"], 0)
        self.assertEqual(link["short_url"], f"http://{self.host}/{link['code']}")
        self.assertEqual(self.get(f"/api/links/{link['code']}").json(), link)

    def test_the_list_has_the_newest_first_and_pages(self):
        for alias in ("one", "two", "three"):
            self.post_json("/api/links", {"url": TARGET, "alias": alias})
        document = self.get("/api/links?limit=2&offset=1").json()
        self.assertEqual([link["code"] for link in document["links"]], ["two", "one"])
        self.assertEqual((document["total"], document["limit"], document["offset"]), (3, 2, 1))
        for query in ("limit=0", "limit=201", "limit=x", "offset=-1"):
            with self.subTest(query):
                reply = self.get(f"/api/links?{query}")
                self.assertEqual(reply.status, 400)
                self.assertIn(query.split("=")[0], reply.json()["error"])

    def test_deleting_a_link(self):
        self.post_json("/api/links", {"url": TARGET, "alias": "sale"})
        self.assertEqual(self.request("DELETE", "/api/links/sale").status, 204)
        self.assertEqual(self.get("/sale").status, 404)
        self.assertEqual(self.request("DELETE", "/api/links/sale").status, 404)

    def test_wrong_input_names_the_field(self):
        cases = [
            ({}, "url is required"),
            ({"url": "ftp://example.com/"}, "url must start with http:// or https://"),
            ({"url": 7}, "url must be text"),
            ({"url": TARGET, "alias": "api"}, "alias must not be api, which is reserved"),
            ({"url": TARGET, "alias": ["x"]}, "alias must be text"),
            ({"url": TARGET, "colour": "red"}, "colour is not a known field"),
        ]
        for document, message in cases:
            with self.subTest(message):
                reply = self.post_json("/api/links", document)
                self.assertEqual((reply.status, reply.json()), (400, {"error": message}))
        self.assertEqual(self.get("/api/links").json()["total"], 0)

    def test_links_to_the_service_itself_are_refused(self):
        for url in (f"http://{self.host}/abc", f"http://localhost:{self.port}/"):
            with self.subTest(url):
                reply = self.post_json("/api/links", {"url": url})
                self.assertEqual(reply.status, 400)
                self.assertIn("this service itself", reply.json()["error"])

    def test_a_taken_alias_is_a_conflict(self):
        self.post_json("/api/links", {"url": TARGET, "alias": "sale"})
        reply = self.post_json("/api/links", {"url": "https://example.com/", "alias": "sale"})
        self.assertEqual((reply.status, reply.json()["error"]), (409, "alias sale is already taken"))

    def test_the_public_address_is_used_where_it_is_set(self):
        self.stop()
        self.start(public_url="https://go.example")
        link = self.post_json("/api/links", {"url": TARGET, "alias": "sale"}).json()
        self.assertEqual(link["short_url"], "https://go.example/sale")
        self.assertEqual(self.post_json("/api/links", {"url": "https://go.example/x"}).status, 400)


class ProtocolTests(ServerCase):
    def test_a_wrong_method_names_the_right_ones(self):
        reply = self.request("PUT", "/api/links")
        self.assertEqual(reply.status, 405)
        self.assertEqual(reply.headers["allow"], "GET, POST, HEAD")

    def test_bodies_must_be_small_json_objects(self):
        headers = {"Content-Type": "application/json"}
        for body in (b"{", b"[]", b"\xff", b"[" * 60000):
            with self.subTest(body[:10]):
                self.assertEqual(self.request("POST", "/api/links", body, headers).status, 400)
        self.assertEqual(self.request("POST", "/api/links", b"url=x").status, 415)
        for size in (64 * 1024, 800 * 1024):
            self.assertEqual(self.post_json("/api/links", {"url": "a" * size}).status, 413)

    def test_a_body_must_have_a_length(self):
        reply = self.request("POST", "/api/links", b"0\r\n\r\n", {"Transfer-Encoding": "chunked"})
        self.assertEqual(reply.status, 411)

    def test_every_answer_carries_the_security_headers(self):
        for path in ("/", "/unknown", "/api/links", "/static/style.css"):
            with self.subTest(path):
                headers = self.get(path).headers
                self.assertIn("default-src 'self'", headers["content-security-policy"])
                self.assertEqual(headers["x-content-type-options"], "nosniff")
                self.assertEqual(headers["referrer-policy"], "no-referrer")

    def test_only_the_front_end_files_are_served(self):
        self.assertIn("text/css", self.get("/static/style.css").headers["content-type"])
        for path in ("/static/../backend/config.py", "/static/%2e%2e/README.md", "/static/"):
            with self.subTest(path):
                self.assertEqual(self.get(path).status, 404)
