<% set things = entity.plural | replace("_", " ") %>
<% set thing = entity.singular | replace("_", " ") %>
"""Tests of the page as a browser without JavaScript uses it."""

from typing import Mapping
from urllib.parse import urlencode

from backend import models
from backend.queries import PARAMETERS
from tests.examples import COLLECTION, EXAMPLE, OTHER, as_text
from tests.support import ServerCase

FIRST = "<< fields[0].name >>"
<% for f in fields if f.type == "text" %>
<% if loop.first %>
TEXT = "<< f.name >>"
<% endif %>
<% endfor %>


def shown(value: object) -> str:
    """A value as the table shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str) else str(value).removesuffix(".0")


class PageTests(ServerCase):
    def page(self, parameters: Mapping[str, str] = {}):
        return self.get("/?" + urlencode(parameters)).page()

    def cells(self, page) -> list:
        return [[cell.text for cell in row.all("td")] for row in page.one("tbody").all("tr")]

    def test_an_empty_page_says_so_and_fits_a_phone(self):
        page = self.page()
        self.assertEqual(page.one("title").text, "<< name >>")
        self.assertIn("width=device-width", page.one("meta", name="viewport").attributes["content"])
        self.assertIn("No << things >> yet", page.one("main").text)
        self.assertEqual(page.all("table"), [])

    def test_the_table_shows_every_value_with_its_label(self):
        self.create(EXAMPLE, OTHER)
        page = self.page()
        heads = [head.text for head in page.one("thead").all("th")]
        self.assertEqual(heads, ["Id", *(field.label for field in models.FIELDS)])
        rows = [[str(number), *map(shown, values.values())] for number, values in ((1, EXAMPLE), (2, OTHER))]
        self.assertEqual(self.cells(page), rows)
        self.assertEqual(page.one("p", role="status").text, "2 << things >>")
        self.assertEqual(self.get(page.one("tbody").all("a")[0].attributes["href"]).json()["id"], 1)
        labels = [cell.attributes["data-label"] for cell in page.all("td")]
        self.assertEqual(labels, heads * 2)

    def test_every_input_has_a_label(self):
        page = self.page()
        labelled = [label.attributes["for"] for label in page.all("label")]
        self.assertEqual(labelled, [*PARAMETERS.values(), "sort"])
        inputs = {item.attributes["id"] for item in page.all("input") + page.all("select")}
        self.assertEqual(inputs, set(labelled))

    def test_the_form_filters_and_ignores_empty_inputs(self):
        self.create(EXAMPLE, OTHER)
        empty = dict.fromkeys([*PARAMETERS.values(), "sort"], "")
        page = self.page({**empty, PARAMETERS[FIRST]: as_text(OTHER[FIRST])})
        self.assertEqual([row[0] for row in self.cells(page)], ["2"])
        self.assertEqual(page.one("p", role="status").text, "1 << thing >>")
        self.assertIn("open", page.one("details").attributes)

    def test_the_heads_sort_and_reverse(self):
        self.create(EXAMPLE, OTHER)
        head = self.page().one("thead").all("th")[1]
        self.assertEqual(head.one("a").attributes["href"], f"/?sort={FIRST}&offset=0")
        page = self.get(head.one("a").attributes["href"]).page()
        first = "1" if EXAMPLE[FIRST] < OTHER[FIRST] else "2"
        self.assertEqual(self.cells(page)[0][0], first)
        head = page.one("thead").all("th")[1]
        self.assertEqual(head.attributes["aria-sort"], "ascending")
        self.assertEqual(head.one("a").attributes["href"], f"/?sort=-{FIRST}&offset=0")

    def test_long_lists_have_pages(self):
        self.create(EXAMPLE, OTHER, EXAMPLE)
        page = self.page({"limit": "2"})
        self.assertEqual(len(self.cells(page)), 2)
        self.assertEqual(page.all("a", rel="prev"), [])
        following = self.get(page.one("a", rel="next").attributes["href"]).page()
        self.assertEqual([row[0] for row in self.cells(following)], ["3"])
        self.assertEqual(following.one("a", rel="prev").attributes["href"], "/?limit=2&offset=0")

    def test_a_wrong_query_is_explained_as_text(self):
        reply = self.get("/?" + urlencode({'<script>alert("1")</script>': "1"}))
        self.assertEqual(reply.status, 400)
        self.assertNotIn(b"<script>alert", reply.body)
        message = reply.page().one("p", role="alert").text
        self.assertEqual(message, '<script>alert("1")</script> is not a known parameter')
<% for f in fields if f.type == "text" %>
<% if loop.first %>

    def test_stored_values_are_shown_as_text(self):
        text = "<b>\"Tom\" & 'Jerry'</b>"
        self.create({**EXAMPLE, TEXT: text})
        reply = self.get("/?" + urlencode({PARAMETERS[TEXT]: text}))
        self.assertNotIn(b"<b>", reply.body)
        column = 1 + list(EXAMPLE).index(TEXT)
        self.assertEqual(self.cells(reply.page())[0][column], text)
        field = reply.page().one("input", id=PARAMETERS[TEXT])
        self.assertEqual(field.attributes["value"], text)
<% endif %>
<% endfor %>

    def test_the_page_documents_the_api(self):
        page = self.page()
        methods = [item.text for item in page.all("span", class_="method")]
        self.assertEqual(methods, ["GET", "POST", "GET", "PUT", "PATCH", "DELETE", "GET", "GET"])
        names = [item.text for item in page.all("dt")]
        self.assertEqual(names, [field.name for field in models.FIELDS])
        command = page.all("pre")[0].text
        self.assertIn(f"http://{self.host}{COLLECTION}", command)

    def test_pages_ask_no_other_site_and_exist_for_wrong_addresses(self):
        page = self.page()
        sources = [item.attributes["src"] for item in page.all("script") + page.all("img")]
        sources += [item.attributes["href"] for item in page.all("link")]
        for source in sources:
            with self.subTest(source):
                self.assertTrue(source.startswith("/static/"))
                self.assertEqual(self.get(source).status, 200)
        reply = self.get("/unknown")
        self.assertEqual(reply.status, 404)
        self.assertEqual(reply.page().one("h2").text, "Page not found")
