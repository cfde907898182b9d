"""The rules for the fields of a note, and its tags."""

import unittest

from backend.errors import InvalidField
from backend.models import Note, clean_body, clean_changes, clean_new, clean_title
from backend.tags import clean_tag, count_tags, find_tags


def note(title, body=""):
    return Note(1, title, body, "2024-05-17T12:00:00Z", "2024-05-17T12:00:00Z")


class FieldsTest(unittest.TestCase):
    def test_a_title_is_tidied_and_may_have_120_characters(self):
        self.assertEqual(clean_title("  Shopping \n list "), "Shopping list")
        self.assertEqual(clean_title("é" * 120), "é" * 120)
        with self.assertRaisesRegex(InvalidField, "title must be at most 120 characters"):
            clean_title("é" * 121)

    def test_a_body_keeps_its_lines_and_may_have_5000_characters(self):
        self.assertEqual(clean_body("\r\n  one\r\n\r\ntwo \n\n"), "  one\n\ntwo")
        self.assertEqual(clean_body("é" * 5000), "é" * 5000)
        with self.assertRaisesRegex(InvalidField, "body must be at most 5000 characters"):
            clean_body("é" * 5001)

    def test_a_new_note_needs_a_title_and_a_change_only_what_it_changes(self):
        self.assertEqual(clean_new({"title": "Trip"}), {"title": "Trip", "body": ""})
        self.assertEqual(clean_changes({"body": "Pack"}), {"body": "Pack"})
        with self.assertRaisesRegex(InvalidField, "title must not be empty"):
            clean_new({"body": "Pack"})

    def test_what_is_not_text_and_what_is_not_known_is_named(self):
        cases = [
            ({"title": 7}, "title must be text"),
            ({"body": ["a"]}, "body must be text"),
            ({"body": "\ud800"}, "body must be valid Unicode text"),
            ({"colour": "red"}, "'colour' is not a field"),
        ]
        for fields, message in cases:
            with self.subTest(message=message), self.assertRaisesRegex(InvalidField, message):
                clean_changes(fields)


class TagsTest(unittest.TestCase):
    def test_tags_are_words_that_start_with_a_sign(self):
        self.assertEqual(find_tags("#Home, #work-plan. (#2x #été #home"), ["home", "work-plan", "été"])
        self.assertEqual(note("Trip #travel", "Pack #home").tags, ["travel", "home"])
        self.assertEqual(find_tags("a#b ##c &#39; https://example.org/#part page#part # x"), [])

    def test_tags_are_counted_by_note(self):
        notes = [note("#a #b"), note("#b #b")]
        self.assertEqual(count_tags(notes), [("a", 1), ("b", 2)])
        self.assertEqual(clean_tag(" #Home "), "home")
