// Tests of the stored links.

import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";

import { LinkStore } from "../backend/store.mjs";
import { temporaryFolder } from "./folder.mjs";

function link(code) {
  return { code, url: "https://example.com/", hits: 0, createdAt: "2024-05-17T09:30:00Z" };
}

test("links survive a restart", async (t) => {
  const folder = join(await temporaryFolder(t), "new", "folder");
  const store = await LinkStore.open(folder);
  await store.add(link("first"));
  await store.recordHit("first");
  await store.close();
  const reopened = await LinkStore.open(folder);
  assert.deepEqual(reopened.get("first"), { ...link("first"), hits: 1 });
  assert.deepEqual(await readdir(folder), ["links.json"]);
});

test("the newest link comes first", async (t) => {
  const store = await LinkStore.open(await temporaryFolder(t));
  for (const code of ["one", "two", "three"]) await store.add(link(code));
  assert.deepEqual(store.newest(2).map((item) => item.code), ["three", "two"]);
  assert.deepEqual(store.newest(2, 2).map((item) => item.code), ["one"]);
  assert.equal(store.count(), 3);
});

test("no visit is lost when many come at once", async (t) => {
  const store = await LinkStore.open(await temporaryFolder(t));
  await store.add(link("one"));
  await Promise.all(Array.from({ length: 20 }, () => store.recordHit("one")));
  assert.equal(store.get("one").hits, 20);
});

test("a damaged file is reported and not replaced", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "links.json"), "{");
  await assert.rejects(LinkStore.open(folder), /links\.json cannot be read/);
});
