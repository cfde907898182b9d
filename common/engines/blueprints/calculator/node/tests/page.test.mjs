// Tests of the page over HTTP, as a browser without scripts sees it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readPage, startServer } from "./support.mjs";

test("the page has a title and a language and fits a phone", async (t) => {
  const page = await (await startServer(t)).page();
  assert.equal(page.all("html")[0].attributes.lang, "en");
  assert.equal(page.all("title")[0].text, "<< name >>");
  assert.deepEqual(page.all("h1").map((heading) => heading.text), ["<< name >>"]);
  const viewport = page.all("meta").find((meta) => meta.attributes.name === "viewport");
  assert.match(viewport.attributes.content, /width=device-width/);
});

test("the display has a label and announces results", async (t) => {
  const page = await (await startServer(t)).page();
  assert.deepEqual(page.all("label").map((label) => label.attributes.for), ["expression"]);
  assert.equal(page.byId("expression").attributes.name, "expression");
  assert.equal(page.byId("result").attributes["aria-live"], "polite");
});

test("every key of the keypad is there", async (t) => {
  const page = await (await startServer(t)).page();
  const keys = page.all("button").map((button) => button.attributes["data-insert"]).filter(Boolean);
  assert.deepEqual(keys.sort(), [..."0123456789.()^%+−×÷"].sort());
});

test("keys wait for the script, but the form does not", async (t) => {
  const page = await (await startServer(t)).page();
  const shown = page.all("button").filter((button) => !("hidden" in button.attributes));
  assert.deepEqual(shown.map((button) => button.attributes.type), ["submit", "submit"]);
});

test("a posted form leads to its result", async (t) => {
  const client = await startServer(t);
  const answer = await client.postForm("/calculate", { expression: "2 + 3 * 4" });
  assert.deepEqual([answer.status, answer.headers.location], [303, "/?calculation=1"]);
  const page = await client.page(answer.headers.location);
  assert.equal(page.byId("expression").attributes.value, "2 + 3 * 4");
  assert.equal(page.byId("result").text, "= 14");
});

test("a mistake is shown next to what was written", async (t) => {
  const client = await startServer(t);
  const answer = await client.postForm("/calculate", { expression: "2 +" });
  const page = readPage(answer.text);
  assert.equal(answer.status, 400);
  assert.equal(page.byId("expression").attributes.value, "2 +");
  assert.equal(page.byId("expression").attributes["aria-invalid"], "true");
  assert.equal(page.byId("problem").text, "A number is missing at position 4");
});

test("the history shows expressions and results", async (t) => {
  const client = await startServer(t);
  await client.calculate("1 + 2");
  await client.calculate("9 / 4");
  const page = await client.page();
  assert.deepEqual(page.all("li").map((item) => item.text.trim()), ["9 / 4 = 2.25", "1 + 2 = 3"]);
  assert.ok("hidden" in page.byId("history-empty").attributes);
});

test("a line of the history puts its expression back", async (t) => {
  const client = await startServer(t);
  await client.calculate("1+2 % + 3");
  const [link] = (await client.page()).all("a");
  const page = await client.page(link.attributes.href);
  assert.equal(page.byId("expression").attributes.value, "1+2 % + 3");
  assert.equal(page.byId("result").text, "");
});

test("an empty history says so", async (t) => {
  const page = await (await startServer(t)).page();
  assert.ok(!("hidden" in page.byId("history-empty").attributes));
  assert.ok("hidden" in page.byId("clear-history").attributes);
  assert.deepEqual(page.all("li"), []);
});

test("the history can be cleared", async (t) => {
  const client = await startServer(t);
  await client.calculate("1 + 2");
  const answer = await client.postForm("/history/clear", {});
  assert.deepEqual([answer.status, answer.headers.location], [303, "/"]);
  assert.deepEqual((await client.page()).all("li"), []);
});

test("what was written is escaped", async (t) => {
  const client = await startServer(t);
  const answer = await client.postForm("/calculate", { expression: '"><script>alert(1)</script>' });
  const page = readPage(answer.text);
  assert.equal(page.byId("expression").attributes.value, '"><script>alert(1)</script>');
  assert.deepEqual(page.all("script").map((script) => script.attributes.src), ["/static/calculator.js"]);
});

test("forms posted by other sites are refused", async (t) => {
  const client = await startServer(t);
  const fields = { expression: "1" };
  for (const headers of [{ "Sec-Fetch-Site": "cross-site" }, { Origin: "http://elsewhere.example" }, { Origin: "null" }]) {
    assert.equal((await client.postForm("/calculate", fields, headers)).status, 403, JSON.stringify(headers));
  }
  const own = { Origin: `http://127.0.0.1:${client.port}` };
  assert.equal((await client.postForm("/calculate", fields, own)).status, 303);
});

test("everything comes from this server under a strict policy", async (t) => {
  const answer = await (await startServer(t)).get("/");
  assert.match(answer.headers["content-security-policy"], /default-src 'self'/);
  assert.equal(answer.headers["referrer-policy"], "same-origin");
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  assert.doesNotMatch(answer.text, /https?:\/\//);
});

test("the files of the page are served", async (t) => {
  const client = await startServer(t);
  const page = await client.page();
  const files = [...page.all("link").map((link) => link.attributes.href), page.all("script")[0].attributes.src];
  const types = [];
  for (const file of files) types.push((await client.get(file)).headers["content-type"]);
  assert.deepEqual(types, ["image/svg+xml", "text/css; charset=utf-8", "text/javascript; charset=utf-8"]);
});

test("an unknown page is a readable 404", async (t) => {
  const answer = await (await startServer(t)).get("/unknown");
  assert.equal(answer.status, 404);
  assert.equal(readPage(answer.text).all("h1")[0].text, "Error 404");
});
