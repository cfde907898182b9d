"""Tests of the landing page: structure, links, headings and weight."""
import re
import unittest

from tests.support import FRONTEND, Page, ServerTest


class PageTest(ServerTest):
    """The page as the server delivers it."""

    def setUp(self):
        super().setUp()
        self.text = self.get("/").text
        self.page = Page(self.text)

    def test_the_page_names_itself_and_fits_a_phone(self):
        metas = {meta.attributes.get("name"): meta.attributes.get("content") for meta in self.page.all("meta")}
        self.assertEqual(self.page.all("html")[0].attributes["lang"], "en")
        self.assertEqual(self.page.all("title")[0].text, "<< name >>")
        self.assertEqual(metas["description"], "<< name >>: << tagline >>")
        self.assertIn("width=device-width", metas["viewport"])

    def test_the_headline_is_the_name_with_the_tagline_below(self):
        self.assertEqual([heading.text for heading in self.page.all("h1")], ["<< name >>"])
        self.assertIn("<< tagline >>", [paragraph.text for paragraph in self.page.all("p")])

<% if topic %>
    def test_the_topic_is_named(self):
        [topic] = [paragraph for paragraph in self.page.all("p") if paragraph.attributes.get("class") == "topic"]
        self.assertEqual(topic.text, "<< topic >>")

<% endif %>
    def test_headings_leave_out_no_level(self):
        for text in (self.text, self.get("/unknown").text):
            levels = [int(element.name[1]) for element in Page(text).elements if re.fullmatch("h[1-6]", element.name)]
            self.assertEqual(levels[0], 1)
            for before, after in zip(levels, levels[1:]):
                self.assertLessEqual(after, before + 1)

    def test_the_page_has_its_landmarks(self):
        for name in ("header", "nav", "main", "footer"):
            with self.subTest(name=name):
                self.assertEqual(len(self.page.all(name)), 1)

    def test_every_section_is_named_by_its_heading(self):
        headings = {element.attributes.get("id") for element in self.page.all("h1") + self.page.all("h2")}
        sections = self.page.all("section")
        self.assertEqual(len(sections), 5)
        for section in sections:
            self.assertIn(section.attributes["aria-labelledby"], headings)

    def test_there_are_six_promises_three_steps_and_five_questions(self):
        lists = {name: [item for item in self.page.all("li") if item.parents[-1].name == name] for name in ("ul", "ol")}
        self.assertEqual((len(lists["ul"]), len(lists["ol"])), (6, 3))
        self.assertEqual(len(self.page.all("details")), 5)

    def test_every_question_has_an_answer(self):
        for details in self.page.all("details"):
            [question] = [summary for summary in self.page.all("summary") if details in summary.parents]
            self.assertTrue(question.text.endswith("?"), question.text)
            self.assertGreater(len(details.text.replace(question.text, "").strip()), 20)

    def test_every_link_leads_somewhere(self):
        for page in (self.page, Page(self.get("/unknown").text)):
            for link in page.all("a"):
                target = link.attributes["href"]
                with self.subTest(target=target):
                    self.assertTrue(link.text.strip())
                    if target.startswith("#"):
                        self.assertIn(target[1:], page.ids())
                    elif not target.startswith("mailto:"):
                        self.assertEqual(self.get(target).status, 200)

    def test_the_navigation_reaches_every_section_below_the_headline(self):
        targets = [link.attributes["href"] for link in self.page.all("a") if link.parents[-1].name == "nav"]
        sections = [f"#{section.attributes['id']}" for section in self.page.all("section") if "id" in section.attributes]
        self.assertEqual(targets, sections)

    def test_the_call_to_action_uses_the_one_address(self):
        addresses = {link.attributes["href"] for link in self.page.all("a") if link.attributes["href"].startswith("mailto:")}
        self.assertEqual(len(addresses), 1)
        buttons = [link.attributes["href"] for link in self.page.all("a") if link.attributes.get("class") == "button"]
        self.assertEqual(buttons, ["#contact", *addresses])

    def test_ids_are_used_once(self):
        self.assertEqual(len(self.page.ids()), len(set(self.page.ids())))

    def test_every_picture_has_a_text_and_a_size(self):
        for image in self.page.all("img"):
            self.assertLessEqual({"alt", "width", "height"}, set(image.attributes))
            self.assertEqual(self.get(image.attributes["src"]).status, 200)

    def test_nothing_comes_from_other_sites(self):
        for name in ("index.html", "404.html", "style.css", "hero.svg", "icon.svg"):
            text = (FRONTEND / name).read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
            with self.subTest(name=name):
                self.assertIsNone(re.search(r"https?:|@import|[\"'(]//", text))

    def test_the_strict_policy_finds_nothing_inline(self):
        self.assertEqual(self.page.all("script") + self.page.all("style"), [])
        for element in self.page.elements:
            self.assertFalse([name for name in element.attributes if name == "style" or name.startswith("on")])

    def test_the_site_is_light(self):
        self.assertLess(sum(path.stat().st_size for path in FRONTEND.iterdir()), 50_000)


if __name__ == "__main__":
    unittest.main()
