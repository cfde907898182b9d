"""Tests of reading the documents that clients send."""

import unittest

from backend.documents import DocumentError, read_changes, read_record
from tests.examples import EXAMPLE, OTHER

# A value of a wrong kind for every field.
WRONG = {
<% for f in fields %>
    "<< f.name >>": <% if f.type == "text" %>7<% elif f.type == "integer" %>"seven"<% elif f.type == "number" %>"cheap"<% elif f.type == "boolean" %>"maybe"<% else %>"2024-02-30"<% endif %>,
<% endfor %>
}
REQUIRED = [<% for f in fields if f.required %><% if not loop.first %>, <% endif %>"<< f.name >>"<% endfor %>]


class DocumentTests(unittest.TestCase):
    def test_fields_that_are_left_out_are_null(self):
        self.assertEqual(read_record(EXAMPLE), EXAMPLE)
        values = read_record({name: EXAMPLE[name] for name in REQUIRED})
        for name in EXAMPLE:
            with self.subTest(name):
                self.assertEqual(values[name], EXAMPLE[name] if name in REQUIRED else None)

    def test_required_fields_must_be_given(self):
        for name in REQUIRED:
            for document in ({**EXAMPLE, name: None}, without(EXAMPLE, name)):
                with self.subTest(document):
                    with self.assertRaisesRegex(DocumentError, f"^{name} is required$"):
                        read_record(document)

    def test_all_wrong_values_are_named(self):
        for name, value in WRONG.items():
            with self.subTest(name):
                with self.assertRaisesRegex(DocumentError, f"^{name} must be"):
                    read_record({**EXAMPLE, name: value})
        with self.assertRaises(DocumentError) as caught:
            read_record({**WRONG, "no-such-field": 1})
        self.assertEqual(len(str(caught.exception).split("; ")), len(WRONG) + 1)
        self.assertIn("no-such-field is not a known field", str(caught.exception))

    def test_fields_of_the_server_cannot_be_set(self):
        for name in ("id", "created_at", "updated_at"):
            for read in (read_record, read_changes):
                with self.subTest(name):
                    with self.assertRaisesRegex(DocumentError, f"^{name} is set by the server$"):
                        read({**EXAMPLE, name: 1})

    def test_changes_hold_only_the_given_fields(self):
        self.assertEqual(read_changes({}), {})
        for name, value in OTHER.items():
            with self.subTest(name):
                self.assertEqual(read_changes({name: value}), {name: value})
                with self.assertRaisesRegex(DocumentError, f"^{name} must be"):
                    read_changes({name: WRONG[name]})


def without(document: dict, name: str) -> dict:
    """The document without one field."""
    return {other: value for other, value in document.items() if other != name}
