"""Tests of tokens, grammar, arithmetic and number formatting."""
import unittest

from backend.parser import calculate
from backend.tokens import CalculationError


class CalculationTest(unittest.TestCase):
    """What expressions come to."""

    def check(self, cases):
        for expression, expected in cases.items():
            with self.subTest(expression=expression):
                self.assertEqual(calculate(expression), expected)

    def test_the_four_operations(self):
        self.check({"1+2": "3", "7 - 10": "-3", "6*7": "42", "9/4": "2.25"})

    def test_products_come_before_sums_and_go_from_left_to_right(self):
        self.check({"7 - 2 * 3": "1", "2 + 12 / 4": "5", "10 - 3 - 2": "5", "100 / 10 / 2": "5"})

    def test_parentheses_come_first(self):
        self.check({"(7 - 2) * 3": "15", "((2))": "2", "2*(3+(4-1))": "12"})

    def test_signs_stand_before_numbers_parentheses_and_signs(self):
        self.check({"-5 + 2": "-3", "--5": "5", "-(2+3)": "-5", "4*-2": "-8", "+3": "3"})

    def test_powers_go_from_right_to_left_and_before_signs(self):
        self.check({"2^10": "1024", "2^3^2": "512", "-2^2": "-4", "(-2)^2": "4", "2^-1": "0.5", "0^0": "1"})

    def test_fractional_powers_are_roots(self):
        self.check({"9^0.5": "3", "2^0.5": "1.4142135623731", "64^(1/3)": "4", "0^0.5": "0"})

    def test_percent_divides_by_one_hundred(self):
        self.check({"50%": "0.5", "200 * 5%": "10", "(20+30)%": "0.5", "100%%": "0.01", "50%^2": "0.25"})

    def test_decimals_are_exact(self):
        self.check({"0.1 + 0.2": "0.3", ".5 + 5.": "5.5", "1.10 * 3": "3.3", "1 / 3 * 3": "1"})

    def test_results_are_rounded_to_fifteen_digits(self):
        self.check({"1/3": "0.333333333333333", "2/3": "0.666666666666667", "-2/3": "-0.666666666666667"})

    def test_very_large_and_very_small_results(self):
        self.check({
            "10^20": "100000000000000000000", "1.5e3": "1500", "10^40 / 3": "3.33333333333333e39",
            "1 / 10^9": "1e-9", "2e-3": "0.002", "10^400 / 10^399": "10", "999999999999999.9 + 0": "1e15",
        })

    def test_typographic_operators(self):
        self.check({"6 × 7": "42", "9 ÷ 3": "3", "5 − 8": "-3"})


class ErrorTest(unittest.TestCase):
    """What has no result, and where."""

    def check(self, cases):
        for expression, expected in cases.items():
            with self.subTest(expression=expression):
                with self.assertRaises(CalculationError) as caught:
                    calculate(expression)
                self.assertEqual(str(caught.exception), expected)

    def test_division_by_zero_names_the_operator(self):
        self.check({
            "8 / 0": "Division by zero at position 3",
            "1/(2-2)": "Division by zero at position 2",
            "0^-1": "Division by zero at position 2",
        })

    def test_bad_syntax_names_the_position(self):
        self.check({
            "": "A number is missing at position 1",
            "2 +": "A number is missing at position 4",
            "2 * / 3": 'A number is missing before "/" at position 5',
            "2 3": 'An operator is missing before "3" at position 3',
            "1.2.3": 'An operator is missing before ".3" at position 4',
            "(1 + 2": 'No ")" for the "(" at position 1',
            "1 + 2)": 'Unexpected ")" at position 6',
            "()": 'A number is missing before ")" at position 2',
            "2 + x": 'Unexpected "x" at position 5',
        })

    def test_code_is_never_run(self):
        self.check({"__import__('os')": 'Unexpected "_" at position 1'})

    def test_roots_of_negative_numbers(self):
        self.check({"(-4)^0.5": "A negative number has no fractional power at position 5"})

    def test_the_length_is_limited(self):
        self.assertEqual(calculate("1" + "+1" * 99), "100")
        self.check({"1" * 201: "More than 200 characters at position 201"})

    def test_the_depth_is_limited(self):
        self.assertEqual(calculate("(" * 50 + "1" + ")" * 50), "1")
        self.check({
            "(" * 51 + "1" + ")" * 51: "More than 50 levels at position 51",
            "-" * 51 + "1": "More than 50 levels at position 51",
        })

    def test_the_size_of_results_is_limited(self):
        self.check({
            "9^9^9": "The result is too large at position 2",
            "10^1000 * 10^1000": "The result is too large at position 9",
            "2^-99999": "The result is too large at position 2",
            "1e9999": "Exponent out of range at position 1",
        })


if __name__ == "__main__":
    unittest.main()
