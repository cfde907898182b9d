// Tests of the JSON API over HTTP.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startServer } from "./support.mjs";

const JSON_TYPE = { "Content-Type": "application/json" };

test("a calculation is answered as text", async (t) => {
  const client = await startServer(t);
  const answer = await client.calculate(" 0.1 + 0.2 ");
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), { id: 1, expression: "0.1 + 0.2", result: "0.3" });
});

test("an error names the field and the position", async (t) => {
  const client = await startServer(t);
  const answer = await client.calculate("8 / 0");
  assert.equal(answer.status, 400);
  assert.deepEqual(answer.json(), { error: "expression: Division by zero at position 3", position: 3 });
});

test("the history holds what was calculated and no errors", async (t) => {
  const client = await startServer(t);
  await client.calculate("1+1");
  await client.calculate("1+");
  await client.calculate("2+2");
  const { history } = (await client.get("/api/history")).json();
  assert.deepEqual(history.map((entry) => [entry.expression, entry.result]), [["2+2", "4"], ["1+1", "2"]]);
});

test("the history can be cleared", async (t) => {
  const client = await startServer(t);
  await client.calculate("1+1");
  const answer = await client.send("DELETE", "/api/history");
  assert.deepEqual([answer.status, answer.text], [204, ""]);
  assert.deepEqual((await client.get("/api/history")).json(), { history: [] });
});

test("wrong bodies are refused", async (t) => {
  const client = await startServer(t);
  const bodies = ["", "not json", "[]", "null", "{}", '{"expression": 12}', Buffer.from([0xff]), "[".repeat(60000)];
  for (const body of bodies) {
    const answer = await client.send("POST", "/api/calculate", body, JSON_TYPE);
    assert.equal(answer.status, 400, String(body).slice(0, 20));
    assert.ok(answer.json().error);
  }
});

test("another content type is refused", async (t) => {
  const client = await startServer(t);
  const answer = await client.send("POST", "/api/calculate", '{"expression": "1"}', { "Content-Type": "text/plain" });
  assert.equal(answer.status, 415);
});

test("a large body is refused", async (t) => {
  const client = await startServer(t);
  for (const size of [64 * 1024 + 1, 3 * 1024 * 1024]) {
    const answer = await client.send("POST", "/api/calculate", "1".repeat(size), JSON_TYPE);
    assert.equal(answer.status, 413);
  }
});

test("unknown paths and methods", async (t) => {
  const client = await startServer(t);
  assert.equal((await client.get("/api/unknown")).status, 404);
  const answer = await client.send("PUT", "/api/history");
  assert.deepEqual([answer.status, answer.headers.allow], [405, "DELETE, GET, HEAD"]);
});

test("requests from other sites are refused", async (t) => {
  const client = await startServer(t);
  await client.calculate("1+1");
  const answer = await client.send("DELETE", "/api/history", undefined, { Origin: "http://elsewhere.example" });
  assert.equal(answer.status, 403);
  assert.equal((await client.get("/api/history")).json().history.length, 1);
});

test("health", async (t) => {
  const client = await startServer(t);
  const answer = await client.get("/healthz");
  assert.deepEqual([answer.status, answer.json()], [200, { status: "ok" }]);
});
