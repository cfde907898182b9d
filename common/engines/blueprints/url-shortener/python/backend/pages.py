"""The HTML pages. Every value from outside passes through `escape`."""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import List, Optional

from backend.models import Link


@dataclass(frozen=True)
class Entry:
    """What a person typed into the form, and what was wrong with it."""

    url: str = ""
    alias: str = ""
    wrong_field: str = ""
    problem: str = ""


@dataclass(frozen=True)
class View:
    """All that the home page shows."""

    base_url: str
    links: List[Link]
    total: int
    page: int
    last_page: int
    entry: Entry
    created: Optional[Link]
    deleted: str


def home_page(view: View) -> str:
    """The page with the form and the list of links."""
    return layout(
        "<< name >>",
        f"""
    <section class="card" aria-labelledby="form-title">
      <h2 id="form-title">Shorten an address</h2>
      {form(view.entry, view.base_url)}
    </section>
    <div aria-live="polite">{notice(view)}</div>
    <section aria-labelledby="list-title">
      <div class="list-head">
        <h2 id="list-title">Your links</h2>
        <p class="quiet">{plural(view.total, "link")}</p>
      </div>
      {link_list(view)}
      {page_links(view)}
    </section>""",
    )


def error_page(status: int, message: str) -> str:
    """A page for people who followed a wrong link or sent a wrong form."""
    title = "Page not found" if status == 404 else "That did not work"
    sentence = escape(message[:1].upper() + message[1:])
    return layout(
        f"{title} - << name >>",
        f"""
    <section class="card">
      <p class="status-code">{status}</p>
      <h2>{title}</h2>
      <p>{sentence}.</p>
      <p><a class="button" href="/">Back to the start</a></p>
    </section>""",
    )


def layout(title: str, content: str) -> str:
    """The frame of every page. The referrer meta tag lets forms name their own origin."""
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="referrer" content="same-origin">
  <meta name="color-scheme" content="light dark">
  <title>{title}</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/style.css">
  <script src="/static/copy.js" defer></script>
</head>
<body>
  <header class="site">
    <h1><a href="/"><img src="/static/icon.svg" alt="" width="32" height="32"><< name >></a></h1>
    <p class="quiet">Long addresses in, short links out.</p>
  </header>
  <main>{content}
  </main>
</body>
</html>
"""


def form(entry: Entry, base_url: str) -> str:
    """The form that makes a link, with the message of the field that was wrong."""
    return f"""<form method="post" action="/" class="create">
        <div class="field wide">
          <label for="url">Long address</label>
          <input id="url" name="url" type="url" inputmode="url" required maxlength="2048"
            autocomplete="off" placeholder="https://example.com/a/long/page"
            value="{escape(entry.url)}"{error_link(entry, "url")}>
          {error_text(entry, "url")}
        </div>
        <div class="field">
          <label for="alias">Custom alias <span class="quiet">(optional)</span></label>
          <input id="alias" name="alias" maxlength="40" autocomplete="off" autocapitalize="none"
            spellcheck="false" placeholder="spring-sale"
            value="{escape(entry.alias)}"{error_link(entry, "alias", "alias-hint")}>
          <p class="hint" id="alias-hint">{escape(shown(base_url))}/<strong>alias</strong></p>
          {error_text(entry, "alias")}
        </div>
        <button class="button" type="submit">Shorten</button>
      </form>"""


def error_link(entry: Entry, name: str, hint: str = "") -> str:
    """Attributes that tie an input to its hint and its error message."""
    wrong = entry.wrong_field == name
    described_by = " ".join(filter(None, [hint, f"{name}-error" if wrong else ""]))
    attributes = f' aria-describedby="{described_by}"' if described_by else ""
    return attributes + (' aria-invalid="true"' if wrong else "")


def error_text(entry: Entry, name: str) -> str:
    """The error message of one field, if it has one."""
    if entry.wrong_field != name:
        return ""
    return f'<p class="error" id="{name}-error" role="alert">{escape(entry.problem)}</p>'


def notice(view: View) -> str:
    """What the last action did."""
    if view.created:
        return f"""<div class="notice">
      <p>Your short link is ready:</p>
      <p class="big">{short_link(view.created, view.base_url, shown(view.base_url))}</p>
    </div>"""
    if view.deleted:
        return f'<div class="notice"><p>The link “{escape(view.deleted)}” was deleted.</p></div>'
    return ""


def link_list(view: View) -> str:
    """The links, or a friendly sentence when there are none."""
    if not view.links:
        return """<div class="empty">
        <p><strong>No links yet</strong></p>
        <p>Paste a long address above and your first short link appears here.</p>
      </div>"""
    items = "".join(link_item(link, view.base_url) for link in view.links)
    return f'<ul class="links">{items}\n      </ul>'


def link_item(link: Link, base_url: str) -> str:
    """One link with its target, its visits and its delete button."""
    return f"""
        <li>
          <div class="link">
            <p class="short">{short_link(link, base_url)}</p>
            <p class="target" title="{escape(link.url)}">{escape(link.url)}</p>
            <p class="quiet"><span class="hits">{plural(link.hits, "visit")}</span>
              · <time datetime="{link.created_at}">{day(link.created_at)}</time></p>
          </div>
          <form method="post" action="/links/{link.code}/delete">
            <button class="button subtle" type="submit" aria-label="Delete {link.code}">Delete</button>
          </form>
        </li>"""


def short_link(link: Link, base_url: str, shown_host: str = "") -> str:
    """The short address, ready to follow; the script adds a button that copies it."""
    address = escape(f"{base_url}/{link.code}")
    return f'<a href="/{link.code}" data-copy="{address}">{escape(shown_host)}/{link.code}</a>'


def page_links(view: View) -> str:
    """Links to the pages before and after this one."""
    if view.last_page == 1:
        return ""
    newer = f'<a class="button subtle" href="/?page={view.page - 1}" rel="prev">Newer</a>'
    older = f'<a class="button subtle" href="/?page={view.page + 1}" rel="next">Older</a>'
    return f"""<nav class="pages" aria-label="Pages of links">
        {newer if view.page > 1 else "<span></span>"}
        <span class="quiet">Page {view.page} of {view.last_page}</span>
        {older if view.page < view.last_page else "<span></span>"}
      </nav>"""


def shown(address: str) -> str:
    """An address without its scheme, as people read it."""
    return address.split("://", 1)[-1]


def plural(count: int, noun: str) -> str:
    """A number with its noun: "1 visit", "2 visits"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def day(moment: str) -> str:
    """The day of a moment: "17 May 2024"."""
    date = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ")
    return f"{date.day} {date.strftime('%b %Y')}"
