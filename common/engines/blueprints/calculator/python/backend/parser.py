"""Calculates an expression by recursive descent; no text is ever run as code.

The grammar, loosest first:
    sum     = product { ("+" | "-") product }
    product = signed { ("*" | "/") signed }
    signed  = ("+" | "-") signed | power
    power   = percent [ "^" signed ]
    percent = single { "%" }
    single  = number | "(" sum ")"
"""
from __future__ import annotations

from fractions import Fraction

from backend import arithmetic
from backend.formatting import format_number
from backend.tokens import CalculationError, Token, tokenize

MAX_DEPTH = 50


def calculate(expression: str) -> str:
    """Return the result of the expression as text."""
    return format_number(Parser(tokenize(expression)).parse())


class Parser:
    """Reads tokens from left to right and calculates on the way."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0

    def parse(self) -> Fraction:
        """Return the value of all tokens together."""
        value = self.read_sum()
        token = self.current()
        if token.kind == ")":
            raise CalculationError('Unexpected ")"', token.position)
        if token.kind != "end":
            raise CalculationError(f'An operator is missing before "{token.text}"', token.position)
        return value

    def current(self) -> Token:
        """Return the token that comes next, without taking it."""
        return self.tokens[self.index]

    def take(self) -> Token:
        """Return the next token and move past it."""
        token = self.current()
        self.index += 1
        return token

    def read_sum(self) -> Fraction:
        """Read additions and subtractions."""
        value = self.read_product()
        while self.current().kind in ("+", "-"):
            operator = self.take()
            right = self.read_product()
            value = value + right if operator.kind == "+" else value - right
            arithmetic.check_size(value, operator.position)
        return value

    def read_product(self) -> Fraction:
        """Read multiplications and divisions."""
        value = self.read_signed()
        while self.current().kind in ("*", "/"):
            operator = self.take()
            right = self.read_signed()
            if operator.kind == "/":
                value = arithmetic.divide(value, right, operator.position)
            else:
                value = arithmetic.check_size(value * right, operator.position)
        return value

    def read_signed(self) -> Fraction:
        """Read any signs and what they stand before."""
        token = self.current()
        if token.kind not in ("+", "-"):
            return self.read_power()
        self.enter(self.take())
        value = self.read_signed()
        self.depth -= 1
        return -value if token.kind == "-" else value

    def read_power(self) -> Fraction:
        """Read a power; 2^3^2 is 2^(3^2)."""
        base = self.read_percent()
        if self.current().kind != "^":
            return base
        operator = self.take()
        self.enter(operator)
        exponent = self.read_signed()
        self.depth -= 1
        return arithmetic.power(base, exponent, operator.position)

    def read_percent(self) -> Fraction:
        """Read a value and the percent signs after it."""
        value = self.read_single()
        while self.current().kind == "%":
            value = arithmetic.divide(value, Fraction(100), self.take().position)
        return value

    def read_single(self) -> Fraction:
        """Read a number or an expression in parentheses."""
        token = self.take()
        if token.kind == "number":
            return arithmetic.read_number(token.text, token.position)
        if token.kind == "(":
            return self.read_group(token)
        if token.kind == "end":
            raise CalculationError("A number is missing", token.position)
        raise CalculationError(f'A number is missing before "{token.text}"', token.position)

    def read_group(self, opening: Token) -> Fraction:
        """Read what stands between parentheses."""
        self.enter(opening)
        value = self.read_sum()
        self.depth -= 1
        if self.current().kind == "end":
            raise CalculationError('No ")" for the "("', opening.position)
        if self.current().kind != ")":
            token = self.current()
            raise CalculationError(f'An operator is missing before "{token.text}"', token.position)
        self.take()
        return value

    def enter(self, token: Token) -> None:
        """Go one level deeper, down to the limit."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CalculationError(f"More than {MAX_DEPTH} levels", token.position)
