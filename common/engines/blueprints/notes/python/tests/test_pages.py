"""The pages, used as a browser without JavaScript would use them."""

import unittest

from backend import APP_NAME, static
from backend.site import NoteSite
from backend.store import NoteStore
from tests.client import serve
from tests.html_page import parse

NASTY = '<script>alert("1")</script> & co'


class PagesTest(unittest.TestCase):
    def setUp(self):
        self.time = "2024-05-07T12:05:00Z"
        self.store = NoteStore(":memory:", now=lambda: self.time)
        self.addCleanup(self.store.close)
        self.client = serve(self, NoteSite(self.store).routes() + static.routes())

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
        return [heading.text for heading in page.all("h2")]

    def marks(self, page):
        return [mark.text for mark in page.all("mark")]

    def test_the_empty_page_is_ready_for_a_phone_and_for_the_first_note(self):
        page = self.page()
        self.assertEqual(page.one("h1").text, APP_NAME)
        self.assertIn("width=device-width", page.one("meta", name="viewport")["content"])
        self.assertEqual(page.one("meta", name="referrer")["content"], "same-origin")
        self.assertEqual(page.labelled("Search")["name"], "q")
        self.assertEqual(page.one("p", id="summary").text, "No notes")
        self.assertEqual(page.one("p", class_="empty").one("a")["href"], "/notes/new")
        files = [link["href"] for link in page.all("link")]
        files += [script["src"] for script in page.all("script")]
        self.assertEqual([self.client.get(path).status for path in files], [200, 200, 200])

    def test_a_note_is_written_edited_and_deleted(self):
        page = self.press(self.page("/notes/new"), "Save", title="Trip", body="Pack\r\n  a coat")
        self.assertEqual(page.one("h1").text, "Trip")
        self.assertEqual(page.one("p", class_="meta").text, "Written 7 May 2024, 12:05 UTC")
        self.assertEqual(page.one("div", class_="body").children, ["Pack\n  a coat"])
        self.time = "2024-06-01T08:00:00Z"
        form = self.page("/notes/1/edit")
        self.assertEqual(form.labelled("Title").value, "Trip")
        self.assertEqual(form.labelled("Text").value, "Pack\n  a coat")
        page = self.press(form, "Save", title="Long trip")
        self.assertEqual(page.one("h1").text, "Long trip")
        self.assertIn("changed 1 June 2024, 08:00 UTC", page.one("p", class_="meta").text)
        self.assertEqual(self.titles(self.press(page, "Delete")), [])
        self.assertEqual(self.client.get("/notes/1").status, 404)
        self.assertEqual(self.client.get("/notes/1/edit").status, 404)
        self.assertEqual(self.client.post_form("/notes/1/delete", {}).status, 303)

    def test_the_list_shows_the_newest_first_and_leads_to_each_note(self):
        self.store.add("one")
        self.store.add("two")
        page = self.page()
        self.assertEqual(self.titles(page), ["two", "one"])
        self.assertEqual(page.one("p", id="summary").text, "2 notes")
        link = page.all("h2")[0].one("a")
        self.assertEqual(self.page(link["href"]).one("h1").text, "two")

    def test_a_search_finds_and_marks_or_says_that_nothing_matches(self):
        self.store.add("Bread", "Flour and salt")
        self.store.add("Soup", "Salt and water")
        page = self.page("/?q=FLOUR+bread")
        self.assertEqual(self.titles(page), ["Bread"])
        self.assertEqual(self.marks(page), ["Bread", "Flour"])
        self.assertEqual(page.labelled("Search").value, "FLOUR bread")
        self.assertEqual(page.one("p", id="summary").text, "1 note with FLOUR bread")
        note = self.page(page.one("h2").one("a")["href"])
        self.assertEqual(self.marks(note), ["Bread", "Flour"])
        self.assertEqual(note.one("a", class_="back")["href"], "/?q=FLOUR+bread")
        page = self.page("/?q=coffee")
        self.assertEqual(page.one("p", id="summary").text, "No notes with coffee")
        self.assertIn("Nothing matches", page.one("p", class_="empty").text)
        self.assertEqual(self.client.get("/?q=" + "x" * 201).status, 400)

    def test_tags_are_links_that_narrow_the_search(self):
        self.store.add("Bread", "Flour #Baking")
        self.store.add("Cake", "Flour and sugar #baking #sweet")
        self.store.add("Tea", "Sugar #sweet")
        page = self.page("/?q=flour")
        links = page.one("nav", **{"aria-label": "Tags"}).all("a")
        self.assertEqual([link.text for link in links], ["All", "#baking 2", "#sweet 1"])
        page = self.page(links[2]["href"])
        self.assertEqual(self.titles(page), ["Cake"])
        self.assertEqual(page.one("a", **{"aria-current": "page"}).text, "#sweet 1")
        self.assertEqual(page.one("p", id="summary").text, "1 note with flour tagged #sweet")
        self.assertEqual(page.one("form", id="search").values(), {"q": "flour", "tag": "sweet"})
        link = self.page("/notes/1").one("div", class_="body").one("a")
        self.assertEqual((link.text, link["href"]), ("#Baking", "/?tag=baking"))
        self.assertEqual(self.titles(self.page(link["href"])), ["Cake", "Bread"])

    def test_text_is_shown_as_text_never_as_html(self):
        self.store.add(NASTY, NASTY + " </textarea>")
        for path in ("/", "/?q=script+%26", "/notes/1", "/notes/1/edit", "/?tag=<script>"):
            page = self.page(path)
            self.assertEqual([script["src"] for script in page.all("script")], ["/static/app.js"])
        self.assertEqual(self.titles(self.page("/?q=script")), [NASTY])
        self.assertEqual(self.titles(self.page("/?q=amp")), [])
        self.assertEqual(self.page("/notes/1/edit").labelled("Text").value, NASTY + " </textarea>")

    def test_a_mistake_is_named_and_the_typing_is_kept(self):
        self.store.add("Trip")
        for path in ("/notes", "/notes/1"):
            reply = self.client.post_form(path, {"title": " ", "body": "Pack"})
            self.assertEqual(reply.status, 400)
            page = parse(reply.text)
            self.assertEqual(page.one("p", role="alert").text, "Title must not be empty.")
            self.assertEqual(page.labelled("Text").value, "Pack")
        self.assertEqual(self.store.get(1).title, "Trip")
