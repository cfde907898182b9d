// The JSON API over HTTP.

import assert from "node:assert/strict";
import { test } from "node:test";

import { apiRoutes } from "../backend/api.mjs";
import { NoteStore } from "../backend/store.mjs";
import { serve } from "./client.mjs";
import { temporaryPath } from "./folder.mjs";

const NOON = "2024-05-17T12:00:00Z";

async function start(t) {
  const store = new NoteStore(temporaryPath(t, "notes.json"), { now: () => NOON });
  return { store, client: await serve(t, apiRoutes(store)) };
}

async function titles(client, query = "") {
  const reply = await client.get(`/api/notes${query}`);
  return reply.json().notes.map((note) => note.title);
}

test("health", async (t) => {
  const { client } = await start(t);
  const reply = await client.get("/healthz");
  assert.equal(reply.status, 200);
  assert.equal(reply.text, '{"status":"ok"}');
});

test("adding answers 201 with the note and its address", async (t) => {
  const { client } = await start(t);
  const fields = { title: "Trip", body: "Pack a coat. #Travel" };
  const reply = await client.sendJson("POST", "/api/notes", fields);
  assert.equal(reply.status, 201);
  assert.equal(reply.headers.location, "/api/notes/1");
  assert.deepEqual(reply.json(), {
    id: 1, ...fields, created_at: NOON, updated_at: NOON, tags: ["travel"],
  });
  assert.deepEqual((await client.get("/api/notes/1")).json(), reply.json());
});

test("a wrong field is 400 and named", async (t) => {
  const { client } = await start(t);
  for (const [fields, named] of [[{}, /^title/], [{ title: "a", body: 1 }, /^body/]]) {
    const reply = await client.sendJson("POST", "/api/notes", fields);
    assert.equal(reply.status, 400);
    assert.match(reply.json().error, named);
  }
  assert.deepEqual(await titles(client), []);
});

test("search and tag choose, and the newest comes first", async (t) => {
  const { store, client } = await start(t);
  store.add("Bread", "Flour and salt #baking");
  store.add("Soup", "Salt and flour #cooking");
  store.add("Trip");
  assert.deepEqual(await titles(client), ["Trip", "Soup", "Bread"]);
  assert.deepEqual(await titles(client, "?q=SALT+flour"), ["Soup", "Bread"]);
  assert.deepEqual(await titles(client, "?q=salt&tag=%23Baking"), ["Bread"]);
  assert.equal((await client.get(`/api/notes?q=${"x".repeat(201)}`)).status, 400);
  assert.deepEqual((await client.get("/api/tags")).json(), {
    tags: [{ tag: "baking", count: 1 }, { tag: "cooking", count: 1 }],
  });
});

test("a note can be edited", async (t) => {
  const { store, client } = await start(t);
  store.add("Trip", "Pack");
  const reply = await client.sendJson("PATCH", "/api/notes/1", { body: "Pack a #coat" });
  assert.equal(reply.status, 200);
  assert.equal(reply.json().title, "Trip");
  assert.deepEqual(reply.json().tags, ["coat"]);
  assert.deepEqual((await client.get("/api/notes/1")).json(), reply.json());
  assert.equal((await client.sendJson("PATCH", "/api/notes/1", { title: "" })).status, 400);
});

test("deleting answers 204 and then 404", async (t) => {
  const { store, client } = await start(t);
  store.add("Trip");
  assert.equal((await client.send("DELETE", "/api/notes/1")).status, 204);
  for (const method of ["GET", "DELETE"]) {
    assert.equal((await client.send(method, "/api/notes/1")).status, 404);
  }
  assert.equal((await client.sendJson("PATCH", "/api/notes/1", {})).status, 404);
});
