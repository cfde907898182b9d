"""Reads files or standard input as UTF-8 text and writes results."""
from __future__ import annotations

import json
from typing import Any, BinaryIO, NamedTuple, Sequence, TextIO

STANDARD_INPUT = "-"


class InputError(Exception):
    """Something that was to be read cannot be read or understood."""


class Streams(NamedTuple):
    """Where the tool reads from and writes to."""

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO

    def print(self, line: str) -> None:
        """Write one line of results."""
        self.stdout.write(f"{line}\n")

    def print_json(self, value: Any) -> None:
        """Write a result as JSON."""
        self.print(json.dumps(value, ensure_ascii=False, indent=2))

    def complain(self, message: object) -> None:
        """Write one line about an error."""
        self.stderr.write(f"<< slug >>: {message}\n")

    def read(self, name: str) -> str:
        """Return the text of a file, or of standard input for "-"."""
        shown = "standard input" if name == STANDARD_INPUT else name
        try:
            data = self.stdin.read() if name == STANDARD_INPUT else read_file(name)
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError(f"{shown}: is not text in UTF-8") from None
        except OSError as error:
            raise InputError(f"{shown}: {error.strerror}") from None
        except ValueError:
            raise InputError(f"{shown!r}: is not the name of a file") from None


def read_file(name: str) -> bytes:
    """Return the bytes of a file."""
    with open(name, "rb") as file:
        return file.read()


def split_lines(text: str) -> list[str]:
    """Return the lines without their ends; a last line needs no end."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def input_names(names: Sequence[str]) -> Sequence[str]:
    """Return the names to read; without any it is standard input."""
    return names or [STANDARD_INPUT]
