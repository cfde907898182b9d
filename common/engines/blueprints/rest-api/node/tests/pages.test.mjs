<% set things = entity.plural | replace("_", " ") %>
<% set thing = entity.singular | replace("_", " ") %>
// Tests of the page as a browser without JavaScript uses it.

import assert from "node:assert/strict";
import test from "node:test";

import { FIELDS } from "../backend/models.mjs";
import { PARAMETERS } from "../backend/queries.mjs";
import { COLLECTION, EXAMPLE, OTHER } from "./examples.mjs";
import { startServer } from "./support.mjs";

const FIRST = "<< fields[0].name >>";
<% for f in fields if f.type == "text" %>
<% if loop.first %>
const TEXT = "<< f.name >>";
<% endif %>
<% endfor %>

async function getPage(client, parameters = {}) {
  return (await client.get(`/?${new URLSearchParams(parameters)}`)).page();
}

function cells(page) {
  return page.one("tbody").all("tr").map((row) => row.all("td").map((cell) => cell.text));
}

// A value as the table shows it.
function shown(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value);
}

test("an empty page says so and fits a phone", async (t) => {
  const client = await startServer(t);
  const page = await getPage(client);
  assert.equal(page.one("title").text, "<< name >>");
  assert.match(page.one("meta", { name: "viewport" }).attributes.content, /width=device-width/);
  assert.match(page.one("main").text, /No << things >> yet/);
  assert.equal(page.all("table").length, 0);
});

test("the table shows every value with its label", async (t) => {
  const client = await startServer(t);
  await client.create(EXAMPLE, OTHER);
  const page = await getPage(client);
  const heads = page.one("thead").all("th").map((head) => head.text);
  assert.deepEqual(heads, ["Id", ...FIELDS.map((field) => field.label)]);
  assert.deepEqual(cells(page), [
    ["1", ...Object.values(EXAMPLE).map(shown)],
    ["2", ...Object.values(OTHER).map(shown)],
  ]);
  assert.equal(page.one("p", { role: "status" }).text, "2 << things >>");
  const [anchor] = page.one("tbody").all("a");
  assert.equal((await client.get(anchor.attributes.href)).json().id, 1);
  const labels = page.all("td").map((cell) => cell.attributes["data-label"]);
  assert.deepEqual(labels, [...heads, ...heads]);
});

test("every input has a label", async (t) => {
  const client = await startServer(t);
  const page = await getPage(client);
  const labelled = page.all("label").map((label) => label.attributes.for);
  assert.deepEqual(labelled, [...Object.values(PARAMETERS), "sort"]);
  const inputs = [...page.all("input"), ...page.all("select")].map((input) => input.attributes.id);
  assert.deepEqual(inputs.sort(), labelled.sort());
});

test("the form filters and ignores empty inputs", async (t) => {
  const client = await startServer(t);
  await client.create(EXAMPLE, OTHER);
  const empty = [...Object.values(PARAMETERS), "sort"].map((name) => [name, ""]);
  const parameters = { ...Object.fromEntries(empty), [PARAMETERS[FIRST]]: OTHER[FIRST] };
  const page = await getPage(client, parameters);
  assert.deepEqual(cells(page).map(([id]) => id), ["2"]);
  assert.equal(page.one("p", { role: "status" }).text, "1 << thing >>");
  assert.ok("open" in page.one("details").attributes);
});

test("the heads sort and reverse", async (t) => {
  const client = await startServer(t);
  await client.create(EXAMPLE, OTHER);
  const [, head] = (await getPage(client)).one("thead").all("th");
  assert.equal(head.one("a").attributes.href, `/?sort=${FIRST}&offset=0`);
  const page = (await client.get(head.one("a").attributes.href)).page();
  assert.equal(cells(page)[0][0], EXAMPLE[FIRST] < OTHER[FIRST] ? "1" : "2");
  const [, sorted] = page.one("thead").all("th");
  assert.equal(sorted.attributes["aria-sort"], "ascending");
  assert.equal(sorted.one("a").attributes.href, `/?sort=-${FIRST}&offset=0`);
});

test("long lists have pages", async (t) => {
  const client = await startServer(t);
  await client.create(EXAMPLE, OTHER, EXAMPLE);
  const page = await getPage(client, { limit: "2" });
  assert.equal(cells(page).length, 2);
  assert.equal(page.all("a", { rel: "prev" }).length, 0);
  const following = (await client.get(page.one("a", { rel: "next" }).attributes.href)).page();
  assert.deepEqual(cells(following).map(([id]) => id), ["3"]);
  assert.equal(following.one("a", { rel: "prev" }).attributes.href, "/?limit=2&offset=0");
});

test("a wrong query is explained as text", async (t) => {
  const client = await startServer(t);
  const name = '<script>alert("1")</script>';
  const reply = await client.get(`/?${new URLSearchParams({ [name]: "1" })}`);
  assert.equal(reply.status, 400);
  assert.doesNotMatch(reply.body, /<script>alert/);
  assert.equal(reply.page().one("p", { role: "alert" }).text, `${name} is not a known parameter`);
});
<% for f in fields if f.type == "text" %>
<% if loop.first %>

test("stored values are shown as text", async (t) => {
  const client = await startServer(t);
  const text = "<b>\"Tom\" & 'Jerry'</b>";
  await client.create({ ...EXAMPLE, [TEXT]: text });
  const reply = await client.get(`/?${new URLSearchParams({ [PARAMETERS[TEXT]]: text })}`);
  assert.doesNotMatch(reply.body, /<b>/);
  const column = 1 + Object.keys(EXAMPLE).indexOf(TEXT);
  assert.equal(cells(reply.page())[0][column], text);
  assert.equal(reply.page().one("input", { id: PARAMETERS[TEXT] }).attributes.value, text);
});
<% endif %>
<% endfor %>

test("the page documents the API", async (t) => {
  const client = await startServer(t);
  const page = await getPage(client);
  const methods = page.all("span", { class: "method" }).map((item) => item.text);
  assert.deepEqual(methods, ["GET", "POST", "GET", "PUT", "PATCH", "DELETE", "GET", "GET"]);
  assert.deepEqual(page.all("dt").map((item) => item.text), FIELDS.map((field) => field.name));
  assert.ok(page.all("pre")[0].text.includes(`http://${client.host}${COLLECTION}`));
});

test("pages ask no other site and exist for wrong addresses", async (t) => {
  const client = await startServer(t);
  const page = await getPage(client);
  const sources = [...page.all("script"), ...page.all("img")].map((item) => item.attributes.src);
  sources.push(...page.all("link").map((item) => item.attributes.href));
  for (const source of sources) {
    assert.match(source, /^\/static\//);
    assert.equal((await client.get(source)).status, 200, source);
  }
  const reply = await client.get("/unknown");
  assert.equal(reply.status, 404);
  assert.equal(reply.page().one("h2").text, "Page not found");
});
