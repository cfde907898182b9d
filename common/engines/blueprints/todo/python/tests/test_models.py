"""The rules for the fields of a todo."""

import unittest
from datetime import date

from backend.errors import InvalidField
from backend.models import Todo, clean_changes, clean_due, clean_filter, clean_new, clean_title


class FieldsTest(unittest.TestCase):
    def test_a_title_is_tidied_and_may_have_200_characters(self):
        self.assertEqual(clean_title("  Buy \n  milk "), "Buy milk")
        self.assertEqual(clean_title("é" * 200), "é" * 200)
        with self.assertRaisesRegex(InvalidField, "title must be at most 200 characters"):
            clean_title("é" * 201)

    def test_what_is_not_a_title_is_refused(self):
        for value in (None, "", " \t ", 7, ["a"], "\ud800"):
            with self.subTest(value=ascii(value)), self.assertRaisesRegex(InvalidField, "^title "):
                clean_title(value)

    def test_a_due_date_is_a_real_day_or_nothing(self):
        self.assertEqual(clean_due("2024-02-29"), "2024-02-29")
        self.assertIsNone(clean_due(""))
        self.assertIsNone(clean_due(None))
        for value in ("2023-02-29", "20240517", "17/05/2024", "tomorrow", 20240517):
            with self.subTest(value=value), self.assertRaisesRegex(InvalidField, "^due "):
                clean_due(value)

    def test_a_new_todo_needs_a_title_and_a_change_only_what_it_changes(self):
        self.assertEqual(clean_new({"title": "Walk"}), {"title": "Walk", "due": None})
        self.assertEqual(clean_changes({"done": True}), {"done": True})

    def test_a_field_that_is_not_known_is_named(self):
        with self.assertRaisesRegex(InvalidField, "'priority' is not a field"):
            clean_changes({"priority": 1})
        with self.assertRaisesRegex(InvalidField, "'done' is not a field"):
            clean_new({"title": "Walk", "done": True})

    def test_done_and_filter_take_their_own_values_only(self):
        self.assertEqual(clean_filter("done"), "done")
        with self.assertRaisesRegex(InvalidField, "done must be true or false"):
            clean_changes({"done": "yes"})
        with self.assertRaisesRegex(InvalidField, "filter must be one of all, open, done"):
            clean_filter("late")


class OverdueTest(unittest.TestCase):
    def test_only_an_open_todo_is_overdue_and_only_from_the_day_after(self):
        todo = Todo(1, "Walk", False, "2024-05-17", "2024-05-01T08:00:00Z")
        done = Todo(2, "Walk", True, "2024-05-17", "2024-05-01T08:00:00Z")
        self.assertFalse(todo.is_overdue(date(2024, 5, 17)))
        self.assertTrue(todo.is_overdue(date(2024, 5, 18)))
        self.assertFalse(done.is_overdue(date(2024, 5, 18)))
