"""Tests of slugs."""
import unittest

from tool.slugs import SlugError, make_slug


class SlugTest(unittest.TestCase):
    """From text to slug."""

    def test_slugs(self):
        cases = {
            "Hello, World!": "hello-world", "  many   spaces ": "many-spaces", "Crème brûlée": "creme-brulee",
            "Straße & Weg": "strasse-and-weg", "Łódź": "lodz", "don't": "dont", "100% – sure": "100-sure",
            "snake_case": "snake-case",
        }
        for text, expected in cases.items():
            with self.subTest(text=text):
                self.assertEqual(make_slug(text), expected)

    def test_long_slugs_are_cut_between_words(self):
        self.assertEqual(make_slug("one two three", 7), "one-two")
        self.assertEqual(make_slug("one two three", 9), "one-two")
        self.assertEqual(make_slug("unbelievable", 5), "unbel")

    def test_a_text_without_letters_is_refused(self):
        for text in ("", "!!!", "日本"):
            with self.subTest(text=text), self.assertRaises(SlugError):
                make_slug(text)


if __name__ == "__main__":
    unittest.main()
