"""Tests of the history."""
import unittest

from backend.history import History


class HistoryTest(unittest.TestCase):
    """What is remembered."""

    def test_the_newest_calculation_comes_first(self):
        history = History()
        history.add("1+1", "2")
        history.add("2+2", "4")
        self.assertEqual([entry.expression for entry in history.list()], ["2+2", "1+1"])

    def test_only_the_last_twenty_are_kept(self):
        history = History()
        for number in range(25):
            history.add(str(number), str(number))
        kept = [entry.expression for entry in history.list()]
        self.assertEqual(kept, [str(number) for number in range(24, 4, -1)])

    def test_a_calculation_is_found_by_its_number_until_it_is_forgotten(self):
        history = History()
        added = history.add("1+1", "2")
        self.assertEqual(history.find(str(added.id)), added)
        history.clear()
        self.assertIsNone(history.find(str(added.id)))

    def test_numbers_are_not_used_twice_after_clearing(self):
        history = History()
        first = history.add("1", "1")
        history.clear()
        self.assertNotEqual(history.add("2", "2").id, first.id)


if __name__ == "__main__":
    unittest.main()
