<% set things = entity.plural | replace("_", " ") %>
<% set thing = entity.singular | replace("_", " ") %>
// The HTML page: the stored << things >> and how to use the API. All values pass through `escape`.

import { DESCRIPTIONS } from "./kinds.mjs";
import { FIELDS } from "./models.mjs";
import { PARAMETERS, SORTABLE } from "./queries.mjs";

const COLLECTION = "/api/<< entity.plural >>";
const ENDPOINTS = [
  ["GET", COLLECTION, "List << things >>: page with limit and offset, sort, filter by any field"],
  ["POST", COLLECTION, "Create one << thing >>"],
  ["GET", `${COLLECTION}/{id}`, "Read one << thing >>"],
  ["PUT", `${COLLECTION}/{id}`, "Replace one << thing >>; fields that are left out become null"],
  ["PATCH", `${COLLECTION}/{id}`, "Change some fields of one << thing >>"],
  ["DELETE", `${COLLECTION}/{id}`, "Delete one << thing >>"],
  ["GET", "/openapi.json", "This API as an OpenAPI 3.1 document"],
  ["GET", "/healthz", "Tell that the server works"],
];
const LABELS = new Map([
  ["id", "Id"],
  ...FIELDS.map((field) => [field.name, field.label]),
  ["created_at", "Created"],
  ["updated_at", "Updated"],
]);
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

function escape(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

// The page with the records and the documentation.
export function homePage(view) {
  return layout("<< name >>", `
    <section aria-labelledby="records-title">
      <div class="section-head">
        <h2 id="records-title"><< things | capitalize >></h2>
        <p class="quiet" role="status">${counted(view.total)}</p>
      </div>
      ${problemText(view.problem)}
      ${filterForm(view)}
      ${recordTable(view)}
      ${pageLinks(view)}
    </section>
    <section aria-labelledby="endpoints-title">
      <h2 id="endpoints-title">Endpoints</h2>
      <ul class="endpoints card">${ENDPOINTS.map(endpoint).join("")}
      </ul>
    </section>
    <section aria-labelledby="fields-title">
      <h2 id="fields-title">Fields</h2>
      <dl class="fields card">${FIELDS.map(fieldText).join("")}
      </dl>
      <p class="quiet">The server adds <code>id</code>, <code>created_at</code> and <code>updated_at</code>.</p>
    </section>
    <section aria-labelledby="examples-title">
      <h2 id="examples-title">Examples</h2>
      ${examples(view.baseUrl).join("")}
    </section>`);
}

// A page for people who followed a wrong link.
export function errorPage(status, message) {
  const title = status === 404 ? "Page not found" : "That did not work";
  const sentence = escape(message.slice(0, 1).toUpperCase() + message.slice(1));
  return layout(`${title} - << name >>`, `
    <section class="card message">
      <p class="status-code">${status}</p>
      <h2>${title}</h2>
      <p>${sentence}.</p>
      <p><a class="button" href="/">Back to the start</a></p>
    </section>`);
}

// The frame of every page.
function layout(title, content) {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title}</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/style.css">
  <script src="/static/copy.js" defer></script>
</head>
<body>
  <header class="site">
    <h1><a href="/"><img src="/static/icon.svg" alt="" width="32" height="32"><< name >></a></h1>
    <p class="quiet">A REST API for << things >>. <a href="/openapi.json">OpenAPI document</a></p>
  </header>
  <main>${content}
  </main>
</body>
</html>
`;
}

// What is wrong with the query of the page.
function problemText(problem) {
  return problem ? `<p class="error card" role="alert">${escape(problem)}</p>` : "";
}

// The form that filters and sorts; it is a plain GET of this page.
function filterForm({ query, parameters, problem }) {
  const inputs = FIELDS.map((field) => filterInput(field, parameters)).join("");
  const names = SORTABLE.flatMap((name) => [name, `-${name}`]);
  const current = (query.descending ? "-" : "") + query.sort;
  const options = names.map((name) => option(name, sortLabel(name), current)).join("");
  const opened = query.filters.length > 0 || problem ? " open" : "";
  return `<details class="filters card"${opened}>
        <summary>Filter and sort</summary>
        <form method="get" action="/">${inputs}
          <div class="field">
            <label for="sort">Sort by</label>
            <select id="sort" name="sort">${options}</select>
          </div>
          <p class="actions"><button class="button" type="submit">Show</button>
            <a class="button subtle" href="/">Reset</a></p>
        </form>
      </details>`;
}

// The labelled input that filters by one field.
function filterInput(field, parameters) {
  const name = PARAMETERS[field.name];
  const value = parameters.get(name) ?? "";
  return `
          <div class="field">
            <label for="${name}">${escape(field.label)}</label>
            ${field.kind === "boolean" ? booleanSelect(name, value) : plainInput(field.kind, name, value)}
          </div>`;
}

function booleanSelect(name, value) {
  const choices = [["", "Any"], ["true", "Yes"], ["false", "No"]];
  const options = choices.map(([choice, text]) => option(choice, text, value)).join("");
  return `<select id="${name}" name="${name}">${options}</select>`;
}

function plainInput(kind, name, value) {
  const type = { date: "date", text: "text" }[kind] ?? "number";
  const step = { integer: ' step="1"', number: ' step="any"' }[kind] ?? "";
  return `<input id="${name}" name="${name}" type="${type}"${step} value="${escape(value)}">`;
}

// One choice of a list.
function option(value, text, current) {
  return `<option value="${value}"${value === current ? " selected" : ""}>${escape(text)}</option>`;
}

// How the sort list calls an order.
function sortLabel(name) {
  return name.startsWith("-") ? `${LABELS.get(name.slice(1))}, descending` : LABELS.get(name);
}

// The records, or a friendly sentence when there are none.
function recordTable(view) {
  if (view.records.length === 0) return emptyText(view.query);
  const names = ["id", ...FIELDS.map((field) => field.name)];
  const heads = names.map((name) => columnHead(name, view)).join("");
  const rows = view.records.map((record) => tableRow(record, names)).join("");
  return `<div class="table card" role="region" aria-labelledby="records-title" tabindex="0">
        <table>
          <thead><tr>${heads}</tr></thead>
          <tbody>${rows}
          </tbody>
        </table>
      </div>`;
}

// What stands in place of an empty table.
function emptyText(query) {
  const narrowed = query.filters.length > 0 || query.offset > 0;
  const title = narrowed ? "Nothing matches" : "No << things >> yet";
  const showAll = '<a href="/">Show all << things >></a>';
  return `<div class="empty">
        <p><strong>${title}</strong></p>
        <p>${narrowed ? showAll : "Create the first one with the example below."}</p>
      </div>`;
}

// The head of one column; it sorts by the column, and again to reverse the order.
function columnHead(name, { query, parameters }) {
  const sortedBy = query.sort === name;
  const target = sortedBy && !query.descending ? `-${name}` : name;
  const order = sortedBy ? ` aria-sort="${query.descending ? "descending" : "ascending"}"` : "";
  const href = link(parameters, { sort: target, offset: "0" });
  return `<th scope="col"${order}><a href="${href}">${escape(LABELS.get(name))}</a></th>`;
}

// One record; the id leads to its JSON.
function tableRow(record, names) {
  const cells = names.map(
    (name) => `<td data-label="${escape(LABELS.get(name))}">${cell(name, record[name])}</td>`,
  );
  return `\n            <tr>${cells.join("")}</tr>`;
}

// One value of a record.
function cell(name, value) {
  if (name === "id") return `<a href="${COLLECTION}/${value}">${value}</a>`;
  if (value === null) return '<span class="quiet">–</span>';
  if (typeof value === "boolean") return value ? "yes" : "no";
  return escape(String(value));
}

// Links to the pages before and after this one.
function pageLinks({ query: { limit, offset }, total, parameters }) {
  if (offset === 0 && total <= limit) return "";
  const previous = link(parameters, { offset: Math.max(0, offset - limit) });
  const following = link(parameters, { offset: offset + limit });
  const last = Math.min(offset + limit, total);
  return `<nav class="pages" aria-label="Pages">
        ${offset > 0 ? step(previous, "prev", "Previous") : "<span></span>"}
        <span class="quiet">${Math.min(offset + 1, last)}–${last} of ${total}</span>
        ${last < total ? step(following, "next", "Next") : "<span></span>"}
      </nav>`;
}

// One link of the page navigation.
function step(target, relation, text) {
  return `<a class="button subtle" rel="${relation}" href="${target}">${text}</a>`;
}

// The address of this page with some parameters changed.
function link(parameters, changes) {
  const changed = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(changes)) changed.set(name, value);
  return escape(`/?${changed}`);
}

// One line of the list of endpoints.
function endpoint([method, path, text]) {
  return `
        <li><span class="method">${method}</span> <code>${path}</code> <span>${text}</span></li>`;
}

// One entry of the list of fields.
function fieldText(field) {
  const required = field.required ? "Required; " : "";
  const kind = DESCRIPTIONS[field.kind].replace("must be ", "");
  return `
        <div>
          <dt><code>${field.name}</code></dt>
          <dd>${required}${kind}, for example <code>${escape(JSON.stringify(field.example))}</code></dd>
        </div>`;
}

// Commands that people can copy into a shell.
function examples(baseUrl) {
  const url = baseUrl + COLLECTION;
  const contentType = "-H 'Content-Type: application/json'";
  const record = shellJson(FIELDS);
  const change = shellJson(FIELDS.slice(0, 1));
  return [
    example("Create one << thing >>", `curl -i ${url} ${contentType} -d ${record}`),
    example("List the newest five", `curl '${url}?sort=-id&limit=5'`),
    example("Change one field", `curl -X PATCH ${url}/1 ${contentType} -d ${change}`),
    example("Delete one << thing >>", `curl -i -X DELETE ${url}/1`),
  ];
}

// The examples of some fields as JSON in single quotes for a shell.
function shellJson(fields) {
  const document = Object.fromEntries(fields.map((field) => [field.name, field.example]));
  return `'${JSON.stringify(document).replaceAll("'", "\\u0027")}'`;
}

// One command with its title; the script adds a button that copies it.
function example(title, command) {
  return `
      <div class="example card">
        <h3 data-copy="${escape(command)}">${title}</h3>
        <pre tabindex="0"><code>${escape(command)}</code></pre>
      </div>`;
}

// A number with its noun.
function counted(total) {
  return total === 1 ? `${total} << thing >>` : `${total} << things >>`;
}
