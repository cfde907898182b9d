// Tests of the page and the API over HTTP.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { LANGUAGES } from "../backend/languages.mjs";
import { readPage, startServer } from "./support.mjs";

describe("the greeting as JSON", () => {
  test("a greeting", async (t) => {
    const answer = await (await startServer(t)).get("/api/greeting", { name: "Ada" });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json(), { greeting: "Hello, Ada!", name: "Ada", language: "en" });
    assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
  });

  test("the address decides on the language before the browser", async (t) => {
    const client = await startServer(t);
    const headers = { "Accept-Language": "de" };
    assert.equal((await client.get("/api/greeting", {}, headers)).json().greeting, "Hallo, Welt!");
    assert.equal((await client.get("/api/greeting", { lang: "nl" }, headers)).json().greeting, "Hallo, wereld!");
  });

  test("the answer names its language to caches", async (t) => {
    const { headers } = await (await startServer(t)).get("/api/greeting", {}, { "Accept-Language": "fr" });
    assert.deepEqual([headers["content-language"], headers.vary], ["fr", "Accept-Language"]);
  });

  test("wrong parameters are named", async (t) => {
    const client = await startServer(t);
    const cases = [
      [{ lang: "xx" }, "lang: must be one of en, de, es, fr, it, nl"],
      [{ name: "a".repeat(81) }, "name: must have at most 80 characters"],
      [{ name: "\x07" }, "name: must not have control characters"],
    ];
    for (const [query, error] of cases) {
      const answer = await client.get("/api/greeting", query);
      assert.deepEqual([answer.status, answer.json()], [400, { error }]);
    }
  });

  test("unknown paths and methods", async (t) => {
    const client = await startServer(t);
    assert.equal((await client.get("/api/unknown")).status, 404);
    const answer = await client.send("POST", "/api/greeting");
    assert.deepEqual([answer.status, answer.headers.allow], [405, "GET, HEAD"]);
  });

  test("a body does not cost the answer", async (t) => {
    const client = await startServer(t);
    for (const size of [2, 3 * 1024 * 1024]) {
      assert.equal((await client.send("POST", "/", {}, "x".repeat(size))).status, 405);
    }
  });

  test("HEAD has no body", async (t) => {
    const answer = await (await startServer(t)).send("HEAD", "/api/greeting");
    assert.deepEqual([answer.status, answer.text], [200, ""]);
  });

  test("health", async (t) => {
    const answer = await (await startServer(t)).get("/healthz");
    assert.deepEqual([answer.status, answer.json()], [200, { status: "ok" }]);
  });
});

describe("the page, as a browser without scripts sees it", () => {
  test("the page has a title and fits a phone", async (t) => {
    const page = await (await startServer(t)).page();
    assert.equal(page.all("title")[0].text, "<< name >>");
    const viewport = page.all("meta").find((meta) => meta.attributes.name === "viewport");
    assert.match(viewport.attributes.content, /width=device-width/);
  });

  test("the world is greeted first", async (t) => {
    const page = await (await startServer(t)).page();
    assert.deepEqual(page.all("h1").map((heading) => heading.text), ["Hello, world!"]);
  });

  test("a sent name is greeted and stays in the form", async (t) => {
    const page = await (await startServer(t)).page({ name: "Ada", lang: "it" });
    assert.equal(page.byId("greeting").text, "Ciao, Ada!");
    assert.equal(page.byId("name").attributes.value, "Ada");
  });

  test("the page speaks the language of the browser", async (t) => {
    const page = await (await startServer(t)).page({}, { "Accept-Language": "de-CH" });
    assert.equal(page.all("html")[0].attributes.lang, "de");
    assert.deepEqual(page.all("label").map((label) => label.text), ["Ihr Name", "Sprache"]);
    assert.equal(page.all("button")[0].text, "Grüßen");
  });

  test("every language can be chosen, and the current one is", async (t) => {
    const options = (await (await startServer(t)).page({ lang: "es" })).all("option");
    assert.deepEqual(options.map((option) => option.attributes.value), [...LANGUAGES.keys()]);
    const selected = options.filter((option) => "selected" in option.attributes);
    assert.deepEqual(selected.map((option) => option.text), ["Español"]);
  });

  test("every field has a label, and the greeting is announced", async (t) => {
    const page = await (await startServer(t)).page();
    const fields = [...page.all("input"), ...page.all("select")];
    const labelled = page.all("label").map((label) => label.attributes.for);
    assert.deepEqual(labelled, fields.map((field) => field.attributes.id));
    assert.deepEqual(fields.map((field) => field.attributes.name), ["name", "lang"]);
    assert.equal(page.byId("greeting").attributes["aria-live"], "polite");
  });

  test("names are escaped", async (t) => {
    const page = await (await startServer(t)).page({ name: '"><script>x</script>' });
    assert.equal(page.byId("greeting").text, 'Hello, "><script>x</script>!');
    assert.equal(page.byId("name").attributes.value, '"><script>x</script>');
    assert.deepEqual(page.all("script").map((script) => script.attributes.src), ["/static/greeting.js"]);
  });

  test("a refused name is explained in the language of the page", async (t) => {
    const answer = await (await startServer(t)).get("/", { name: "a".repeat(81), lang: "de" });
    const page = readPage(answer.text);
    assert.deepEqual([answer.status, page.byId("problem").text], [400, "Der Name ist zu lang."]);
    assert.equal(page.byId("name").attributes["aria-invalid"], "true");
  });

  test("everything comes from this server under a strict policy", async (t) => {
    const answer = await (await startServer(t)).get("/");
    assert.match(answer.headers["content-security-policy"], /default-src 'self'/);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.equal(answer.headers["referrer-policy"], "same-origin");
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
    assert.deepEqual([answer.status, readPage(answer.text).all("h1")[0].text], [404, "Error 404"]);
  });
});
