"""Tests of the page over HTTP, as a browser without scripts sees it."""
import unittest

from tests.support import Page, ServerTest


class PageTest(ServerTest):
    """The calculator's page."""

    def page(self, path="/"):
        return Page(self.get(path).text)

    def test_the_page_has_a_title_a_language_and_fits_a_phone(self):
        page = self.page()
        self.assertEqual(page.all("html")[0].attributes["lang"], "en")
        self.assertEqual(page.all("title")[0].text, "<< name >>")
        self.assertEqual([heading.text for heading in page.all("h1")], ["<< name >>"])
        viewport = [meta for meta in page.all("meta") if meta.attributes.get("name") == "viewport"]
        self.assertIn("width=device-width", viewport[0].attributes["content"])

    def test_the_display_has_a_label_and_announces_results(self):
        page = self.page()
        self.assertEqual([label.attributes["for"] for label in page.all("label")], ["expression"])
        self.assertEqual(page.by_id("expression").attributes["name"], "expression")
        self.assertEqual(page.by_id("result").attributes["aria-live"], "polite")

    def test_every_key_of_the_keypad_is_there(self):
        keys = [button.attributes["data-insert"] for button in self.page().all("button") if "data-insert" in button.attributes]
        self.assertEqual(sorted(keys), sorted("0123456789.()^%+−×÷"))

    def test_keys_wait_for_the_script_but_the_form_does_not(self):
        buttons = [button for button in self.page().all("button") if "hidden" not in button.attributes]
        self.assertEqual([button.attributes["type"] for button in buttons], ["submit", "submit"])

    def test_a_posted_form_leads_to_its_result(self):
        answer = self.post_form("/calculate", {"expression": "2 + 3 * 4"})
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/?calculation=1"))
        page = self.page(answer.headers["Location"])
        self.assertEqual(page.by_id("expression").attributes["value"], "2 + 3 * 4")
        self.assertEqual(page.by_id("result").text, "= 14")

    def test_a_mistake_is_shown_next_to_what_was_written(self):
        answer = self.post_form("/calculate", {"expression": "2 +"})
        page = Page(answer.text)
        self.assertEqual(answer.status, 400)
        self.assertEqual(page.by_id("expression").attributes["value"], "2 +")
        self.assertEqual(page.by_id("expression").attributes["aria-invalid"], "true")
        self.assertEqual(page.by_id("problem").text, "A number is missing at position 4")

    def test_the_history_shows_expressions_and_results(self):
        self.calculate("1 + 2")
        self.calculate("9 / 4")
        page = self.page()
        self.assertEqual([item.text.strip() for item in page.all("li")], ["9 / 4 = 2.25", "1 + 2 = 3"])
        self.assertIn("hidden", page.by_id("history-empty").attributes)

    def test_a_line_of_the_history_puts_its_expression_back(self):
        self.calculate("1+2 % + 3")
        [link] = self.page().all("a")
        page = self.page(link.attributes["href"])
        self.assertEqual(page.by_id("expression").attributes["value"], "1+2 % + 3")
        self.assertEqual(page.by_id("result").text, "")

    def test_an_empty_history_says_so(self):
        page = self.page()
        self.assertNotIn("hidden", page.by_id("history-empty").attributes)
        self.assertIn("hidden", page.by_id("clear-history").attributes)
        self.assertEqual(page.all("li"), [])

    def test_the_history_can_be_cleared(self):
        self.calculate("1 + 2")
        answer = self.post_form("/history/clear", {})
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/"))
        self.assertEqual(self.page().all("li"), [])

    def test_what_was_written_is_escaped(self):
        answer = self.post_form("/calculate", {"expression": '"><script>alert(1)</script>'})
        page = Page(answer.text)
        self.assertEqual(page.by_id("expression").attributes["value"], '"><script>alert(1)</script>')
        self.assertEqual([script.attributes.get("src") for script in page.all("script")], ["/static/calculator.js"])

    def test_forms_posted_by_other_sites_are_refused(self):
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://elsewhere.example"}, {"Origin": "null"}):
            with self.subTest(headers=headers):
                self.assertEqual(self.post_form("/calculate", {"expression": "1"}, headers).status, 403)
        own = {"Origin": f"http://127.0.0.1:{self.port}"}
        self.assertEqual(self.post_form("/calculate", {"expression": "1"}, own).status, 303)

    def test_everything_comes_from_this_server_under_a_strict_policy(self):
        answer = self.get("/")
        self.assertIn("default-src 'self'", answer.headers["Content-Security-Policy"])
        self.assertEqual(answer.headers["Referrer-Policy"], "same-origin")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertNotIn("http://", answer.text)
        self.assertNotIn("https://", answer.text)

    def test_the_files_of_the_page_are_served(self):
        page = self.page()
        files = [link.attributes["href"] for link in page.all("link")] + [page.all("script")[0].attributes["src"]]
        types = [self.get(path).headers["Content-Type"] for path in files]
        self.assertEqual(types, ["image/svg+xml", "text/css; charset=utf-8", "text/javascript; charset=utf-8"])

    def test_an_unknown_page_is_a_readable_404(self):
        answer = self.get("/unknown")
        self.assertEqual(answer.status, 404)
        self.assertEqual(Page(answer.text).all("h1")[0].text, "Error 404")


if __name__ == "__main__":
    unittest.main()
