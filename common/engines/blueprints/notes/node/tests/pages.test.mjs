// The pages, used as a browser without JavaScript would use them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { APP_NAME } from "../backend/layout.mjs";
import { NoteSite } from "../backend/site.mjs";
import { staticRoutes } from "../backend/static.mjs";
import { NoteStore } from "../backend/store.mjs";
import { serve } from "./client.mjs";
import { temporaryPath } from "./folder.mjs";
import { parse } from "./html-page.mjs";

const NASTY = `<script>alert("1")</script> & 'co'`;

async function start(t) {
  const clock = { now: "2024-05-07T12:05:00Z" };
  const store = new NoteStore(temporaryPath(t, "notes.json"), { now: () => clock.now });
  const client = await serve(t, [...new NoteSite(store).routes(), ...staticRoutes()]);

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

  return { clock, store, client, open, press };
}

function texts(elements) {
  return elements.map((element) => element.text);
}

test("the empty page is ready for a phone and for the first note", async (t) => {
  const { client, open } = await start(t);
  const page = await open();
  assert.equal(page.one("h1").text, APP_NAME);
  assert.match(page.one("meta", { name: "viewport" }).attributes.content, /width=device-width/);
  assert.equal(page.one("meta", { name: "referrer" }).attributes.content, "same-origin");
  assert.equal(page.labelled("Search").attributes.name, "q");
  assert.equal(page.one("p", { id: "summary" }).text, "No notes");
  assert.equal(page.one("p", { class: "empty" }).one("a").attributes.href, "/notes/new");
  const files = [
    ...page.all("link").map((link) => link.attributes.href),
    ...page.all("script").map((script) => script.attributes.src),
  ];
  assert.equal(files.length, 3);
  for (const path of files) assert.equal((await client.get(path)).status, 200, path);
});

test("a note is written, edited and deleted", async (t) => {
  const { clock, client, open, press } = await start(t);
  const typed = { title: "Trip", body: "Pack\r\n  a coat" };
  let page = await press(await open("/notes/new"), "Save", typed);
  assert.equal(page.one("h1").text, "Trip");
  assert.equal(page.one("p", { class: "meta" }).text, "Written 7 May 2024, 12:05 UTC");
  assert.deepEqual(page.one("div", { class: "body" }).children, ["Pack\n  a coat"]);
  clock.now = "2024-06-01T08:00:00Z";
  const form = await open("/notes/1/edit");
  assert.equal(form.labelled("Title").value, "Trip");
  assert.equal(form.labelled("Text").value, "Pack\n  a coat");
  page = await press(form, "Save", { title: "Long trip" });
  assert.equal(page.one("h1").text, "Long trip");
  assert.match(page.one("p", { class: "meta" }).text, /changed 1 June 2024, 08:00 UTC$/);
  assert.deepEqual((await press(page, "Delete")).all("h2"), []);
  assert.equal((await client.get("/notes/1")).status, 404);
  assert.equal((await client.get("/notes/1/edit")).status, 404);
  assert.equal((await client.postForm("/notes/1/delete", {})).status, 303);
});

test("the list shows the newest first and leads to each note", async (t) => {
  const { store, open } = await start(t);
  store.add("one");
  store.add("two");
  const page = await open();
  assert.deepEqual(texts(page.all("h2")), ["two", "one"]);
  assert.equal(page.one("p", { id: "summary" }).text, "2 notes");
  const [newest] = page.all("h2");
  assert.equal((await open(newest.one("a").attributes.href)).one("h1").text, "two");
});

test("a search finds and marks, or says that nothing matches", async (t) => {
  const { store, client, open } = await start(t);
  store.add("Bread", "Flour and salt");
  store.add("Soup", "Salt and water");
  let page = await open("/?q=FLOUR+bread");
  assert.deepEqual(texts(page.all("h2")), ["Bread"]);
  assert.deepEqual(texts(page.all("mark")), ["Bread", "Flour"]);
  assert.equal(page.labelled("Search").value, "FLOUR bread");
  assert.equal(page.one("p", { id: "summary" }).text, "1 note with FLOUR bread");
  const note = await open(page.one("h2").one("a").attributes.href);
  assert.deepEqual(texts(note.all("mark")), ["Bread", "Flour"]);
  assert.equal(note.one("a", { class: "back" }).attributes.href, "/?q=FLOUR+bread");
  page = await open("/?q=coffee");
  assert.equal(page.one("p", { id: "summary" }).text, "No notes with coffee");
  assert.match(page.one("p", { class: "empty" }).text, /Nothing matches/);
  assert.equal((await client.get(`/?q=${"x".repeat(201)}`)).status, 400);
});

test("tags are links that narrow the search", async (t) => {
  const { store, open } = await start(t);
  store.add("Bread", "Flour #Baking");
  store.add("Cake", "Flour and sugar #baking #sweet");
  store.add("Tea", "Sugar #sweet");
  let page = await open("/?q=flour");
  const links = page.one("nav", { "aria-label": "Tags" }).all("a");
  assert.deepEqual(texts(links), ["All", "#baking 2", "#sweet 1"]);
  page = await open(links[2].attributes.href);
  assert.deepEqual(texts(page.all("h2")), ["Cake"]);
  assert.equal(page.one("a", { "aria-current": "page" }).text, "#sweet 1");
  assert.equal(page.one("p", { id: "summary" }).text, "1 note with flour tagged #sweet");
  assert.deepEqual(page.one("form", { id: "search" }).values(), { q: "flour", tag: "sweet" });
  const link = (await open("/notes/1")).one("div", { class: "body" }).one("a");
  assert.equal(link.text, "#Baking");
  assert.equal(link.attributes.href, "/?tag=baking");
  assert.deepEqual(texts((await open(link.attributes.href)).all("h2")), ["Cake", "Bread"]);
});

test("text is shown as text, never as HTML", async (t) => {
  const { store, open } = await start(t);
  const body = `${NASTY} </textarea>`;
  store.add(NASTY, body);
  for (const path of ["/", "/?q=script+%26", "/notes/1", "/notes/1/edit", "/?tag=%3Cscript%3E"]) {
    const sources = (await open(path)).all("script").map((script) => script.attributes.src);
    assert.deepEqual(sources, ["/static/app.js"], path);
  }
  assert.deepEqual(texts((await open("/?q=script")).all("h2")), [NASTY]);
  assert.deepEqual((await open("/?q=amp")).all("h2"), []);
  assert.equal((await open("/notes/1/edit")).labelled("Text").value, body);
});

test("a mistake is named and the typing is kept", async (t) => {
  const { store, client } = await start(t);
  store.add("Trip");
  for (const path of ["/notes", "/notes/1"]) {
    const reply = await client.postForm(path, { title: " ", body: "Pack" });
    assert.equal(reply.status, 400);
    const page = parse(reply.text);
    assert.equal(page.one("p", { role: "alert" }).text, "Title must not be empty.");
    assert.equal(page.labelled("Text").value, "Pack");
  }
  assert.equal(store.get(1).title, "Trip");
});
