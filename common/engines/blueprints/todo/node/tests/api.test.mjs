// The JSON API over HTTP.

import assert from "node:assert/strict";
import { test } from "node:test";

import { apiRoutes } from "../backend/api.mjs";
import { TodoStore } from "../backend/store.mjs";
import { serve } from "./client.mjs";
import { temporaryPath } from "./folder.mjs";

const NOON = "2024-05-17T12:00:00Z";

async function start(t) {
  const store = new TodoStore(temporaryPath(t, "todos.json"), { now: () => NOON });
  return { store, client: await serve(t, apiRoutes(store)) };
}

async function titles(client, query = "") {
  const reply = await client.get(`/api/todos${query}`);
  return reply.json().todos.map((todo) => todo.title);
}

test("health", async (t) => {
  const { client } = await start(t);
  const reply = await client.get("/healthz");
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.json(), { status: "ok" });
});

test("adding answers 201 with the todo and its address", async (t) => {
  const { client } = await start(t);
  const reply = await client.sendJson("POST", "/api/todos", { title: "Buy milk", due: "2024-05-20" });
  assert.equal(reply.status, 201);
  assert.equal(reply.headers.location, "/api/todos/1");
  assert.deepEqual(reply.json(), {
    id: 1, title: "Buy milk", done: false, due: "2024-05-20", created_at: NOON,
  });
  assert.deepEqual((await client.get("/api/todos/1")).json(), reply.json());
});

test("a wrong field is 400 and named", async (t) => {
  const { client } = await start(t);
  for (const [fields, named] of [[{}, /^title/], [{ title: "a", due: "soon" }, /^due/]]) {
    const reply = await client.sendJson("POST", "/api/todos", fields);
    assert.equal(reply.status, 400);
    assert.match(reply.json().error, named);
  }
  assert.deepEqual(await titles(client), []);
});

test("a todo can be renamed, completed and reopened", async (t) => {
  const { store, client } = await start(t);
  store.add("Buy milk", "2024-05-20");
  const change = async (fields) => (await client.sendJson("PATCH", "/api/todos/1", fields)).json();
  const renamed = await change({ title: "Buy oat milk" });
  assert.equal(renamed.title, "Buy oat milk");
  assert.equal(renamed.due, "2024-05-20");
  for (const done of [true, false]) {
    assert.equal((await change({ done })).done, done);
    assert.equal((await client.get("/api/todos/1")).json().done, done);
  }
  assert.equal((await change({ due: null })).due, null);
});

test("the filter chooses and the counts stay whole", async (t) => {
  const { store, client } = await start(t);
  store.add("one");
  store.add("two");
  store.update(2, { done: true });
  assert.deepEqual(await titles(client, "?filter=open"), ["one"]);
  assert.deepEqual(await titles(client, "?filter=done"), ["two"]);
  const { counts } = (await client.get("/api/todos?filter=done")).json();
  assert.deepEqual(counts, { all: 2, open: 1, done: 1 });
  assert.equal((await client.get("/api/todos?filter=late")).status, 400);
});

test("deleting answers 204 and then 404", async (t) => {
  const { store, client } = await start(t);
  store.add("Buy milk");
  assert.equal((await client.send("DELETE", "/api/todos/1")).status, 204);
  for (const method of ["GET", "DELETE"]) {
    assert.equal((await client.send(method, "/api/todos/1")).status, 404);
  }
  assert.equal((await client.sendJson("PATCH", "/api/todos/1", {})).status, 404);
});

test("clear completed says how many it removed", async (t) => {
  const { store, client } = await start(t);
  store.add("one");
  store.add("two");
  store.update(1, { done: true });
  const reply = await client.send("POST", "/api/todos/clear-completed");
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.json(), { removed: 1 });
  assert.deepEqual(await titles(client), ["two"]);
});
