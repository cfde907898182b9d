// The store keeps notes, also across a restart.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";

import { NoteStore } from "../backend/store.mjs";
import { temporaryPath } from "./folder.mjs";

const FIRST = "2024-05-17T12:00:00Z";
const LATER = "2024-05-18T09:30:00Z";

test("a change keeps the rest and notes its time", (t) => {
  let now = FIRST;
  const store = new NoteStore(temporaryPath(t, "notes.json"), { now: () => now });
  const note = store.add("Trip", "Pack");
  assert.deepEqual(note, {
    id: 1, title: "Trip", body: "Pack", created_at: FIRST, updated_at: FIRST, tags: [],
  });
  now = LATER;
  const changed = store.update(1, { body: "Pack a #coat" });
  assert.deepEqual(changed, { ...note, body: "Pack a #coat", updated_at: LATER, tags: ["coat"] });
  assert.deepEqual(store.get(1), changed);
});

test("the newest note comes first", (t) => {
  const store = new NoteStore(temporaryPath(t, "notes.json"));
  for (const title of ["one", "two", "three"]) store.add(title);
  store.update(1, { title: "one more" });
  assert.deepEqual(
    store.newestFirst().map((note) => note.title),
    ["three", "two", "one more"],
  );
});

test("a deleted note is gone and its id is not used again", (t) => {
  const store = new NoteStore(temporaryPath(t, "notes.json"));
  const first = store.add("one");
  assert.equal(store.delete(first.id), true);
  assert.equal(store.delete(first.id), false);
  assert.equal(store.get(first.id), undefined);
  assert.equal(store.update(first.id, { title: "two" }), undefined);
  assert.notEqual(store.add("two").id, first.id);
});

test("notes survive a restart and nothing but the file is left behind", (t) => {
  const path = temporaryPath(t, "notes.json");
  const store = new NoteStore(path);
  store.add("Trip", "Pack\n\n#travel");
  const again = new NoteStore(path);
  assert.deepEqual(again.newestFirst(), store.newestFirst());
  assert.equal(again.add("Walk").id, 2);
  assert.deepEqual(readdirSync(dirname(path)), ["notes.json"]);
});

test("a file that is not ours is refused and left as it is", (t) => {
  for (const text of ["not json\n", "{}", "null"]) {
    const path = temporaryPath(t, "notes.json");
    writeFileSync(path, text);
    assert.throws(() => new NoteStore(path), { message: /notes\.json (is not|does not)/ });
    assert.equal(readFileSync(path, "utf8"), text);
  }
});
