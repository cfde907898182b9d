"""Tests of the kinds of values: what is accepted from JSON and from a query."""

import json
import unittest

from backend.kinds import Field, Problem, check_value, parse_text

ACCEPTED = [
    ("text", '"Grüße, 世界"', "Grüße, 世界"),
    ("text", '"  as it is "', "  as it is "),
    ("integer", "-12", -12),
    ("integer", "3.0", 3),
    ("integer", "9007199254740991", 9007199254740991),
    ("number", "9.5", 9.5),
    ("number", "4", 4.0),
    ("number", "-1e3", -1000.0),
    ("boolean", "true", True),
    ("boolean", "false", False),
    ("date", '"2024-02-29"', "2024-02-29"),
]
REFUSED = [
    ("text", "7"),
    ("text", "true"),
    ("text", '["a"]'),
    ("text", '"\\ud800"'),
    ("text", '"a\\u0000"'),
    ("text", json.dumps("a" * 1001)),
    ("integer", "1.5"),
    ("integer", '"7"'),
    ("integer", "true"),
    ("integer", "9007199254740992"),
    ("number", '"9.5"'),
    ("number", "false"),
    ("number", "1e999"),
    ("number", "NaN"),
    ("boolean", "1"),
    ("boolean", '"true"'),
    ("date", '"2023-02-29"'),
    ("date", '"2024-5-17"'),
    ("date", '"20240517"'),
    ("date", '"2024-05-17\\n"'),
    ("date", "20240517"),
]
PARSED = [
    ("text", "7", "7"),
    ("integer", "-7", -7),
    ("number", "9.50", 9.5),
    ("boolean", "false", False),
    ("date", "2024-05-17", "2024-05-17"),
]
NOT_PARSED = [
    ("integer", "seven"),
    ("integer", "1.5"),
    ("integer", ""),
    ("integer", " 7"),
    ("number", "inf"),
    ("number", "1e999"),
    ("number", "0x10"),
    ("boolean", "yes"),
    ("boolean", ""),
    ("date", "today"),
]


def field(kind: str, required: bool = True) -> Field:
    return Field("value", "Value", kind, required, None)


class KindTests(unittest.TestCase):
    def test_values_of_the_right_kind_are_accepted(self):
        for kind, text, value in ACCEPTED:
            with self.subTest(f"{kind} {text}"):
                self.assertEqual(check_value(field(kind), json.loads(text)), value)

    def test_values_of_another_kind_are_refused(self):
        for kind, text in REFUSED:
            with self.subTest(f"{kind} {text[:40]}"):
                with self.assertRaisesRegex(Problem, "must be"):
                    check_value(field(kind), json.loads(text))

    def test_only_optional_values_may_be_null_or_blank(self):
        for kind in ("text", "integer", "number", "boolean", "date"):
            with self.subTest(kind):
                self.assertIsNone(check_value(field(kind, required=False), None))
                with self.assertRaisesRegex(Problem, "is required"):
                    check_value(field(kind), None)
        self.assertEqual(check_value(field("text", required=False), ""), "")
        with self.assertRaisesRegex(Problem, "must not be blank"):
            check_value(field("text"), " \t")

    def test_the_text_of_a_query_is_read_by_kind(self):
        for kind, text, value in PARSED:
            with self.subTest(f"{kind} {text}"):
                self.assertEqual(parse_text(field(kind), text), value)
        for kind, text in NOT_PARSED:
            with self.subTest(f"{kind} {text}"):
                with self.assertRaisesRegex(Problem, "must be"):
                    parse_text(field(kind), text)
