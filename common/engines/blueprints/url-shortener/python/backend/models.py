"""What the application is about: a link, and the error for input that cannot become one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A short code, the address it leads to and how often it was followed."""

    code: str
    url: str
    hits: int
    created_at: str


class InputError(ValueError):
    """A field of the input is wrong; the message says how."""

    def __init__(self, field: str, problem: str):
        super().__init__(f"{field} {problem}")
        self.field = field
