"""Writes a fraction as a decimal number that people can read."""
from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

SIGNIFICANT_DIGITS = 15
LONGEST_WHOLE_NUMBER = 30
ROUNDING = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_UP, Emax=999999, Emin=-999999)


def format_number(value: Fraction) -> str:
    """Return whole numbers in full, others rounded to 15 significant digits."""
    if value.denominator == 1 and len(str(abs(value.numerator))) <= LONGEST_WHOLE_NUMBER:
        return str(value.numerator)
    rounded = ROUNDING.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(ROUNDING)
    if -7 <= rounded.adjusted() < SIGNIFICANT_DIGITS:
        return format(rounded, "f")
    return format(rounded, "e").replace("e+", "e")
