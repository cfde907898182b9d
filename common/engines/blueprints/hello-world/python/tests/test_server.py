"""Tests of the page and the API over HTTP."""
import unittest

from backend.languages import LANGUAGES
from tests.support import Page, ServerTest


class ApiTest(ServerTest):
    """The greeting as JSON."""

    def test_a_greeting(self):
        answer = self.get("/api/greeting", name="Ada")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json(), {"greeting": "Hello, Ada!", "name": "Ada", "language": "en"})
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")

    def test_the_address_decides_on_the_language_before_the_browser(self):
        headers = {"Accept-Language": "de"}
        self.assertEqual(self.get("/api/greeting", headers).json()["greeting"], "Hallo, Welt!")
        self.assertEqual(self.get("/api/greeting", headers, lang="nl").json()["greeting"], "Hallo, wereld!")

    def test_the_answer_names_its_language_to_caches(self):
        answer = self.get("/api/greeting", {"Accept-Language": "fr"})
        self.assertEqual((answer.headers["Content-Language"], answer.headers["Vary"]), ("fr", "Accept-Language"))

    def test_wrong_parameters_are_named(self):
        unknown = self.get("/api/greeting", lang="xx")
        self.assertEqual((unknown.status, unknown.json()), (400, {"error": "lang: must be one of en, de, es, fr, it, nl"}))
        long = self.get("/api/greeting", name="a" * 81)
        self.assertEqual((long.status, long.json()), (400, {"error": "name: must have at most 80 characters"}))
        control = self.get("/api/greeting", name="\x07")
        self.assertEqual((control.status, control.json()), (400, {"error": "name: must not have control characters"}))

    def test_unknown_paths_and_methods(self):
        self.assertEqual(self.get("/api/unknown").status, 404)
        answer = self.send("POST", "/api/greeting")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"))

    def test_a_body_does_not_cost_the_answer(self):
        self.assertEqual(self.send("GET", "/healthz", body=b"{}").status, 200)
        self.assertEqual(self.send("POST", "/", body=b"x" * 800 * 1024).status, 405)
        chunked = {"Transfer-Encoding": "chunked"}
        self.assertEqual(self.send("POST", "/", chunked, b"0\r\n\r\n").status, 405)

    def test_head_has_no_body(self):
        answer = self.send("HEAD", "/api/greeting")
        self.assertEqual((answer.status, answer.text), (200, ""))

    def test_health(self):
        answer = self.get("/healthz")
        self.assertEqual((answer.status, answer.json()), (200, {"status": "ok"}))


class PageTest(ServerTest):
    """The page, as a browser without scripts sees it."""

    def page(self, headers=None, **query):
        return Page(self.get("/", headers, **query).text)

    def test_the_page_has_a_title_and_fits_a_phone(self):
        page = self.page()
        self.assertEqual(page.all("title")[0].text, "<< name >>")
        viewport = [meta for meta in page.all("meta") if meta.attributes.get("name") == "viewport"]
        self.assertIn("width=device-width", viewport[0].attributes["content"])

    def test_the_world_is_greeted_first(self):
        self.assertEqual([heading.text for heading in self.page().all("h1")], ["Hello, world!"])

    def test_a_sent_name_is_greeted_and_stays_in_the_form(self):
        page = self.page(name="Ada", lang="it")
        self.assertEqual(page.by_id("greeting").text, "Ciao, Ada!")
        self.assertEqual(page.by_id("name").attributes["value"], "Ada")

    def test_the_page_speaks_the_language_of_the_browser(self):
        page = self.page({"Accept-Language": "de-CH"})
        self.assertEqual(page.all("html")[0].attributes["lang"], "de")
        self.assertEqual([label.text for label in page.all("label")], ["Ihr Name", "Sprache"])
        self.assertEqual(page.all("button")[0].text, "Grüßen")

    def test_every_language_can_be_chosen_and_the_current_one_is(self):
        options = self.page(lang="es").all("option")
        self.assertEqual([option.attributes["value"] for option in options], list(LANGUAGES))
        self.assertEqual([option.text for option in options if "selected" in option.attributes], ["Español"])

    def test_every_field_has_a_label_and_the_greeting_is_announced(self):
        page = self.page()
        fields = page.all("input") + page.all("select")
        self.assertEqual([label.attributes["for"] for label in page.all("label")], [field.attributes["id"] for field in fields])
        self.assertEqual([field.attributes["name"] for field in fields], ["name", "lang"])
        self.assertEqual(page.by_id("greeting").attributes["aria-live"], "polite")

    def test_names_are_escaped(self):
        page = self.page(name='"><script>x</script>')
        self.assertEqual(page.by_id("greeting").text, 'Hello, "><script>x</script>!')
        self.assertEqual(page.by_id("name").attributes["value"], '"><script>x</script>')
        self.assertEqual([script.attributes.get("src") for script in page.all("script")], ["/static/greeting.js"])

    def test_a_refused_name_is_explained_in_the_language_of_the_page(self):
        answer = self.get("/", name="a" * 81, lang="de")
        page = Page(answer.text)
        self.assertEqual((answer.status, page.by_id("problem").text), (400, "Der Name ist zu lang."))
        self.assertEqual(page.by_id("name").attributes["aria-invalid"], "true")

    def test_everything_comes_from_this_server_under_a_strict_policy(self):
        answer = self.get("/")
        self.assertIn("default-src 'self'", answer.headers["Content-Security-Policy"])
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(answer.headers["Referrer-Policy"], "same-origin")
        self.assertNotIn("http://", answer.text)
        self.assertNotIn("https://", answer.text)

    def test_the_files_of_the_page_are_served(self):
        page = self.page()
        files = [link.attributes["href"] for link in page.all("link")] + [page.all("script")[0].attributes["src"]]
        types = [self.get(path).headers["Content-Type"] for path in files]
        self.assertEqual(types, ["image/svg+xml", "text/css; charset=utf-8", "text/javascript; charset=utf-8"])

    def test_an_unknown_page_is_a_readable_404(self):
        answer = self.get("/unknown")
        self.assertEqual((answer.status, Page(answer.text).all("h1")[0].text), (404, "Error 404"))


if __name__ == "__main__":
    unittest.main()
