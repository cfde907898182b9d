"""Two example records for the tests."""

import json

COLLECTION = "/api/<< entity.plural >>"

# Two records that differ in every field.
EXAMPLE = {
<% for f in fields %>
    "<< f.name >>": <% if f.type == "boolean" %><% if f.example %>True<% else %>False<% endif %><% else %><< f.example | tojson >><% endif %>,
<% endfor %>
}
OTHER = {
<% for f in fields %>
    "<< f.name >>": <% if f.type == "boolean" %><% if f.other %>True<% else %>False<% endif %><% else %><< f.other | tojson >><% endif %>,
<% endfor %>
}


def as_text(value: object) -> str:
    """A value as the query of a list writes it."""
    return value if isinstance(value, str) else json.dumps(value)
