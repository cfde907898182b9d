// The HTML of the list, of one note and of the form.
// A view is what a visitor looks for: { query, words, tag }.

import { APP_NAME, escape, page, sentence } from "./layout.mjs";
import { MAX_BODY, MAX_TITLE } from "./models.mjs";
import { MAX_QUERY, excerpt, splitMatches } from "./search.mjs";
import { matchTags } from "./tags.mjs";

const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July",
  "August", "September", "October", "November", "December",
];

/** The page with the notes that were found. `tags` has [tag, count] pairs. */
export function listPage({ notes, tags, view }) {
  return page(
    APP_NAME,
    `<main class="page">
<header class="top">
<h1>${escape(APP_NAME)}</h1>
<a class="button" href="/notes/new">New note</a>
</header>
${searchForm(view)}
<div id="tags" data-region>${tagLinks(tags, view)}</div>
<p class="summary" id="summary" data-region aria-live="polite">${summary(notes.length, view)}</p>
<div id="notes" data-region>${noteList(notes, view)}</div>
</main>`,
  );
}

/** One whole note. */
export function notePage({ note, view }) {
  return page(
    note.title,
    `<main class="page narrow">
<nav aria-label="Back"><a class="back" href="${address("/", view)}">All notes</a></nav>
<article class="card note full">
<h1>${marked(note.title, view.words)}</h1>
<p class="meta">${dates(note)}</p>
<div class="body">${richText(note.body, view.words)}</div>
</article>
<div class="actions">
<a class="button" href="/notes/${note.id}/edit">Edit</a>
<form method="post" action="/notes/${note.id}/delete" data-confirm="Delete this note?">
<button class="button quiet" type="submit">Delete</button>
</form>
</div>
</main>`,
  );
}

export function newPage({ draft = { title: "", body: "" }, problem = "" } = {}) {
  return formPage({ heading: "New note", action: "/notes", cancel: "/", draft, problem });
}

export function editPage({ note, draft = note, problem = "" }) {
  const action = `/notes/${note.id}`;
  return formPage({ heading: "Edit note", action, cancel: action, draft, problem });
}

function formPage({ heading, action, cancel, draft, problem }) {
  return page(
    heading,
    `<main class="page narrow">
<h1>${heading}</h1>
<form class="card stack" method="post" action="${action}">
${problemText(problem)}
<div class="field">
<label for="title">Title</label>
<input id="title" name="title" value="${escape(draft.title)}" maxlength="${MAX_TITLE}" required>
</div>
<div class="field">
<label for="body">Text</label>
<textarea id="body" name="body" rows="12" maxlength="${MAX_BODY}" aria-describedby="hint">
${escape(draft.body)}</textarea>
<p class="hint" id="hint">Write #home or #work anywhere to tag the note.</p>
</div>
<div class="actions">
<button class="button" type="submit">Save</button>
<a class="button quiet" href="${cancel}">Cancel</a>
</div>
</form>
</main>`,
  );
}

function searchForm({ query, tag }) {
  const chosen = tag && `<input type="hidden" name="tag" value="${escape(tag)}">`;
  return `<form class="search" id="search" role="search" method="get" action="/">
<label for="q">Search</label>
<div class="row">
<input id="q" name="q" type="search" value="${escape(query)}" maxlength="${MAX_QUERY}" autocomplete="off">
${chosen}<button class="button quiet" type="submit">Search</button>
</div>
</form>`;
}

/** Links that choose a tag. The chosen one is there even if nothing has it. */
function tagLinks(tags, view) {
  const missing = view.tag && !tags.some(([tag]) => tag === view.tag) ? [[view.tag, 0]] : [];
  const choices = [...missing, ...tags];
  if (choices.length === 0) return "";
  const links = choices.map(([tag, count]) =>
    tagChoice(
      `#${escape(tag)} <span class="count">${count}</span>`,
      address("/", { ...view, tag }),
      tag === view.tag,
    ),
  );
  const all = tagChoice("All", address("/", { ...view, tag: "" }), view.tag === "");
  return `<nav aria-label="Tags"><ul class="tags">${all}${links.join("")}</ul></nav>`;
}

function tagChoice(label, href, chosen) {
  return `<li><a href="${href}"${chosen ? ' aria-current="page"' : ""}>${label}</a></li>`;
}

/** How many notes were found, in words. */
function summary(count, { words, tag }) {
  const found = { 0: "No notes", 1: "1 note" }[count] ?? `${count} notes`;
  const having = words.length > 0 ? ` with ${words.join(" ")}` : "";
  return escape(`${found}${having}${tag && ` tagged #${tag}`}`);
}

function noteList(notes, view) {
  if (notes.length > 0) {
    return `<ul class="notes">\n${notes.map((note) => noteItem(note, view)).join("\n")}\n</ul>`;
  }
  if (view.words.length > 0 || view.tag) {
    return '<p class="empty">Nothing matches. <a href="/">Show all notes</a></p>';
  }
  return '<p class="empty">Nothing here yet. <a href="/notes/new">Write the first note</a></p>';
}

function noteItem(note, view) {
  const tags = note.tags.map((tag) => tagLink(tag, `#${escape(tag)}`));
  return `<li class="card note">
<h2><a href="${address(`/notes/${note.id}`, view)}">${marked(note.title, view.words)}</a></h2>
<p class="excerpt">${marked(excerpt(note.body, view.words), view.words)}</p>
<p class="meta">${moment(note.created_at)}${tags.join("")}</p>
</li>`;
}

/** A text with its tags as links and the words that were searched for marked. */
function richText(text, words) {
  const html = [];
  let position = 0;
  for (const match of matchTags(text)) {
    html.push(marked(text.slice(position, match.index), words));
    html.push(tagLink(match[1].toLowerCase(), marked(match[0], words)));
    position = match.index + match[0].length;
  }
  return html.join("") + marked(text.slice(position), words);
}

function marked(text, words) {
  return splitMatches(text, words)
    .map((piece) => (piece.isMatch ? `<mark>${escape(piece.text)}</mark>` : escape(piece.text)))
    .join("");
}

function tagLink(tag, label) {
  return `<a class="tag" href="${address("/", { query: "", tag })}">${label}</a>`;
}

/** A link to the path that keeps the search. For use in an attribute. */
function address(path, { query, tag }) {
  const values = Object.entries({ q: query, tag }).filter(([, value]) => value !== "");
  return escape(values.length > 0 ? `${path}?${new URLSearchParams(values)}` : path);
}

function dates(note) {
  const written = `Written ${moment(note.created_at)}`;
  if (note.updated_at === note.created_at) return written;
  return `${written}, changed ${moment(note.updated_at)}`;
}

/** A time such as 2024-05-17T12:00:00Z in words. */
function moment(stamp) {
  const [year, month, day] = stamp.slice(0, 10).split("-");
  const text = `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}, ${stamp.slice(11, 16)} UTC`;
  return `<time datetime="${stamp}">${text}</time>`;
}

function problemText(problem) {
  return problem && `<p class="problem" role="alert">${escape(sentence(problem))}</p>`;
}
