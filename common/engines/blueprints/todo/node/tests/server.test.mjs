// What the server does with every request, whatever the app.

import assert from "node:assert/strict";
import { test } from "node:test";

import { htmlResponse, jsonResponse, seeOther } from "../backend/web.mjs";
import { serve } from "./client.mjs";

const ROUTES = [
  ["GET", "/", () => htmlResponse(200, "<p>é</p>")],
  ["POST", "/form", (request) => seeOther(`/?${request.form().name}`)],
  ["POST", "/api/echo", (request) => jsonResponse(200, request.json())],
  ["GET", "/api/number/{id}", (request, id) => jsonResponse(200, id)],
  ["GET", "/api/fail", () => { throw new Error("a secret detail"); }],
];

function post(client, body) {
  return client.send("POST", "/api/echo", { body, headers: { "Content-Type": "application/json" } });
}

test("every answer has the security headers", async (t) => {
  const client = await serve(t, ROUTES);
  for (const path of ["/", "/nothing", "/api/nothing"]) {
    const { headers } = await client.get(path);
    assert.match(headers["content-security-policy"], /default-src 'self'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
  }
});

test("HEAD is GET without a body", async (t) => {
  const client = await serve(t, ROUTES);
  const reply = await client.send("HEAD", "/");
  assert.equal(reply.status, 200);
  assert.equal(reply.text, "");
  assert.equal(reply.headers["content-length"], "9");
});

test("an unknown address is 404, as JSON or as a page", async (t) => {
  const client = await serve(t, ROUTES);
  assert.ok((await client.get("/api/nothing")).json().error);
  const reply = await client.get("/nothing");
  assert.equal(reply.status, 404);
  assert.match(reply.text, /Page not found/);
  assert.equal((await client.get("/api/number/12")).json(), 12);
  for (const bad of ["0", "-1", "1.5", "x", "9".repeat(30)]) {
    assert.equal((await client.get(`/api/number/${bad}`)).status, 404, bad);
  }
});

test("a wrong method is 405 and says what is allowed", async (t) => {
  const client = await serve(t, ROUTES);
  const reply = await client.send("DELETE", "/");
  assert.equal(reply.status, 405);
  assert.equal(reply.headers.allow, "GET, HEAD");
  assert.equal((await client.get("/api/echo")).headers.allow, "POST");
});

test("a body has at most 64 KiB", async (t) => {
  const client = await serve(t, ROUTES);
  const ofSize = (size) => `{"a":"${"x".repeat(size - 8)}"}`;
  assert.equal((await post(client, ofSize(64 * 1024))).status, 200);
  assert.equal((await post(client, ofSize(64 * 1024 + 1))).status, 413);
  assert.equal((await post(client, ofSize(3 * 1024 * 1024))).status, 413);
});

test("the content type must fit", async (t) => {
  const client = await serve(t, ROUTES);
  for (const headers of [{}, { "Content-Type": "text/plain" }]) {
    assert.equal((await client.send("POST", "/api/echo", { body: "{}", headers })).status, 415);
  }
  assert.equal((await client.sendJson("POST", "/form", { name: "a" })).status, 415);
});

test("what is not a JSON object is 400", async (t) => {
  const client = await serve(t, ROUTES);
  for (const text of ["", "{", "[1]", '"a"', "null", "[".repeat(60000)]) {
    const reply = await post(client, text);
    assert.equal(reply.status, 400);
    assert.match(reply.json().error, /JSON/);
  }
});

test("forms from other sites are refused", async (t) => {
  const client = await serve(t, ROUTES);
  const own = `http://127.0.0.1:${client.port}`;
  const cases = [
    [{}, 303],
    [{ Origin: own }, 303],
    [{ "Sec-Fetch-Site": "same-origin", Origin: "null" }, 303],
    [{ Origin: "https://elsewhere.example" }, 403],
    [{ Origin: "null" }, 403],
    [{ "Sec-Fetch-Site": "cross-site" }, 403],
    [{ "Sec-Fetch-Site": "same-site", Origin: own }, 403],
  ];
  for (const [headers, status] of cases) {
    const reply = await client.postForm("/form", { name: "a" }, headers);
    assert.equal(reply.status, status, JSON.stringify(headers));
  }
});

test("a failure is 500, is logged, and tells no details", async (t) => {
  const lines = [];
  const client = await serve(t, ROUTES, { log: (line) => lines.push(line) });
  const reply = await client.get("/api/fail");
  assert.equal(reply.status, 500);
  assert.doesNotMatch(reply.text, /secret/);
  assert.match(lines[0], /a secret detail/);
});
