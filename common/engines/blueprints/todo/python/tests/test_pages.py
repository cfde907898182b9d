"""The pages, used as a browser without JavaScript would use them."""

import unittest
from datetime import date

from backend import APP_NAME, static
from backend.site import TodoSite
from backend.store import TodoStore
from tests.client import serve
from tests.html_page import parse

NASTY = '<script>alert("1")</script> & co'


class PagesTest(unittest.TestCase):
    def setUp(self):
        self.store = TodoStore(":memory:")
        self.addCleanup(self.store.close)
        site = TodoSite(self.store, today=lambda: date(2024, 5, 17))
        self.client = serve(self, site.routes() + static.routes())

    def page(self, path="/"):
        reply = self.client.get(path)
        self.assertEqual(reply.status, 200)
        return parse(reply.text)

    def press(self, page, button, **typed):
        """Send the form of a button and return the page it leads to."""
        form = page.form_of(button)
        reply = self.client.post_form(form["action"], {**form.values(), **typed})
        self.assertEqual(reply.status, 303)
        return self.page(reply.headers["Location"])

    def titles(self, page):
        return [title.text for title in page.all("span", class_="title")]

    def test_the_empty_page_is_ready_for_a_phone_and_for_the_first_todo(self):
        page = self.page()
        self.assertEqual(page.one("h1").text, APP_NAME)
        self.assertIn("width=device-width", page.one("meta", name="viewport")["content"])
        self.assertEqual(page.one("meta", name="referrer")["content"], "same-origin")
        self.assertEqual(page.one("p", id="left").text, "Nothing left to do")
        self.assertIn("Nothing here yet", page.one("p", class_="empty").text)
        self.assertEqual(page.labelled("New todo")["name"], "title")
        self.assertEqual(page.labelled("Due date (optional)")["type"], "date")
        files = [link["href"] for link in page.all("link")]
        files += [script["src"] for script in page.all("script")]
        self.assertEqual([self.client.get(path).status for path in files], [200, 200, 200])

    def test_a_todo_is_added_completed_and_reopened(self):
        page = self.press(self.page(), "Add", title="Buy milk", due="")
        self.assertEqual(self.titles(page), ["Buy milk"])
        self.assertEqual(page.one("p", id="left").text, "1 todo left")
        self.store.add("Walk the dog")
        self.assertEqual(self.page().one("p", id="left").text, "2 todos left")
        page = self.press(page, "Complete Buy milk")
        self.assertEqual(len(page.all("li", class_="is-done")), 1)
        self.assertEqual(page.one("p", id="left").text, "1 todo left")
        page = self.press(page, "Reopen Buy milk")
        self.assertEqual(page.all("li", class_="is-done"), [])

    def test_the_filters_choose_and_stay_chosen(self):
        self.store.add("one")
        self.store.add("two")
        self.store.update(2, {"done": True})
        page = self.page("/?filter=open")
        self.assertEqual(self.titles(page), ["one"])
        self.assertEqual(page.one("a", **{"aria-current": "page"}).text, "Open 1")
        page = self.press(page, "Complete one")
        self.assertEqual(page.one("a", **{"aria-current": "page"}).text, "Open 0")
        self.assertEqual(page.one("p", class_="empty").text, "Nothing left to do.")
        self.assertEqual(self.titles(self.page("/?filter=done")), ["one", "two"])
        self.assertEqual(self.client.get("/?filter=late").status, 400)

    def test_a_todo_is_renamed_on_its_own_page(self):
        self.store.add("Buy milk", "2024-05-20")
        link = self.page("/?filter=open").one("a", **{"aria-label": "Edit Buy milk"})
        page = self.page(link["href"])
        self.assertEqual(page.labelled("Title")["value"], "Buy milk")
        self.assertEqual(page.labelled("Due date (optional)")["value"], "2024-05-20")
        page = self.press(page, "Save", title="Buy oat milk")
        self.assertEqual(self.titles(page), ["Buy oat milk"])
        self.assertEqual(page.one("a", **{"aria-current": "page"}).text, "Open 1")
        self.assertEqual(self.store.get(1).due, "2024-05-20")

    def test_a_todo_is_deleted_and_one_that_is_gone_is_404(self):
        self.store.add("one")
        self.store.add("two")
        self.assertEqual(self.titles(self.press(self.page(), "Delete one")), ["two"])
        self.assertEqual(self.client.get("/todos/1/edit").status, 404)
        self.assertEqual(self.client.post_form("/todos/1/done", {"done": "true"}).status, 404)
        self.assertEqual(self.client.post_form("/todos/1/delete", {}).status, 303)

    def test_clear_completed_is_offered_only_when_something_is_done(self):
        self.store.add("one")
        self.store.add("two")
        self.assertNotIn("Clear completed", self.client.get("/").text)
        self.store.update(1, {"done": True})
        page = self.press(self.page(), "Clear completed")
        self.assertEqual(self.titles(page), ["two"])

    def test_due_dates_are_said_in_words(self):
        for day in ("2024-05-16", "2024-05-17", "2024-05-18", "2024-06-01"):
            self.store.add("Pay rent", day)
        times = self.page().all("time")
        self.assertEqual(
            [time.text for time in times],
            ["Overdue since 16 May 2024", "Due today", "Due tomorrow", "Due 1 June 2024"],
        )
        self.assertEqual([time["class"] for time in times], ["due is-late", "due", "due", "due"])

    def test_a_mistake_is_named_and_the_typing_is_kept(self):
        reply = self.client.post_form("/todos", {"title": "Buy milk", "due": "soon"})
        self.assertEqual(reply.status, 400)
        page = parse(reply.text)
        self.assertEqual(page.one("p", role="alert").text, "Due must be a date such as 2024-05-17.")
        self.assertEqual(page.labelled("New todo")["value"], "Buy milk")
        self.store.add("Buy milk")
        reply = self.client.post_form("/todos/1/edit", {"title": " ", "due": ""})
        self.assertEqual(reply.status, 400)
        self.assertEqual(parse(reply.text).one("p", role="alert").text, "Title must not be empty.")

    def test_titles_are_shown_as_text_never_as_html(self):
        self.store.add(NASTY)
        for path in ("/", "/todos/1/edit"):
            page = self.page(path)
            self.assertEqual([script["src"] for script in page.all("script")], ["/static/app.js"])
        self.assertEqual(self.titles(self.page()), [NASTY])
        self.assertEqual(page.labelled("Title")["value"], NASTY)
