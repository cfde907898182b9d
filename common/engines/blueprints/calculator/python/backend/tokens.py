"""Splits an expression into numbers, operators and parentheses."""
from __future__ import annotations

import re
from typing import NamedTuple

MAX_LENGTH = 200

NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
SYMBOLS = {
    "+": "+", "-": "-", "*": "*", "/": "/", "^": "^", "%": "%", "(": "(", ")": ")",
    "\u00d7": "*", "\u00f7": "/", "\u2212": "-",
}


class CalculationError(ValueError):
    """An expression has no result; the position counts characters from 1."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} at position {position}")
        self.position = position


class Token(NamedTuple):
    """One piece of an expression; the kind is "number", "end" or the symbol itself."""

    kind: str
    text: str
    position: int


def tokenize(expression: str) -> list[Token]:
    """Return the tokens of the expression, with an "end" token as the last one."""
    if len(expression) > MAX_LENGTH:
        raise CalculationError(f"More than {MAX_LENGTH} characters", MAX_LENGTH + 1)
    tokens = []
    index = 0
    while index < len(expression):
        if expression[index].isspace():
            index += 1
            continue
        token = read_token(expression, index)
        tokens.append(token)
        index += len(token.text)
    tokens.append(Token("end", "", len(expression) + 1))
    return tokens


def read_token(expression: str, index: int) -> Token:
    """Return the token that starts at the index."""
    number = NUMBER.match(expression, index)
    if number:
        return Token("number", number.group(), index + 1)
    character = expression[index]
    if character in SYMBOLS:
        return Token(SYMBOLS[character], character, index + 1)
    raise CalculationError(f'Unexpected "{character}"', index + 1)
