// The HTML of the list page and the edit page.

import { APP_NAME, escape, page, sentence } from "./layout.mjs";
import { FILTERS, MAX_TITLE, isOverdue } from "./models.mjs";

const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July",
  "August", "September", "October", "November", "December",
];
const EMPTY = {
  all: "Nothing here yet. Add the first todo above.",
  open: "Nothing left to do.",
  done: "Nothing is done yet.",
};
const LABELS = { all: "All", open: "Open", done: "Done" };
const CHECK = icon("M5 12.5l4.5 4.5L19 7.5");
const PENCIL = icon("M4 20h4L19 9l-4-4L4 16zM13 7l4 4");
const BIN = icon("M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5");

/** The page with all, open or done todos. `draft` is a form to correct. */
export function listPage({ todos, counts, which, today, draft = {}, problem = "" }) {
  return page(
    APP_NAME,
    `<main class="page">
<header class="top">
<h1>${escape(APP_NAME)}</h1>
<p class="left" id="left" data-region aria-live="polite">${leftText(counts)}</p>
</header>
<form class="card add" id="add" method="post" action="/todos" data-quiet>
${hidden("filter", which)}
${titleField("New todo", draft.title ?? "")}
${dueField(draft.due ?? "")}
<button class="button" type="submit">Add</button>
</form>
<div id="problem" data-region>${problemText(problem)}</div>
<div id="board" data-region>
${filterLinks(which, counts)}
${todoList(todos, which, today)}
${clearForm(counts, which)}
</div>
</main>`,
  );
}

/** The page that changes the title and due date of one todo. */
export function editPage({ todo, which, draft = todo, problem = "" }) {
  return page(
    "Edit todo",
    `<main class="page narrow">
<h1>Edit todo</h1>
<form class="card stack" method="post" action="/todos/${todo.id}/edit">
${problemText(problem)}
${hidden("filter", which)}
${titleField("Title", draft.title)}
${dueField(draft.due ?? "")}
<div class="actions">
<button class="button" type="submit">Save</button>
<a class="button quiet" href="/?filter=${which}">Cancel</a>
</div>
</form>
</main>`,
  );
}

/** How much is left to do, in words. */
function leftText({ open }) {
  if (open === 0) return "Nothing left to do";
  return open === 1 ? "1 todo left" : `${open} todos left`;
}

function filterLinks(which, counts) {
  const links = FILTERS.map(
    (name) =>
      `<li><a href="/?filter=${name}"${current(name === which)}>${LABELS[name]} ` +
      `<span class="count">${counts[name]}</span></a></li>`,
  );
  return `<nav aria-label="Filter"><ul class="filters">${links.join("")}</ul></nav>`;
}

function todoList(todos, which, today) {
  if (todos.length === 0) return `<p class="empty">${EMPTY[which]}</p>`;
  const items = todos.map((todo) => todoItem(todo, which, today));
  return `<ul class="card todos">\n${items.join("\n")}\n</ul>`;
}

function todoItem(todo, which, today) {
  const title = escape(todo.title);
  const [action, wanted] = todo.done ? ["Reopen", "false"] : ["Complete", "true"];
  return `<li class="todo${todo.done ? " is-done" : ""}">
<form method="post" action="/todos/${todo.id}/done" data-quiet>
${hidden("filter", which)}
${hidden("done", wanted)}
<button class="check" id="check-${todo.id}" type="submit" aria-label="${action} ${title}">${CHECK}</button>
</form>
<div class="what">
<span class="title">${title}</span>
${dueBadge(todo, today)}
</div>
<a class="tool" href="/todos/${todo.id}/edit?filter=${which}" aria-label="Edit ${title}">${PENCIL}</a>
<form method="post" action="/todos/${todo.id}/delete" data-quiet>
${hidden("filter", which)}
<button class="tool" type="submit" aria-label="Delete ${title}">${BIN}</button>
</form>
</li>`;
}

function dueBadge(todo, today) {
  if (todo.due === null) return "";
  const late = isOverdue(todo, today) ? " is-late" : "";
  return `<time class="due${late}" datetime="${todo.due}">${dueText(todo, today)}</time>`;
}

/** The due date as people say it. */
function dueText(todo, today) {
  if (todo.due === today) return "Due today";
  if (todo.due === dayAfter(today)) return "Due tomorrow";
  const [year, month, day] = todo.due.split("-");
  const words = `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}`;
  return isOverdue(todo, today) ? `Overdue since ${words}` : `Due ${words}`;
}

function dayAfter(day) {
  const midnight = new Date(`${day}T00:00:00Z`);
  midnight.setUTCDate(midnight.getUTCDate() + 1);
  return midnight.toISOString().slice(0, 10);
}

function clearForm(counts, which) {
  if (counts.done === 0) return "";
  return `<form class="clear" method="post" action="/todos/clear-completed" data-quiet>
${hidden("filter", which)}
<button class="button quiet" type="submit">Clear completed</button>
</form>`;
}

function titleField(label, value) {
  return `<div class="field wide">
<label for="title">${label}</label>
<input id="title" name="title" value="${escape(value)}" maxlength="${MAX_TITLE}" required autocomplete="off">
</div>`;
}

function dueField(value) {
  return `<div class="field">
<label for="due">Due date (optional)</label>
<input id="due" name="due" type="date" value="${escape(value)}">
</div>`;
}

function problemText(problem) {
  return problem && `<p class="problem" role="alert">${escape(sentence(problem))}</p>`;
}

function hidden(name, value) {
  return `<input type="hidden" name="${name}" value="${escape(value)}">`;
}

function current(isCurrent) {
  return isCurrent ? ' aria-current="page"' : "";
}

function icon(shape) {
  return `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${shape}"/></svg>`;
}
