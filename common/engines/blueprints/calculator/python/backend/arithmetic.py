"""Exact arithmetic with fractions, and the limits on their size."""
from __future__ import annotations

from fractions import Fraction

from backend.tokens import CalculationError

MAX_BITS = 4096
MAX_EXPONENT = 1000
PRECISION = 15


def read_number(text: str, position: int) -> Fraction:
    """Return the value of a number such as 12, .5 or 1.5e3."""
    exponent = text.lower().partition("e")[2]
    if exponent and abs(int(exponent)) > MAX_EXPONENT:
        raise CalculationError("Exponent out of range", position)
    return check_size(Fraction(text), position)


def check_size(value: Fraction, position: int) -> Fraction:
    """Return the value, or refuse one that has grown too long to work with."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise CalculationError("The result is too large", position)
    return value


def divide(left: Fraction, right: Fraction, position: int) -> Fraction:
    """Return left / right."""
    if right == 0:
        raise CalculationError("Division by zero", position)
    return check_size(left / right, position)


def power(base: Fraction, exponent: Fraction, position: int) -> Fraction:
    """Return base ^ exponent: exact for whole exponents, otherwise to 15 digits."""
    if base == 0 and exponent < 0:
        raise CalculationError("Division by zero", position)
    if exponent.denominator == 1:
        return whole_power(base, exponent.numerator, position)
    if base < 0:
        raise CalculationError("A negative number has no fractional power", position)
    return fractional_power(base, exponent, position)


def whole_power(base: Fraction, exponent: int, position: int) -> Fraction:
    """Multiply the base by itself, after a look at how long the result will be."""
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if (bits - 1) * abs(exponent) > MAX_BITS:
        raise CalculationError("The result is too large", position)
    return check_size(base ** exponent, position)


def fractional_power(base: Fraction, exponent: Fraction, position: int) -> Fraction:
    """Return a root or another irrational power, rounded to 15 digits."""
    try:
        result = float(base) ** float(exponent)
    except (OverflowError, ZeroDivisionError):
        raise CalculationError("The result is too large", position) from None
    return Fraction(f"{result:.{PRECISION}g}")
