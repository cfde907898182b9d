"""Tests of finding."""
import unittest

from tool.finding import Match, PatternError, compile_pattern, find_lines


class FindingTest(unittest.TestCase):
    """Lines that match a pattern."""

    def test_lines_are_numbered_from_one(self):
        found = find_lines(compile_pattern("a", ignore_case=False), "a\nb\r\nca\n")
        self.assertEqual(found, [Match(1, "a"), Match(3, "ca")])

    def test_case_counts_unless_it_is_ignored(self):
        self.assertEqual(find_lines(compile_pattern("É", ignore_case=False), "é"), [])
        self.assertEqual(find_lines(compile_pattern("É", ignore_case=True), "é"), [Match(1, "é")])

    def test_a_bad_pattern_is_refused(self):
        for text in ("(", "[", "*", "a{2,1}"):
            with self.subTest(text=text), self.assertRaises(PatternError):
                compile_pattern(text, ignore_case=False)


if __name__ == "__main__":
    unittest.main()
