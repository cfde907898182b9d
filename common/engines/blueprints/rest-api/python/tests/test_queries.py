"""Tests of reading the query of a list."""

import unittest

from backend.queries import PARAMETERS, Query, QueryError, parse
from tests.examples import EXAMPLE, as_text


class QueryTests(unittest.TestCase):
    def test_page_and_order_are_read_and_have_defaults(self):
        self.assertEqual(parse({}), Query(limit=20, offset=0, sort="id", descending=False, filters={}))
        query = parse({"limit": "100", "offset": "40", "sort": "-created_at"})
        self.assertEqual((query.limit, query.offset), (100, 40))
        self.assertEqual((query.sort, query.descending), ("created_at", True))

    def test_filters_are_read_by_the_kind_of_their_field(self):
        for name, value in EXAMPLE.items():
            with self.subTest(name):
                self.assertEqual(parse({PARAMETERS[name]: as_text(value)}).filters, {name: value})

    def test_wrong_parameters_are_named(self):
        for name, text in (
            ("limit", "0"),
            ("limit", "101"),
            ("limit", "ten"),
            ("offset", "-1"),
            ("offset", ""),
            ("sort", "no-such-field"),
            ("sort", "--id"),
            ("sort", 'id" DESC; --'),
            ("no-such-field", "1"),
        ):
            with self.subTest(f"{name}={text}"):
                with self.assertRaisesRegex(QueryError, f"^{name} "):
                    parse({name: text})
