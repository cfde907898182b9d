// Tests of the pages as a browser without JavaScript uses them.

import assert from "node:assert/strict";
import test from "node:test";

import { startServer } from "./support.mjs";

const TARGET = "https://example.com/a/long/page";

function create(client, { url = TARGET, alias = "" } = {}, headers = {}) {
  return client.postForm("/", { url, alias }, headers);
}

test("an empty page says so and fits a phone", async (t) => {
  const client = await startServer(t);
  const page = (await client.get("/")).page();
  assert.equal(page.one("title").text, "<< name >>");
  assert.match(page.one("meta", { name: "viewport" }).attributes.content, /width=device-width/);
  assert.match(page.one("main").text, /No links yet/);
  assert.equal(page.one("html").attributes.lang, "en");
  assert.equal(page.one("meta", { name: "referrer" }).attributes.content, "same-origin");
});

test("every input has a label", async (t) => {
  const client = await startServer(t);
  const page = (await client.get("/")).page();
  const labelled = page.all("label").map((label) => label.attributes.for);
  assert.deepEqual(labelled, ["url", "alias"]);
  assert.deepEqual(page.all("input").map((field) => field.attributes.id), labelled);
});

test("the form makes a link and the page shows its visits", async (t) => {
  const client = await startServer(t);
  const reply = await create(client, { alias: "sale" });
  assert.equal(reply.status, 303);
  assert.equal(reply.headers.location, "/?created=sale");
  const page = (await client.get("/?created=sale")).page();
  const anchor = page.one("div", { class: "notice" }).one("a");
  assert.equal(anchor.text, `${client.host}/sale`);
  assert.equal(anchor.attributes.href, "/sale");
  assert.equal(page.one("p", { class: "target" }).text, TARGET);
  assert.equal(page.one("span", { class: "hits" }).text, "0 visits");
  await client.get("/sale");
  assert.equal((await client.get("/")).page().one("span", { class: "hits" }).text, "1 visit");
});

test("wrong input is explained and kept", async (t) => {
  const client = await startServer(t);
  const reply = await create(client, { url: "ftp://example.com/", alias: "sale" });
  const page = reply.page();
  assert.equal(reply.status, 400);
  const field = page.one("input", { id: "url" });
  assert.equal(field.attributes.value, "ftp://example.com/");
  assert.equal(field.attributes["aria-invalid"], "true");
  assert.equal(field.attributes["aria-describedby"], "url-error");
  assert.match(page.one("p", { id: "url-error" }).text, /must start with http/);
  assert.equal(page.one("input", { id: "alias" }).attributes.value, "sale");
  await create(client, { alias: "sale" });
  const taken = await create(client, { alias: "sale" });
  assert.equal(taken.status, 409);
  assert.equal(taken.page().one("p", { id: "alias-error" }).text, "alias sale is already taken");
});

test("the delete button deletes", async (t) => {
  const client = await startServer(t);
  await create(client, { alias: "sale" });
  const item = (await client.get("/")).page().one("ul", { class: "links" }).one("li");
  assert.equal(item.one("button").text, "Delete");
  const reply = await client.postForm(item.one("form", { method: "post" }).attributes.action, {});
  assert.equal(reply.status, 303);
  assert.equal(reply.headers.location, "/?deleted=sale");
  const page = (await client.get("/?deleted=sale")).page();
  assert.match(page.one("div", { class: "notice" }).text, /sale” was deleted/);
  assert.equal(page.all("ul", { class: "links" }).length, 0);
});

test("values are shown as text", async (t) => {
  const client = await startServer(t);
  await create(client, { url: "https://example.com/?q=a&copy=1", alias: "sale" });
  const reply = await client.get("/?deleted=<b>x</b>");
  assert.doesNotMatch(reply.body, /<b>x/);
  assert.match(reply.page().one("div", { class: "notice" }).text, /<b>x<\/b>/);
  assert.match(reply.body, /https:\/\/example\.com\/\?q=a&amp;copy=1</);
  const wrong = (await create(client, { url: '"><script>alert(1)</script>' })).page();
  const { value } = wrong.one("input", { id: "url" }).attributes;
  assert.equal(value, '"><script>alert(1)</script>');
});

test("many links are shown in pages", async (t) => {
  const client = await startServer(t);
  for (let number = 0; number < 21; number += 1) await create(client, { alias: `link-${number}` });
  const first = (await client.get("/")).page();
  const second = await client.get("/?page=2");
  assert.equal(first.one("ul", { class: "links" }).all("li").length, 20);
  assert.equal(first.one("a", { rel: "next" }).attributes.href, "/?page=2");
  assert.equal(second.page().one("p", { class: "short" }).text, "/link-0");
  assert.equal((await client.get("/?page=999")).body, second.body);
});

test("forms of other sites are refused", async (t) => {
  const client = await startServer(t);
  const own = `http://${client.host}`;
  for (const headers of [
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site", Origin: own },
    { Origin: "https://evil.example" },
    { Origin: "null" },
  ]) {
    assert.equal((await create(client, {}, headers)).status, 403, JSON.stringify(headers));
  }
  assert.equal((await create(client, {}, { Origin: own })).status, 303);
  assert.equal((await create(client, {}, { "Sec-Fetch-Site": "same-origin" })).status, 303);
});

test("the page asks no other site", async (t) => {
  const client = await startServer(t);
  const page = (await client.get("/")).page();
  const sources = [...page.all("script"), ...page.all("img")].map((item) => item.attributes.src);
  sources.push(...page.all("link").map((item) => item.attributes.href));
  for (const source of sources) {
    assert.match(source, /^\/static\//);
    assert.equal((await client.get(source)).status, 200, source);
  }
});
