// Tests of the redirects and of the JSON API over a real connection.

import assert from "node:assert/strict";
import test from "node:test";

import { startServer } from "./support.mjs";

const TARGET = "https://example.com/a/long/page?with=query";

test("a short link redirects and counts", async (t) => {
  const client = await startServer(t);
  await client.postJson("/api/links", { url: TARGET, alias: "sale" });
  for (let visit = 0; visit < 2; visit += 1) {
    const reply = await client.get("/sale");
    assert.equal(reply.status, 302);
    assert.equal(reply.headers.location, TARGET);
    assert.equal(reply.headers["cache-control"], "no-store");
  }
  assert.equal((await client.get("/api/links/sale")).json().hits, 2);
});

test("capital letters do not matter and a HEAD request is no visit", async (t) => {
  const client = await startServer(t);
  await client.postJson("/api/links", { url: TARGET, alias: "Sale" });
  assert.equal((await client.request("HEAD", "/SALE")).headers.location, TARGET);
  assert.equal((await client.get("/api/links/sale")).json().hits, 0);
});

test("an unknown code is not found", async (t) => {
  const client = await startServer(t);
  const reply = await client.get("/unknown");
  assert.equal(reply.status, 404);
  assert.equal(reply.page().one("h2").text, "Page not found");
});

test("creating a link returns it", async (t) => {
  const client = await startServer(t);
  const reply = await client.postJson("/api/links", { url: TARGET });
  const link = reply.json();
  assert.equal(reply.status, 201);
  assert.equal(reply.headers.location, `/api/links/${link.code}`);
  assert.equal(link.url, TARGET);
  assert.equal(link.hits, 0);
  assert.equal(link.short_url, `http://${client.host}/${link.code}`);
  assert.deepEqual((await client.get(`/api/links/${link.code}`)).json(), link);
});

test("the list has the newest first and pages", async (t) => {
  const client = await startServer(t);
  for (const alias of ["one", "two", "three"]) {
    await client.postJson("/api/links", { url: TARGET, alias });
  }
  const document = (await client.get("/api/links?limit=2&offset=1")).json();
  assert.deepEqual(document.links.map((link) => link.code), ["two", "one"]);
  assert.deepEqual([document.total, document.limit, document.offset], [3, 2, 1]);
  for (const query of ["limit=0", "limit=201", "limit=x", "offset=-1"]) {
    const reply = await client.get(`/api/links?${query}`);
    assert.equal(reply.status, 400);
    assert.ok(reply.json().error.startsWith(query.split("=")[0]), query);
  }
});

test("deleting a link", async (t) => {
  const client = await startServer(t);
  await client.postJson("/api/links", { url: TARGET, alias: "sale" });
  assert.equal((await client.request("DELETE", "/api/links/sale")).status, 204);
  assert.equal((await client.get("/sale")).status, 404);
  assert.equal((await client.request("DELETE", "/api/links/sale")).status, 404);
});

test("wrong input names the field", async (t) => {
  const client = await startServer(t);
  const cases = [
    [{}, "url is required"],
    [{ url: "ftp://example.com/" }, "url must start with http:// or https://"],
    [{ url: 7 }, "url must be text"],
    [{ url: TARGET, alias: "api" }, "alias must not be api, which is reserved"],
    [{ url: TARGET, alias: ["x"] }, "alias must be text"],
    [{ url: TARGET, colour: "red" }, "colour is not a known field"],
  ];
  for (const [document, message] of cases) {
    const reply = await client.postJson("/api/links", document);
    assert.equal(reply.status, 400);
    assert.deepEqual(reply.json(), { error: message });
  }
  assert.equal((await client.get("/api/links")).json().total, 0);
});

test("links to the service itself are refused", async (t) => {
  const client = await startServer(t);
  for (const url of [`http://${client.host}/abc`, `http://localhost:${client.port}/`]) {
    const reply = await client.postJson("/api/links", { url });
    assert.equal(reply.status, 400);
    assert.match(reply.json().error, /this service itself/);
  }
});

test("a taken alias is a conflict", async (t) => {
  const client = await startServer(t);
  await client.postJson("/api/links", { url: TARGET, alias: "sale" });
  const reply = await client.postJson("/api/links", { url: "https://example.com/", alias: "sale" });
  assert.equal(reply.status, 409);
  assert.equal(reply.json().error, "alias sale is already taken");
});

test("the public address is used where it is set", async (t) => {
  const client = await startServer(t, "https://go.example");
  const link = (await client.postJson("/api/links", { url: TARGET, alias: "sale" })).json();
  assert.equal(link.short_url, "https://go.example/sale");
  const own = await client.postJson("/api/links", { url: "https://go.example/x" });
  assert.equal(own.status, 400);
});

test("a wrong method names the right ones", async (t) => {
  const client = await startServer(t);
  const reply = await client.request("PUT", "/api/links");
  assert.equal(reply.status, 405);
  assert.equal(reply.headers.allow, "GET, POST, HEAD");
});

test("bodies must be small JSON objects", async (t) => {
  const client = await startServer(t);
  const headers = { "Content-Type": "application/json" };
  for (const body of ["{", "[]", "null", Buffer.from([0xff]), "[".repeat(60000)]) {
    assert.equal((await client.request("POST", "/api/links", body, headers)).status, 400);
  }
  assert.equal((await client.request("POST", "/api/links", "url=x")).status, 415);
  for (const size of [64 * 1024, 3 * 1024 * 1024]) {
    const large = await client.postJson("/api/links", { url: "a".repeat(size) });
    assert.equal(large.status, 413);
  }
});

test("every answer carries the security headers", async (t) => {
  const client = await startServer(t);
  for (const path of ["/", "/unknown", "/api/links", "/static/style.css"]) {
    const { headers } = await client.get(path);
    assert.match(headers["content-security-policy"], /default-src 'self'/, path);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
  }
});

test("only the front-end files are served", async (t) => {
  const client = await startServer(t);
  assert.match((await client.get("/static/style.css")).headers["content-type"], /text\/css/);
  for (const path of ["/static/../backend/config.mjs", "/static/%2e%2e/README.md", "/static/"]) {
    assert.equal((await client.get(path)).status, 404, path);
  }
});
