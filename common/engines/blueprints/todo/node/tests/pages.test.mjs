// The pages, used as a browser without JavaScript would use them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { APP_NAME } from "../backend/layout.mjs";
import { TodoSite } from "../backend/site.mjs";
import { staticRoutes } from "../backend/static.mjs";
import { TodoStore } from "../backend/store.mjs";
import { serve } from "./client.mjs";
import { temporaryPath } from "./folder.mjs";
import { parse } from "./html-page.mjs";

const NASTY = `<script>alert("1")</script> & 'co'`;
const CHOSEN = { "aria-current": "page" };

async function start(t) {
  const store = new TodoStore(temporaryPath(t, "todos.json"));
  const site = new TodoSite(store, { today: () => "2024-05-17" });
  const client = await serve(t, [...site.routes(), ...staticRoutes()]);

  async function open(path = "/") {
    const reply = await client.get(path);
    assert.equal(reply.status, 200);
    return parse(reply.text);
  }

  /** Send the form of a button and return the page it leads to. */
  async function press(page, button, typed = {}) {
    const form = page.formOf(button);
    const reply = await client.postForm(form.attributes.action, { ...form.values(), ...typed });
    assert.equal(reply.status, 303);
    return open(reply.headers.location);
  }

  return { store, client, open, press };
}

function titles(page) {
  return page.all("span", { class: "title" }).map((title) => title.text);
}

function left(page) {
  return page.one("p", { id: "left" }).text;
}

test("the empty page is ready for a phone and for the first todo", async (t) => {
  const { client, open } = await start(t);
  const page = await open();
  assert.equal(page.one("h1").text, APP_NAME);
  assert.match(page.one("meta", { name: "viewport" }).attributes.content, /width=device-width/);
  assert.equal(page.one("meta", { name: "referrer" }).attributes.content, "same-origin");
  assert.equal(left(page), "Nothing left to do");
  assert.match(page.one("p", { class: "empty" }).text, /Nothing here yet/);
  assert.equal(page.labelled("New todo").attributes.name, "title");
  assert.equal(page.labelled("Due date (optional)").attributes.type, "date");
  const files = [
    ...page.all("link").map((link) => link.attributes.href),
    ...page.all("script").map((script) => script.attributes.src),
  ];
  assert.equal(files.length, 3);
  for (const path of files) assert.equal((await client.get(path)).status, 200, path);
});

test("a todo is added, completed and reopened", async (t) => {
  const { store, open, press } = await start(t);
  let page = await press(await open(), "Add", { title: "Buy milk", due: "" });
  assert.deepEqual(titles(page), ["Buy milk"]);
  assert.equal(left(page), "1 todo left");
  store.add("Walk the dog");
  assert.equal(left(await open()), "2 todos left");
  page = await press(page, "Complete Buy milk");
  assert.equal(page.all("li", { class: "is-done" }).length, 1);
  assert.equal(left(page), "1 todo left");
  page = await press(page, "Reopen Buy milk");
  assert.equal(page.all("li", { class: "is-done" }).length, 0);
});

test("the filters choose and stay chosen", async (t) => {
  const { store, client, open, press } = await start(t);
  store.add("one");
  store.add("two");
  store.update(2, { done: true });
  let page = await open("/?filter=open");
  assert.deepEqual(titles(page), ["one"]);
  assert.equal(page.one("a", CHOSEN).text, "Open 1");
  page = await press(page, "Complete one");
  assert.equal(page.one("a", CHOSEN).text, "Open 0");
  assert.equal(page.one("p", { class: "empty" }).text, "Nothing left to do.");
  assert.deepEqual(titles(await open("/?filter=done")), ["one", "two"]);
  assert.equal((await client.get("/?filter=late")).status, 400);
});

test("a todo is renamed on its own page", async (t) => {
  const { store, open, press } = await start(t);
  store.add("Buy milk", "2024-05-20");
  const list = await open("/?filter=open");
  const link = list.one("a", { "aria-label": "Edit Buy milk" });
  let page = await open(link.attributes.href);
  assert.equal(page.labelled("Title").attributes.value, "Buy milk");
  assert.equal(page.labelled("Due date (optional)").attributes.value, "2024-05-20");
  page = await press(page, "Save", { title: "Buy oat milk" });
  assert.deepEqual(titles(page), ["Buy oat milk"]);
  assert.equal(page.one("a", CHOSEN).text, "Open 1");
  assert.equal(store.get(1).due, "2024-05-20");
});

test("a todo is deleted, and one that is gone is 404", async (t) => {
  const { store, client, open, press } = await start(t);
  store.add("one");
  store.add("two");
  assert.deepEqual(titles(await press(await open(), "Delete one")), ["two"]);
  assert.equal((await client.get("/todos/1/edit")).status, 404);
  assert.equal((await client.postForm("/todos/1/done", { done: "true" })).status, 404);
  assert.equal((await client.postForm("/todos/1/delete", {})).status, 303);
});

test("clear completed is offered only when something is done", async (t) => {
  const { store, client, open, press } = await start(t);
  store.add("one");
  store.add("two");
  assert.doesNotMatch((await client.get("/")).text, /Clear completed/);
  store.update(1, { done: true });
  assert.deepEqual(titles(await press(await open(), "Clear completed")), ["two"]);
});

test("due dates are said in words", async (t) => {
  const { store, open } = await start(t);
  for (const day of ["2024-05-16", "2024-05-17", "2024-05-18", "2024-06-01"]) {
    store.add("Pay rent", day);
  }
  const times = (await open()).all("time");
  assert.deepEqual(
    times.map((time) => time.text),
    ["Overdue since 16 May 2024", "Due today", "Due tomorrow", "Due 1 June 2024"],
  );
  assert.deepEqual(
    times.map((time) => time.attributes.class),
    ["due is-late", "due", "due", "due"],
  );
});

test("a mistake is named and the typing is kept", async (t) => {
  const { store, client } = await start(t);
  let reply = await client.postForm("/todos", { title: "Buy milk", due: "soon" });
  assert.equal(reply.status, 400);
  let page = parse(reply.text);
  assert.equal(page.one("p", { role: "alert" }).text, "Due must be a date such as 2024-05-17.");
  assert.equal(page.labelled("New todo").attributes.value, "Buy milk");
  store.add("Buy milk");
  reply = await client.postForm("/todos/1/edit", { title: " ", due: "" });
  assert.equal(reply.status, 400);
  assert.equal(parse(reply.text).one("p", { role: "alert" }).text, "Title must not be empty.");
});

test("titles are shown as text, never as HTML", async (t) => {
  const { store, open } = await start(t);
  store.add(NASTY);
  const [list, edit] = [await open("/"), await open("/todos/1/edit")];
  for (const page of [list, edit]) {
    const sources = page.all("script").map((script) => script.attributes.src);
    assert.deepEqual(sources, ["/static/app.js"]);
  }
  assert.deepEqual(titles(list), [NASTY]);
  assert.equal(edit.labelled("Title").attributes.value, NASTY);
});
