"""Tests of conversion between CSV and JSON."""
import json
import unittest

from tool.converting import ConversionError, convert

CSV = 'name,quote\nAda,"a ""b"", c"\nZoë,"two\nlines"\n'
RECORDS = [{"name": "Ada", "quote": 'a "b", c'}, {"name": "Zoë", "quote": "two\nlines"}]


class ConversionTest(unittest.TestCase):
    """From one format to the other."""

    def test_csv_becomes_a_list_of_objects(self):
        self.assertEqual(json.loads(convert(CSV, "csv", "json")), RECORDS)

    def test_json_becomes_csv(self):
        self.assertEqual(convert(json.dumps(RECORDS), "json", "csv"), CSV)

    def test_a_round_trip_changes_nothing(self):
        self.assertEqual(convert(convert(CSV, "csv", "json"), "json", "csv"), CSV)

    def test_other_line_ends_and_empty_lines_are_fine(self):
        self.assertEqual(json.loads(convert("a,b\r\n\r\n1,2\r\n", "csv", "json")), [{"a": "1", "b": "2"}])

    def test_no_rows_and_no_text(self):
        self.assertEqual(convert("a,b\n", "csv", "json"), "[]\n")
        self.assertEqual(convert("", "csv", "json"), "[]\n")
        self.assertEqual(convert("[]", "json", "csv"), "")

    def test_values_that_are_not_text(self):
        records = '[{"a": 1, "b": true, "c": null, "d": 1.5, "e": "", "f": false, "g": 0}]'
        self.assertEqual(convert(records, "json", "csv"), "a,b,c,d,e,f,g\n1,true,,1.5,,false,0\n")

    def test_objects_with_different_fields_share_one_header(self):
        self.assertEqual(convert('[{"b": 1}, {"a": 2, "b": 3}]', "json", "csv"), "b,a\n1,\n3,2\n")

    def test_a_single_empty_field_is_not_an_empty_line(self):
        self.assertEqual(convert('[{"a": ""}]', "json", "csv"), 'a\n""\n')

    def test_wrong_csv_is_refused_with_its_line(self):
        cases = {
            "a,b\n1,2\n3\n": "line 3: 1 fields, but the header has 2",
            "a,a\n": 'line 1: the field "a" is there twice',
            "a,\n": "line 1: a field of the header has no name",
            'a\n"open\n': "line",
            'a,b\n"1"x,2\n': "line 2",
        }
        for text, message in cases.items():
            with self.subTest(text=text), self.assertRaisesRegex(ConversionError, f"^{message}"):
                convert(text, "csv", "json")

    def test_wrong_json_is_refused(self):
        cases = {
            "{": "not valid JSON", '{"a": 1}': "the JSON must be a list", "[1]": "entry 1: must be an object",
            '[{"a": 1}, {"a": [2]}]': 'entry 2: the field "a" holds another list', "[NaN]": "not valid JSON",
            '[{"a": 1e999}]': 'entry 1: the number in the field "a" is too large',
        }
        for text, message in cases.items():
            with self.subTest(text=text), self.assertRaisesRegex(ConversionError, message):
                convert(text, "json", "csv")


if __name__ == "__main__":
    unittest.main()
