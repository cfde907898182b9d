"""The HTML of the list, of one note and of the form."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlencode

from backend import APP_NAME
from backend.layout import page
from backend.models import MAX_BODY, MAX_TITLE, Note
from backend.search import MAX_QUERY, excerpt, split_matches
from backend.tags import TAG

MONTHS = (
    "January February March April May June July "
    "August September October November December"
).split()


@dataclass(frozen=True)
class View:
    """What a visitor looks for: the typed query, its words and a tag."""

    query: str = ""
    words: list = field(default_factory=list)
    tag: str = ""

    def address(self, path: str, **changes) -> str:
        """A link to the path that keeps the search. For use in an attribute."""
        values = {"q": self.query, "tag": self.tag, **changes}
        query = urlencode({name: value for name, value in values.items() if value})
        return escape(f"{path}?{query}" if query else path)


def list_page(notes, tags, view: View) -> str:
    """The page with the notes that were found. `tags` has (tag, count) pairs."""
    return page(
        APP_NAME,
        f"""<main class="page">
<header class="top">
<h1>{escape(APP_NAME)}</h1>
<a class="button" href="/notes/new">New note</a>
</header>
{search_form(view)}
<div id="tags" data-region>{tag_links(tags, view)}</div>
<p class="summary" id="summary" data-region aria-live="polite">{summary(len(notes), view)}</p>
<div id="notes" data-region>{note_list(notes, view)}</div>
</main>""",
    )


def note_page(note: Note, view: View) -> str:
    """One whole note."""
    return page(
        note.title,
        f"""<main class="page narrow">
<nav aria-label="Back"><a class="back" href="{view.address('/')}">All notes</a></nav>
<article class="card note full">
<h1>{marked(note.title, view.words)}</h1>
<p class="meta">{dates(note)}</p>
<div class="body">{rich_text(note.body, view.words)}</div>
</article>
<div class="actions">
<a class="button" href="/notes/{note.id}/edit">Edit</a>
<form method="post" action="/notes/{note.id}/delete" data-confirm="Delete this note?">
<button class="button quiet" type="submit">Delete</button>
</form>
</div>
</main>""",
    )


def new_page(draft=None, problem="") -> str:
    draft = draft or {"title": "", "body": ""}
    return form_page("New note", "/notes", "/", draft, problem)


def edit_page(note: Note, draft=None, problem="") -> str:
    draft = draft or {"title": note.title, "body": note.body}
    return form_page("Edit note", f"/notes/{note.id}", f"/notes/{note.id}", draft, problem)


def form_page(heading: str, action: str, cancel: str, draft: dict, problem: str) -> str:
    return page(
        heading,
        f"""<main class="page narrow">
<h1>{heading}</h1>
<form class="card stack" method="post" action="{action}">
{problem_text(problem)}
<div class="field">
<label for="title">Title</label>
<input id="title" name="title" value="{escape(draft['title'])}" maxlength="{MAX_TITLE}" required>
</div>
<div class="field">
<label for="body">Text</label>
<textarea id="body" name="body" rows="12" maxlength="{MAX_BODY}" aria-describedby="hint">
{escape(draft['body'])}</textarea>
<p class="hint" id="hint">Write #home or #work anywhere to tag the note.</p>
</div>
<div class="actions">
<button class="button" type="submit">Save</button>
<a class="button quiet" href="{cancel}">Cancel</a>
</div>
</form>
</main>""",
    )


def search_form(view: View) -> str:
    tag = f'<input type="hidden" name="tag" value="{escape(view.tag)}">' if view.tag else ""
    return f"""<form class="search" id="search" role="search" method="get" action="/">
<label for="q">Search</label>
<div class="row">
<input id="q" name="q" type="search" value="{escape(view.query)}" maxlength="{MAX_QUERY}" autocomplete="off">
{tag}<button class="button quiet" type="submit">Search</button>
</div>
</form>"""


def tag_links(tags, view: View) -> str:
    """Links that choose a tag. The chosen one is there even if nothing has it."""
    counts = dict(tags)
    if view.tag:
        counts.setdefault(view.tag, 0)
    if not counts:
        return ""
    links = [tag_choice("All", view.address("/", tag=""), not view.tag)]
    links += [
        tag_choice(
            f'#{escape(tag)} <span class="count">{count}</span>',
            view.address("/", tag=tag),
            tag == view.tag,
        )
        for tag, count in sorted(counts.items())
    ]
    return f'<nav aria-label="Tags"><ul class="tags">{"".join(links)}</ul></nav>'


def tag_choice(label: str, address: str, chosen: bool) -> str:
    current = ' aria-current="page"' if chosen else ""
    return f'<li><a href="{address}"{current}>{label}</a></li>'


def summary(count: int, view: View) -> str:
    """How many notes were found, in words."""
    text = {0: "No notes", 1: "1 note"}.get(count, f"{count} notes")
    if view.words:
        text += f" with {' '.join(view.words)}"
    if view.tag:
        text += f" tagged #{view.tag}"
    return escape(text)


def note_list(notes, view: View) -> str:
    if notes:
        items = "\n".join(note_item(note, view) for note in notes)
        return f'<ul class="notes">\n{items}\n</ul>'
    if view.words or view.tag:
        return '<p class="empty">Nothing matches. <a href="/">Show all notes</a></p>'
    return '<p class="empty">Nothing here yet. <a href="/notes/new">Write the first note</a></p>'


def note_item(note: Note, view: View) -> str:
    text = excerpt(note.body, view.words)
    return f"""<li class="card note">
<h2><a href="{view.address(f'/notes/{note.id}')}">{marked(note.title, view.words)}</a></h2>
<p class="excerpt">{marked(text, view.words)}</p>
<p class="meta">{moment(note.created_at)}{''.join(tag_link(tag, f'#{escape(tag)}') for tag in note.tags)}</p>
</li>"""


def rich_text(text: str, words) -> str:
    """A text with its tags as links and the words that were searched for marked."""
    html = []
    position = 0
    for match in TAG.finditer(text):
        html.append(marked(text[position:match.start()], words))
        html.append(tag_link(match.group(1).lower(), marked(match.group(), words)))
        position = match.end()
    return "".join(html) + marked(text[position:], words)


def marked(text: str, words) -> str:
    return "".join(
        f"<mark>{escape(piece)}</mark>" if is_match else escape(piece)
        for piece, is_match in split_matches(text, words)
    )


def tag_link(tag: str, label: str) -> str:
    return f'<a class="tag" href="{View(tag=tag).address("/")}">{label}</a>'


def dates(note: Note) -> str:
    written = f"Written {moment(note.created_at)}"
    if note.updated_at == note.created_at:
        return written
    return f"{written}, changed {moment(note.updated_at)}"


def moment(stamp: str) -> str:
    """A time such as 2024-05-17T12:00:00Z in words."""
    year, month, day = stamp[:10].split("-")
    text = f"{int(day)} {MONTHS[int(month) - 1]} {year}, {stamp[11:16]} UTC"
    return f'<time datetime="{stamp}">{text}</time>'


def problem_text(problem: str) -> str:
    if not problem:
        return ""
    sentence = problem[:1].upper() + problem[1:]
    return f'<p class="problem" role="alert">{escape(sentence)}.</p>'
