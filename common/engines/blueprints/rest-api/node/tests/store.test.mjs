// Tests of the stored << entity.plural | replace("_", " ") >>.

import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";

import { RecordStore } from "../backend/store.mjs";
import { EXAMPLE, OTHER } from "./examples.mjs";
import { temporaryFolder } from "./folder.mjs";

<% for f in fields if not f.required %>
<% if loop.first %>
const OPTIONAL = "<< f.name >>";
<% endif %>
<% endfor %>
const EARLY = "2024-05-17T09:30:00Z";
const LATE = "2024-05-18T09:30:00Z";
const ALL = { limit: 100, offset: 0, sort: "id", descending: false, filters: [] };

function ids(store, query) {
  return store.find({ ...ALL, ...query }).map((record) => record.id);
}

test("records survive a restart with all their values", async (t) => {
  const folder = join(await temporaryFolder(t), "new", "folder");
  const store = await RecordStore.open(folder, () => EARLY);
  const record = await store.add(EXAMPLE);
  const document = { id: 1, ...EXAMPLE, created_at: EARLY, updated_at: EARLY };
  assert.equal(JSON.stringify(record), JSON.stringify(document));
  await store.close();
  const reopened = await RecordStore.open(folder);
  assert.deepEqual(reopened.get(1), record);
  assert.deepEqual(await readdir(folder), ["<< entity.plural >>.json"]);
});

test("ids are never used again", async (t) => {
  const folder = await temporaryFolder(t);
  const store = await RecordStore.open(folder);
  await store.add(EXAMPLE);
  await store.add(EXAMPLE);
  assert.equal(await store.delete(2), true);
  assert.equal(await store.delete(2), false);
  const reopened = await RecordStore.open(folder);
  assert.equal((await reopened.add(EXAMPLE)).id, 3);
});

test("an update sets the given fields and the time", async (t) => {
  let now = EARLY;
  const store = await RecordStore.open(await temporaryFolder(t), () => now);
  for (const [name, value] of Object.entries(OTHER)) {
    now = EARLY;
    const record = await store.add(EXAMPLE);
    now = LATE;
    const changed = await store.update(record.id, { [name]: value });
    assert.deepEqual({ ...changed }, { ...record, [name]: value, updated_at: LATE });
  }
  assert.equal(await store.update(99, OTHER), undefined);
});

test("every field sorts in both directions", async (t) => {
  const store = await RecordStore.open(await temporaryFolder(t));
  for (const values of [EXAMPLE, OTHER, EXAMPLE]) await store.add(values);
  for (const name of Object.keys(EXAMPLE)) {
    const rising = EXAMPLE[name] < OTHER[name];
    assert.deepEqual(ids(store, { sort: name }), rising ? [1, 3, 2] : [2, 1, 3], name);
    assert.deepEqual(ids(store, { sort: name, descending: true }), rising ? [2, 1, 3] : [1, 3, 2], name);
  }
});
<% for f in fields if not f.required %>
<% if loop.first %>

test("null sorts before every value", async (t) => {
  const store = await RecordStore.open(await temporaryFolder(t));
  await store.add(EXAMPLE);
  await store.add({ ...EXAMPLE, [OPTIONAL]: null });
  assert.deepEqual(ids(store, { sort: OPTIONAL }), [2, 1]);
  assert.deepEqual(ids(store, { sort: OPTIONAL, descending: true }), [1, 2]);
});
<% endif %>
<% endfor %>

test("nothing is lost when many come at once", async (t) => {
  const store = await RecordStore.open(await temporaryFolder(t));
  await Promise.all(Array.from({ length: 10 }, () => store.add(EXAMPLE)));
  assert.deepEqual(ids(store), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("a damaged file is reported and not replaced", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "<< entity.plural >>.json"), "{");
  await assert.rejects(RecordStore.open(folder), /<< entity.plural >>\.json cannot be read/);
});
