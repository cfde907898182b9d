<% set keywords = ["and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield"] %>
<% set types = {"text": "str", "integer": "int", "number": "float", "boolean": "bool", "date": "str"} %>
<% set thing = entity.singular | replace("_", " ") %>
"""What the API is about: the << entity.class >> record and its fields."""

from __future__ import annotations

from dataclasses import dataclass

from backend import kinds


@dataclass(frozen=True)
class << entity.class >>:
    """One stored << thing >>."""

    id: int
<% for f in fields %>
    << f.name >><% if f.name in keywords %>_<% endif %>: << types[f.type] >><% if not f.required %> | None<% endif %>

<% endfor %>
    created_at: str
    updated_at: str


# What clients may send, in the order in which the page and the documents show it.
FIELDS = (
<% for f in fields %>
    kinds.Field("<< f.name >>", "<< f.label >>", "<< f.type >>", <% if f.required %>True<% else %>False<% endif %>, <% if f.type == "boolean" %><% if f.example %>True<% else %>False<% endif %><% else %><< f.example | tojson >><% endif %>),
<% endfor %>
)


def to_json(record: << entity.class >>) -> dict:
    """Return the record as the API shows it."""
    return {
        "id": record.id,
<% for f in fields %>
        "<< f.name >>": record.<< f.name >><% if f.name in keywords %>_<% endif %>,
<% endfor %>
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }
