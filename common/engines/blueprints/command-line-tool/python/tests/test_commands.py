"""Tests of the commands: what they write and how they exit."""
import json
import unittest

from tests.support import ToolTest

FRUIT = "red apple\nGreen pear\nred cherry\n"


class CountCommandTest(ToolTest):
    """The count command."""

    def test_standard_input_is_counted_without_a_name(self):
        run = self.run_tool("count", stdin="one two\nthree\n")
        self.assertEqual(run.output, "    lines     words  characters\n        2         3          14\n")
        self.assertEqual((run.code, run.errors), (0, ""))

    def test_several_files_get_a_total(self):
        first, second = self.write("a.txt", "one\n"), self.write("b.txt", "two three\n")
        lines = self.run_tool("count", first, second).output.splitlines()
        self.assertEqual([line.split() for line in lines[1:]], [
            ["1", "1", "4", first], ["1", "2", "10", second], ["2", "3", "14", "total"],
        ])

    def test_the_most_frequent_words_follow(self):
        run = self.run_tool("count", "--top", "2", stdin="red green red blue green red")
        self.assertEqual(run.output.splitlines()[2:], ["", "        3  red", "        2  green"])

    def test_json(self):
        run = self.run_tool("count", "--json", "--top", "1", stdin="one one two")
        counts = {"lines": 1, "words": 3, "characters": 11}
        self.assertEqual(run.json(), {
            "files": [{"file": "-", **counts}], "total": counts, "top": [{"word": "one", "count": 2}],
        })

    def test_a_file_that_cannot_be_read_is_named_and_the_others_are_counted(self):
        good = self.write("good.txt", "one\n")
        run = self.run_tool("count", str(self.folder / "missing.txt"), good)
        self.assertEqual(run.code, 3)
        self.assertEqual(run.errors, f"<< slug >>: {self.folder}/missing.txt: No such file or directory\n")
        self.assertIn(good, run.output)


class FindCommandTest(ToolTest):
    """The find command."""

    def test_matching_lines_are_shown_with_their_numbers(self):
        run = self.run_tool("find", "red", stdin=FRUIT)
        self.assertEqual((run.code, run.output, run.errors), (0, "1:red apple\n3:red cherry\n", ""))

    def test_nothing_found_is_exit_code_1(self):
        run = self.run_tool("find", "blue", stdin=FRUIT)
        self.assertEqual((run.code, run.output, run.errors), (1, "", ""))

    def test_the_pattern_is_a_regular_expression(self):
        self.assertEqual(self.run_tool("find", "^[a-z]+ (apple|pear)$", stdin=FRUIT).output, "1:red apple\n")

    def test_case_counts_unless_it_is_ignored(self):
        self.assertEqual(self.run_tool("find", "green", stdin=FRUIT).code, 1)
        self.assertEqual(self.run_tool("find", "-i", "green", stdin=FRUIT).output, "2:Green pear\n")

    def test_count_shows_only_how_many_lines_match(self):
        self.assertEqual(self.run_tool("find", "--count", "red", stdin=FRUIT).output, "2\n")
        self.assertEqual(self.run_tool("find", "--count", "blue", stdin=FRUIT), (1, "0\n", ""))

    def test_several_files_are_named_in_front(self):
        first, second = self.write("a.txt", FRUIT), self.write("b.txt", "a red one\n")
        run = self.run_tool("find", "red", "-c", first, second)
        self.assertEqual(run.output, f"{first}:2\n{second}:1\n")
        run = self.run_tool("find", "a red", first, second)
        self.assertEqual(run.output, f"{second}:1:a red one\n")

    def test_json(self):
        run = self.run_tool("find", "pear", "--json", stdin=FRUIT)
        self.assertEqual(run.json(), {"count": 1, "matches": [{"file": "-", "line": 2, "text": "Green pear"}]})
        self.assertEqual(self.run_tool("find", "blue", "--json", stdin=FRUIT).code, 1)

    def test_a_bad_pattern_is_wrong_usage(self):
        run = self.run_tool("find", "(", stdin=FRUIT)
        self.assertEqual((run.code, run.output), (2, ""))
        self.assertIn("PATTERN: is not a regular expression", run.errors)

    def test_an_unreadable_file_is_exit_code_3_even_if_something_was_found(self):
        good = self.write("a.txt", FRUIT)
        run = self.run_tool("find", "red", good, str(self.folder))
        self.assertEqual((run.code, run.errors), (3, f"<< slug >>: {self.folder}: Is a directory\n"))
        self.assertIn("red apple", run.output)

    def test_a_pattern_may_start_with_a_hyphen_after_two_hyphens(self):
        self.assertEqual(self.run_tool("find", "--", "-x", stdin="a\n-x\n").output, "2:-x\n")


class ConvertCommandTest(ToolTest):
    """The convert command."""

    def test_the_file_name_tells_the_formats(self):
        table = self.write("table.CSV", "a\n1\n")
        self.assertEqual(json.loads(self.run_tool("convert", table).output), [{"a": "1"}])
        listing = self.write("list.json", '[{"a": 1}]')
        self.assertEqual(self.run_tool("convert", listing).output, "a\n1\n")

    def test_options_tell_the_formats(self):
        self.assertEqual(self.run_tool("convert", "--from", "csv", "--to", "csv", stdin="a\r\n1\r\n").output, "a\n1\n")
        self.assertEqual(self.run_tool("convert", "--from", "csv", "--json", stdin="a\n1\n").json(), [{"a": "1"}])

    def test_the_output_can_be_a_file(self):
        table = self.write("table.csv", "a\nZoë\n")
        target = self.folder / "list.json"
        run = self.run_tool("convert", table, "-o", str(target))
        self.assertEqual((run.code, run.output), (0, ""))
        self.assertEqual(json.loads(target.read_text(encoding="utf-8")), [{"a": "Zoë"}])

    def test_an_unknown_format_is_wrong_usage(self):
        run = self.run_tool("convert", stdin="a\n")
        self.assertEqual((run.code, run.output), (2, ""))
        self.assertIn("--from: is needed", run.errors)

    def test_an_error_names_the_input(self):
        run = self.run_tool("convert", "--from", "json", stdin="[1]")
        self.assertEqual((run.code, run.errors), (3, "<< slug >>: standard input: entry 1: must be an object\n"))


class SlugCommandTest(ToolTest):
    """The slug command."""

    def test_arguments_are_one_text(self):
        self.assertEqual(self.run_tool("slug", "Hello", "World").output, "hello-world\n")

    def test_every_line_of_standard_input_is_a_text(self):
        self.assertEqual(self.run_tool("slug", stdin="One two\n\nThree\n").output, "one-two\nthree\n")

    def test_json(self):
        run = self.run_tool("slug", "--json", "--max-length", "3", "One two")
        self.assertEqual(run.json(), [{"text": "One two", "slug": "one"}])

    def test_nothing_to_make_a_slug_of_is_exit_code_3(self):
        run = self.run_tool("slug", "!!!")
        self.assertEqual((run.code, run.output), (3, ""))
        self.assertEqual(run.errors, '<< slug >>: no letter or digit for a slug in "!!!"\n')


if __name__ == "__main__":
    unittest.main()
