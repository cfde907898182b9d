"""Reads the query of a list: its page, its order and its filters."""

import re
from dataclasses import dataclass, field
from typing import Dict, Mapping

from backend import kinds
from backend.models import FIELDS

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_OFFSET = 10**9
SORTABLE = ("id", *(item.name for item in FIELDS), "created_at", "updated_at")

# The parameter that filters by each field.
PARAMETERS = {
<% for f in fields %>
    "<< f.name >>": "<% if f.name in ["limit", "offset", "sort"] %>filter.<% endif %><< f.name >>",
<% endfor %>
}


class QueryError(ValueError):
    """A parameter is wrong; the message names it."""


@dataclass(frozen=True)
class Query:
    """Which records are wanted, and in which order."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    sort: str = "id"
    descending: bool = False
    filters: Dict[str, object] = field(default_factory=dict)


def parse(parameters: Mapping[str, str]) -> Query:
    """Return the query or raise QueryError."""
    for name in parameters:
        if name not in ("limit", "offset", "sort", *PARAMETERS.values()):
            raise QueryError(f"{name} is not a known parameter")
    sort = parameters.get("sort", "id")
    if sort.lstrip("-") not in SORTABLE or sort.startswith("--"):
        raise QueryError(f"sort must be one of {', '.join(SORTABLE)}, with - in front to reverse it")
    return Query(
        limit=parse_number(parameters, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
        offset=parse_number(parameters, "offset", 0, 0, MAX_OFFSET),
        sort=sort.lstrip("-"),
        descending=sort.startswith("-"),
        filters=parse_filters(parameters),
    )


def parse_number(
    parameters: Mapping[str, str], name: str, default: int, lowest: int, highest: int
) -> int:
    """Return a number within its bounds or raise QueryError."""
    text = parameters.get(name, str(default))
    if not re.fullmatch("[0-9]{1,10}", text) or not lowest <= int(text) <= highest:
        raise QueryError(f"{name} must be a number from {lowest} to {highest}")
    return int(text)


def parse_filters(parameters: Mapping[str, str]) -> Dict[str, object]:
    """Return the value that each filtered field must have, or raise QueryError."""
    filters = {}
    for item in FIELDS:
        parameter = PARAMETERS[item.name]
        if parameter in parameters:
            try:
                filters[item.name] = kinds.parse_text(item, parameters[parameter])
            except kinds.Problem as problem:
                raise QueryError(f"{parameter} {problem}") from None
    return filters
