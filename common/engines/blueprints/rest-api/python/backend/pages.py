<% set things = entity.plural | replace("_", " ") %>
<% set thing = entity.singular | replace("_", " ") %>
"""The HTML page: the stored << things >> and how to use the API. All values pass through `escape`."""

import json
from dataclasses import dataclass
from html import escape
from typing import Dict, List, Mapping
from urllib.parse import urlencode

from backend import kinds, models
from backend.kinds import Field
from backend.queries import PARAMETERS, SORTABLE, Query

COLLECTION = "/api/<< entity.plural >>"
ENDPOINTS = (
    ("GET", COLLECTION, "List << things >>: page with limit and offset, sort, filter by any field"),
    ("POST", COLLECTION, "Create one << thing >>"),
    ("GET", COLLECTION + "/{id}", "Read one << thing >>"),
    ("PUT", COLLECTION + "/{id}", "Replace one << thing >>; fields that are left out become null"),
    ("PATCH", COLLECTION + "/{id}", "Change some fields of one << thing >>"),
    ("DELETE", COLLECTION + "/{id}", "Delete one << thing >>"),
    ("GET", "/openapi.json", "This API as an OpenAPI 3.1 document"),
    ("GET", "/healthz", "Tell that the server works"),
)


@dataclass(frozen=True)
class View:
    """All that the page shows."""

    base_url: str
    records: List[models.<< entity.class >>]
    total: int
    query: Query
    parameters: Mapping[str, str]
    problem: str


def home_page(view: View) -> str:
    """The page with the records and the documentation."""
    return layout(
        "<< name >>",
        f"""
    <section aria-labelledby="records-title">
      <div class="section-head">
        <h2 id="records-title"><< things | capitalize >></h2>
        <p class="quiet" role="status">{counted(view.total)}</p>
      </div>
      {problem_text(view.problem)}
      {filter_form(view)}
      {record_table(view)}
      {page_links(view)}
    </section>
    <section aria-labelledby="endpoints-title">
      <h2 id="endpoints-title">Endpoints</h2>
      <ul class="endpoints card">{"".join(endpoint(*item) for item in ENDPOINTS)}
      </ul>
    </section>
    <section aria-labelledby="fields-title">
      <h2 id="fields-title">Fields</h2>
      <dl class="fields card">{"".join(field_text(field) for field in models.FIELDS)}
      </dl>
      <p class="quiet">The server adds <code>id</code>, <code>created_at</code> and <code>updated_at</code>.</p>
    </section>
    <section aria-labelledby="examples-title">
      <h2 id="examples-title">Examples</h2>
      {"".join(examples(view.base_url))}
    </section>""",
    )


def error_page(status: int, message: str) -> str:
    """A page for people who followed a wrong link."""
    title = "Page not found" if status == 404 else "That did not work"
    sentence = escape(message[:1].upper() + message[1:])
    return layout(
        f"{title} - << name >>",
        f"""
    <section class="card message">
      <p class="status-code">{status}</p>
      <h2>{title}</h2>
      <p>{sentence}.</p>
      <p><a class="button" href="/">Back to the start</a></p>
    </section>""",
    )


def layout(title: str, content: str) -> str:
    """The frame of every page."""
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{title}</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/style.css">
  <script src="/static/copy.js" defer></script>
</head>
<body>
  <header class="site">
    <h1><a href="/"><img src="/static/icon.svg" alt="" width="32" height="32"><< name >></a></h1>
    <p class="quiet">A REST API for << things >>. <a href="/openapi.json">OpenAPI document</a></p>
  </header>
  <main>{content}
  </main>
</body>
</html>
"""


def problem_text(problem: str) -> str:
    """What is wrong with the query of the page."""
    return f'<p class="error card" role="alert">{escape(problem)}</p>' if problem else ""


def filter_form(view: View) -> str:
    """The form that filters and sorts; it is a plain GET of this page."""
    inputs = "".join(filter_input(field, view.parameters) for field in models.FIELDS)
    names = [sign + name for name in SORTABLE for sign in ("", "-")]
    current = ("-" if view.query.descending else "") + view.query.sort
    options = "".join(option(name, sort_label(name), current) for name in names)
    opened = " open" if view.query.filters or view.problem else ""
    return f"""<details class="filters card"{opened}>
        <summary>Filter and sort</summary>
        <form method="get" action="/">{inputs}
          <div class="field">
            <label for="sort">Sort by</label>
            <select id="sort" name="sort">{options}</select>
          </div>
          <p class="actions"><button class="button" type="submit">Show</button>
            <a class="button subtle" href="/">Reset</a></p>
        </form>
      </details>"""


def filter_input(field: Field, parameters: Mapping[str, str]) -> str:
    """The labelled input that filters by one field."""
    name = PARAMETERS[field.name]
    value = parameters.get(name, "")
    if field.kind == "boolean":
        choices = (("", "Any"), ("true", "Yes"), ("false", "No"))
        options = "".join(option(choice, text, value) for choice, text in choices)
        control = f'<select id="{name}" name="{name}">{options}</select>'
    else:
        kind = {"date": "date", "text": "text"}.get(field.kind, "number")
        step = {"integer": ' step="1"', "number": ' step="any"'}.get(field.kind, "")
        control = f'<input id="{name}" name="{name}" type="{kind}"{step} value="{escape(value)}">'
    return f"""
          <div class="field">
            <label for="{name}">{escape(field.label)}</label>
            {control}
          </div>"""


def option(value: str, text: str, current: str) -> str:
    """One choice of a list."""
    selected = " selected" if value == current else ""
    return f'<option value="{value}"{selected}>{escape(text)}</option>'


def sort_label(name: str) -> str:
    """How the sort list calls an order."""
    return f"{label(name.lstrip('-'))}, descending" if name.startswith("-") else label(name)


def label(name: str) -> str:
    """How the page calls a field."""
    labels = {"id": "Id", "created_at": "Created", "updated_at": "Updated"}
    labels.update((field.name, field.label) for field in models.FIELDS)
    return labels[name]


def record_table(view: View) -> str:
    """The records, or a friendly sentence when there are none."""
    if not view.records:
        return empty_text(view)
    names = ("id", *(field.name for field in models.FIELDS))
    heads = "".join(column_head(name, view) for name in names)
    rows = "".join(table_row(models.to_json(record), names) for record in view.records)
    return f"""<div class="table card" role="region" aria-labelledby="records-title" tabindex="0">
        <table>
          <thead><tr>{heads}</tr></thead>
          <tbody>{rows}
          </tbody>
        </table>
      </div>"""


def empty_text(view: View) -> str:
    """What stands in place of an empty table."""
    if view.query.filters or view.query.offset:
        title, hint = "Nothing matches", '<a href="/">Show all << things >></a>'
    else:
        title, hint = "No << things >> yet", "Create the first one with the example below."
    return f"""<div class="empty">
        <p><strong>{title}</strong></p>
        <p>{hint}</p>
      </div>"""


def column_head(name: str, view: View) -> str:
    """The head of one column; it sorts by the column, and again to reverse the order."""
    sorted_by = view.query.sort == name
    target = f"-{name}" if sorted_by and not view.query.descending else name
    order = f' aria-sort="{"descending" if view.query.descending else "ascending"}"'
    return (
        f'<th scope="col"{order if sorted_by else ""}>'
        f'<a href="{link(view.parameters, sort=target, offset="0")}">{escape(label(name))}</a></th>'
    )


def table_row(document: Dict[str, object], names: List[str]) -> str:
    """One record; the id leads to its JSON."""
    cells = "".join(
        f'<td data-label="{escape(label(name))}">{cell(name, document[name])}</td>' for name in names
    )
    return f"\n            <tr>{cells}</tr>"


def cell(name: str, value: object) -> str:
    """One value of a record."""
    if name == "id":
        return f'<a href="{COLLECTION}/{value}">{value}</a>'
    if value is None:
        return '<span class="quiet">–</span>'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(int(value) if value.is_integer() and abs(value) < 1e15 else value)
    return escape(str(value))


def page_links(view: View) -> str:
    """Links to the pages before and after this one."""
    query = view.query
    if query.offset == 0 and view.total <= query.limit:
        return ""
    previous = link(view.parameters, offset=str(max(0, query.offset - query.limit)))
    following = link(view.parameters, offset=str(query.offset + query.limit))
    last = min(query.offset + query.limit, view.total)
    return f"""<nav class="pages" aria-label="Pages">
        {step(previous, "prev", "Previous") if query.offset else "<span></span>"}
        <span class="quiet">{min(query.offset + 1, last)}–{last} of {view.total}</span>
        {step(following, "next", "Next") if last < view.total else "<span></span>"}
      </nav>"""


def step(target: str, relation: str, text: str) -> str:
    """One link of the page navigation."""
    return f'<a class="button subtle" rel="{relation}" href="{target}">{text}</a>'


def link(parameters: Mapping[str, str], **changes: str) -> str:
    """The address of this page with some parameters changed."""
    return escape("/?" + urlencode({**parameters, **changes}))


def endpoint(method: str, path: str, text: str) -> str:
    """One line of the list of endpoints."""
    return f"""
        <li><span class="method">{method}</span> <code>{path}</code> <span>{text}</span></li>"""


def field_text(field: Field) -> str:
    """One entry of the list of fields."""
    required = "Required; " if field.required else ""
    kind = kinds.DESCRIPTIONS[field.kind].removeprefix("must be ")
    example = escape(json.dumps(field.example, ensure_ascii=False))
    return f"""
        <div>
          <dt><code>{field.name}</code></dt>
          <dd>{required}{kind}, for example <code>{example}</code></dd>
        </div>"""


def examples(base_url: str) -> List[str]:
    """Commands that people can copy into a shell."""
    url = base_url + COLLECTION
    content_type = "-H 'Content-Type: application/json'"
    record = shell_json({field.name: field.example for field in models.FIELDS})
    change = shell_json({field.name: field.example for field in models.FIELDS[:1]})
    commands = (
        ("Create one << thing >>", f"curl -i {url} {content_type} -d {record}"),
        ("List the newest five", f"curl '{url}?sort=-id&limit=5'"),
        ("Change one field", f"curl -X PATCH {url}/1 {content_type} -d {change}"),
        ("Delete one << thing >>", f"curl -i -X DELETE {url}/1"),
    )
    return [example(title, command) for title, command in commands]


def shell_json(document: Dict[str, object]) -> str:
    """A JSON document in single quotes for a shell."""
    return "'" + json.dumps(document, ensure_ascii=False).replace("'", "\\u0027") + "'"


def example(title: str, command: str) -> str:
    """One command with its title; the script adds a button that copies it."""
    return f"""
      <div class="example card">
        <h3 data-copy="{escape(command)}">{title}</h3>
        <pre tabindex="0"><code>{escape(command)}</code></pre>
      </div>"""


def counted(total: int) -> str:
    """A number with its noun."""
    return f"{total} << thing >>" if total == 1 else f"{total} << things >>"
