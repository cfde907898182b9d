"""Tests of counting."""
import unittest

from tool.counting import Count, count_text, count_words, most_frequent


class CountingTest(unittest.TestCase):
    """Counts of texts."""

    def test_lines_words_and_characters(self):
        cases = {
            "": (0, 0, 0), "one": (1, 1, 3), "one\n": (1, 1, 4), "one two\nthree": (2, 3, 13),
            "a\r\nb\r\n": (2, 2, 6), "\n\n": (2, 0, 2), "Zoë 😀": (1, 2, 5),
        }
        for text, expected in cases.items():
            with self.subTest(text=text):
                self.assertEqual(count_text(text), Count(*expected))

    def test_words_are_counted_without_case_and_punctuation(self):
        words = count_words("The end. the END, (the) don't well-known Übung übung 'quoted'")
        self.assertEqual(
            dict(words), {"the": 3, "end": 2, "don't": 1, "well-known": 1, "übung": 2, "quoted": 1}
        )

    def test_equally_frequent_words_come_in_alphabetical_order(self):
        self.assertEqual(most_frequent(count_words("b c a b c d"), 3), [("b", 2), ("c", 2), ("a", 1)])


if __name__ == "__main__":
    unittest.main()
