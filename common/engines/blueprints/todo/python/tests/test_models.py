"""The rules for the fields of a todo."""

import unittest
from datetime import date

from backend.errors import InvalidField
from backend.models import Todo, clean_changes, clean_due, clean_filter, clean_new, clean_title


class TitleTest(unittest.TestCase):
    def test_white_space_is_tidied(self):
        self.assertEqual(clean_title("  Buy \n  milk "), "Buy milk")

    def test_200_characters_are_allowed_and_201_are_not(self):
        self.assertEqual(clean_title("é" * 200), "é" * 200)
        with self.assertRaisesRegex(InvalidField, "title must be at most 200 characters"):
            clean_title("é" * 201)

    def test_what_is_not_a_title_is_refused(self):
        for value in (None, "", " \t ", 7, ["a"], "\ud800"):
            with self.subTest(value=ascii(value)), self.assertRaisesRegex(InvalidField, "^title "):
                clean_title(value)


class DueTest(unittest.TestCase):
    def test_a_date_is_kept_and_nothing_means_no_date(self):
        self.assertEqual(clean_due("2024-02-29"), "2024-02-29")
        self.assertIsNone(clean_due(""))
        self.assertIsNone(clean_due(None))

    def test_what_is_not_a_date_is_refused(self):
        for value in ("2023-02-29", "20240517", "17/05/2024", "tomorrow", 20240517):
            with self.subTest(value=value), self.assertRaisesRegex(InvalidField, "^due "):
                clean_due(value)


class FieldsTest(unittest.TestCase):
    def test_a_new_todo_needs_only_a_title(self):
        self.assertEqual(clean_new({"title": "Walk"}), {"title": "Walk", "due": None})

    def test_changes_hold_only_what_was_sent(self):
        self.assertEqual(clean_changes({"done": True}), {"done": True})

    def test_a_field_that_is_not_known_is_named(self):
        with self.assertRaisesRegex(InvalidField, "'priority' is not a field"):
            clean_changes({"priority": 1})
        with self.assertRaisesRegex(InvalidField, "'done' is not a field"):
            clean_new({"title": "Walk", "done": True})

    def test_done_is_true_or_false_only(self):
        with self.assertRaisesRegex(InvalidField, "done must be true or false"):
            clean_changes({"done": "yes"})

    def test_only_the_three_filters_exist(self):
        self.assertEqual(clean_filter("done"), "done")
        with self.assertRaisesRegex(InvalidField, "filter must be one of all, open, done"):
            clean_filter("late")


class OverdueTest(unittest.TestCase):
    def test_an_open_todo_is_overdue_from_the_day_after(self):
        todo = Todo(1, "Walk", False, "2024-05-17", "2024-05-01T08:00:00Z")
        self.assertFalse(todo.is_overdue(date(2024, 5, 17)))
        self.assertTrue(todo.is_overdue(date(2024, 5, 18)))

    def test_a_done_todo_is_never_overdue(self):
        todo = Todo(1, "Walk", True, "2024-05-17", "2024-05-01T08:00:00Z")
        self.assertFalse(todo.is_overdue(date(2024, 5, 18)))
