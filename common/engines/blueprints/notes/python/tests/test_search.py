"""Which notes a search finds and what it highlights."""

import unittest

from backend.errors import InvalidField
from backend.models import Note
from backend.search import excerpt, select, split_matches, words_of

NOW = "2024-05-17T12:00:00Z"
BREAD = Note(3, "Bread", "Flour, water, salt. #baking", NOW, NOW)
SOUP = Note(2, "Soup", "Water and SALT, no flour. #cooking", NOW, NOW)
COFFEE = Note(1, "CAFÉ", "Costs (about) 3.50", NOW, NOW)
NOTES = [BREAD, SOUP, COFFEE]


class SearchTest(unittest.TestCase):
    def found(self, query, tag=""):
        return [note.title for note in select(NOTES, words_of(query), tag)]

    def test_every_word_must_be_in_the_title_or_the_body(self):
        self.assertEqual(self.found("flour"), ["Bread", "Soup"])
        self.assertEqual(self.found("bread flour"), ["Bread"])
        self.assertEqual(self.found("bread coffee"), [])
        self.assertEqual(self.found(""), ["Bread", "Soup", "CAFÉ"])

    def test_case_does_not_matter_and_signs_are_ordinary_characters(self):
        self.assertEqual(self.found("sAlT"), ["Bread", "Soup"])
        self.assertEqual(self.found("café"), ["CAFÉ"])
        self.assertEqual(self.found("wat"), ["Bread", "Soup"])
        self.assertEqual(self.found("(about)"), ["CAFÉ"])
        self.assertEqual(self.found("3.50"), ["CAFÉ"])
        self.assertEqual(self.found("c.sts"), [])
        self.assertEqual(self.found(".*"), [])

    def test_a_tag_narrows_the_search(self):
        self.assertEqual(self.found("flour", "cooking"), ["Soup"])
        self.assertEqual(self.found("", "baking"), ["Bread"])
        self.assertEqual(self.found("", "bak"), [])

    def test_a_query_has_at_most_200_characters(self):
        self.assertEqual(words_of("a b  a"), ["a", "b"])
        with self.assertRaisesRegex(InvalidField, "q must be at most 200 characters"):
            words_of("x" * 201)

    def test_matches_are_cut_out_the_longest_word_first(self):
        pieces = split_matches("Salt and salted nuts", ["salt", "salted"])
        self.assertEqual(
            pieces, [("Salt", True), (" and ", False), ("salted", True), (" nuts", False)]
        )
        self.assertEqual(split_matches("Salt", []), [("Salt", False)])

    def test_an_excerpt_shows_the_first_match_of_a_long_text(self):
        self.assertEqual(excerpt("one\n two", []), "one two")
        text = excerpt("begin " + "word " * 100 + "needle " + "word " * 100, ["needle"])
        self.assertIn(" needle ", text)
        self.assertTrue(text.startswith("… word") and text.endswith("word …"), text)
        self.assertLessEqual(len(text), 224)
