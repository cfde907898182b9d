// Tests of the JSON API over a real connection.

import assert from "node:assert/strict";
import test from "node:test";

import { FIELDS } from "../backend/models.mjs";
import { PARAMETERS, SORTABLE } from "../backend/queries.mjs";
import { COLLECTION, EXAMPLE, OTHER } from "./examples.mjs";
import { startServer } from "./support.mjs";

const FIRST = "<< fields[0].name >>";
const NAMES = FIELDS.map((field) => field.name);

// The fields of a document that clients may set.
function given(document) {
  return Object.fromEntries(NAMES.map((name) => [name, document[name]]));
}

async function ids(client, query) {
  const { items } = (await client.get(`${COLLECTION}?${query}`)).json();
  return items.map((item) => item.id);
}

test("creating returns the record and its place", async (t) => {
  const client = await startServer(t);
  const reply = await client.create(EXAMPLE);
  const document = reply.json();
  assert.equal(reply.headers.location, `${COLLECTION}/1`);
  assert.deepEqual(given(document), EXAMPLE);
  assert.equal(document.created_at, document.updated_at);
  assert.match(document.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual((await client.get(`${COLLECTION}/1`)).json(), document);
});

test("putting replaces every field and clears those left out", async (t) => {
  const client = await startServer(t);
  await client.create(EXAMPLE);
  const reply = await client.sendJson("PUT", `${COLLECTION}/1`, OTHER);
  assert.equal(reply.status, 200);
  assert.deepEqual(given(reply.json()), OTHER);
  assert.deepEqual((await client.get(`${COLLECTION}/1`)).json(), reply.json());
  const required = FIELDS.filter((field) => field.required).map((field) => field.name);
  const short = Object.fromEntries(required.map((name) => [name, OTHER[name]]));
  const cleared = (await client.sendJson("PUT", `${COLLECTION}/1`, short)).json();
  for (const name of NAMES) {
    assert.equal(cleared[name], required.includes(name) ? OTHER[name] : null, name);
  }
});

test("patching changes one field", async (t) => {
  const client = await startServer(t);
  for (const name of NAMES) {
    const record = (await client.create(EXAMPLE)).json();
    const path = `${COLLECTION}/${record.id}`;
    const document = (await client.sendJson("PATCH", path, { [name]: OTHER[name] })).json();
    const expected = { ...record, [name]: OTHER[name], updated_at: document.updated_at };
    assert.deepEqual(document, expected);
  }
  const headers = { "Content-Type": "application/merge-patch+json" };
  assert.equal((await client.request("PATCH", `${COLLECTION}/1`, "{}", headers)).status, 200);
  assert.equal((await client.request("PUT", `${COLLECTION}/1`, "{}", headers)).status, 415);
});

test("deleting", async (t) => {
  const client = await startServer(t);
  await client.create(EXAMPLE);
  const reply = await client.request("DELETE", `${COLLECTION}/1`);
  assert.equal(reply.status, 204);
  assert.equal(reply.body, "");
  assert.equal((await client.get(`${COLLECTION}/1`)).status, 404);
});

test("unknown ids are not found", async (t) => {
  const client = await startServer(t);
  for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
    for (const place of ["1", "0", "x", "999999999999999999999"]) {
      const reply = await client.sendJson(method, `${COLLECTION}/${place}`, EXAMPLE);
      assert.equal(reply.status, 404, `${method} ${place}`);
      assert.match(reply.json().error, /^there is no/);
    }
  }
});

test("wrong documents change nothing", async (t) => {
  const client = await startServer(t);
  const record = (await client.create(EXAMPLE)).json();
  for (const [method, path, document] of [
    ["POST", COLLECTION, {}],
    ["PUT", `${COLLECTION}/1`, {}],
    ["PATCH", `${COLLECTION}/1`, { [FIRST]: null }],
  ]) {
    const reply = await client.sendJson(method, path, document);
    assert.equal(reply.status, 400, method);
    assert.ok(reply.json().error.includes(`${FIRST} is required`), reply.body);
  }
  assert.deepEqual((await client.get(COLLECTION)).json().items, [record]);
});

test("the list is paged", async (t) => {
  const client = await startServer(t);
  const empty = { items: [], total: 0, limit: 20, offset: 0 };
  assert.deepEqual((await client.get(COLLECTION)).json(), empty);
  await client.create(EXAMPLE, OTHER, EXAMPLE);
  const document = (await client.get(`${COLLECTION}?limit=1&offset=1`)).json();
  assert.deepEqual(document.items.map((item) => item.id), [2]);
  assert.deepEqual([document.total, document.limit, document.offset], [3, 1, 1]);
});

test("every field filters and the list is sorted", async (t) => {
  const client = await startServer(t);
  await client.create(EXAMPLE, OTHER);
  for (const name of NAMES) {
    const query = new URLSearchParams({ [PARAMETERS[name]]: OTHER[name] });
    assert.deepEqual(await ids(client, query), [2], name);
  }
  const first = EXAMPLE[FIRST] < OTHER[FIRST] ? 1 : 2;
  assert.deepEqual(await ids(client, `sort=${FIRST}`), [first, 3 - first]);
  assert.deepEqual(await ids(client, `sort=-${FIRST}`), [3 - first, first]);
});

test("wrong queries are refused", async (t) => {
  const client = await startServer(t);
  for (const query of ["limit=0", "limit=101", "offset=x", "sort=no-such-field", "no-such-field=1"]) {
    const reply = await client.get(`${COLLECTION}?${query}`);
    assert.equal(reply.status, 400, query);
    assert.ok(reply.json().error.startsWith(query.split("=")[0]), reply.body);
  }
});

test("a wrong method names the right ones", async (t) => {
  const client = await startServer(t);
  for (const [path, allowed] of [
    [COLLECTION, "GET, POST, HEAD"],
    [`${COLLECTION}/1`, "GET, PUT, PATCH, DELETE, HEAD"],
    ["/openapi.json", "GET, HEAD"],
  ]) {
    const reply = await client.request("OPTIONS", path);
    assert.equal(reply.status, 405, path);
    assert.equal(reply.headers.allow, allowed);
  }
});

test("bodies must be small JSON objects", async (t) => {
  const client = await startServer(t);
  const headers = { "Content-Type": "application/json" };
  for (const body of ["", "{", "[]", "null", Buffer.from([0xff]), "[".repeat(60000)]) {
    assert.equal((await client.request("POST", COLLECTION, body, headers)).status, 400);
  }
  assert.equal((await client.request("POST", COLLECTION, "{}")).status, 415);
  for (const size of [64 * 1024, 3 * 1024 * 1024]) {
    const large = await client.sendJson("POST", COLLECTION, { [FIRST]: "a".repeat(size) });
    assert.equal(large.status, 413);
  }
  assert.equal((await client.get(COLLECTION)).json().total, 0);
});

test("changes from other sites are refused", async (t) => {
  const client = await startServer(t);
  await client.create(EXAMPLE);
  for (const headers of [{ "Sec-Fetch-Site": "cross-site" }, { Origin: "https://evil.example" }]) {
    const reply = await client.request("DELETE", `${COLLECTION}/1`, "", headers);
    assert.equal(reply.status, 403, JSON.stringify(headers));
  }
  const own = { Origin: `http://${client.host}` };
  assert.equal((await client.request("DELETE", `${COLLECTION}/1`, "", own)).status, 204);
});

test("every answer carries the security headers", async (t) => {
  const client = await startServer(t);
  for (const path of ["/", "/unknown", COLLECTION, "/static/style.css"]) {
    const { headers } = await client.get(path);
    assert.match(headers["content-security-policy"], /default-src 'self'/, path);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "same-origin");
  }
});

test("the OpenAPI document describes the fields and the query", async (t) => {
  const client = await startServer(t);
  const document = (await client.get("/openapi.json")).json();
  assert.match(document.openapi, /^3\.1/);
  const { schemas } = document.components;
  const required = FIELDS.filter((field) => field.required).map((field) => field.name);
  const record = (await client.create(EXAMPLE)).json();
  assert.deepEqual(Object.keys(schemas.<< entity.class >>Input.properties), NAMES);
  assert.deepEqual(schemas.<< entity.class >>Input.required, required);
  assert.deepEqual(Object.keys(schemas.<< entity.class >>.properties), Object.keys(record));
  const { parameters } = document.paths[COLLECTION].get;
  const names = parameters.map((parameter) => parameter.name);
  assert.deepEqual(names, ["limit", "offset", "sort", ...Object.values(PARAMETERS)]);
  assert.deepEqual(parameters[2].schema.enum, SORTABLE.flatMap((name) => [name, `-${name}`]));
});

test("every operation of the OpenAPI document is served", async (t) => {
  const client = await startServer(t);
  await client.create(EXAMPLE);
  const { paths } = (await client.get("/openapi.json")).json();
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations).filter((name) => name !== "parameters")) {
      const reply = await client.sendJson(method.toUpperCase(), path.replace("{id}", "1"), EXAMPLE);
      assert.ok(reply.status < 300, `${method} ${path}`);
    }
  }
});
