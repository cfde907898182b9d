// The store keeps todos, also across a restart.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";

import { TodoStore } from "../backend/store.mjs";
import { temporaryPath } from "./folder.mjs";

const NOON = "2024-05-17T12:00:00Z";

function open(path) {
  return new TodoStore(path, { now: () => NOON });
}

function newStore(t) {
  return open(temporaryPath(t, "todos.json"));
}

function titles(store, which) {
  return store.select(which).map((todo) => todo.title);
}

test("a new todo is open and can be changed field by field", (t) => {
  const store = newStore(t);
  const todo = store.add("Buy milk", "2024-05-20");
  const expected = { id: 1, title: "Buy milk", done: false, due: "2024-05-20", created_at: NOON };
  assert.deepEqual(todo, expected);
  const changed = store.update(1, { title: "Buy oat milk" });
  assert.deepEqual(changed, { ...expected, title: "Buy oat milk" });
  assert.deepEqual(store.get(1), changed);
});

test("filters show their share in the order of adding", (t) => {
  const store = newStore(t);
  for (const title of ["one", "two", "three"]) store.add(title);
  store.update(2, { done: true });
  assert.deepEqual(titles(store), ["one", "two", "three"]);
  assert.deepEqual(titles(store, "open"), ["one", "three"]);
  assert.deepEqual(titles(store, "done"), ["two"]);
  assert.deepEqual(store.counts(), { all: 3, open: 2, done: 1 });
});

test("clear completed removes only what is done", (t) => {
  const store = newStore(t);
  store.add("one");
  store.add("two");
  store.update(1, { done: true });
  assert.equal(store.clearCompleted(), 1);
  assert.deepEqual(titles(store), ["two"]);
});

test("a deleted todo is gone and its id is not used again", (t) => {
  const store = newStore(t);
  const first = store.add("one");
  assert.equal(store.delete(first.id), true);
  assert.equal(store.delete(first.id), false);
  assert.equal(store.get(first.id), undefined);
  assert.equal(store.update(first.id, { done: true }), undefined);
  assert.notEqual(store.add("two").id, first.id);
});

test("todos survive a restart and nothing but the file is left behind", (t) => {
  const path = temporaryPath(t, "todos.json");
  const store = open(path);
  store.add("Buy milk");
  store.update(1, { done: true });
  const again = open(path);
  assert.deepEqual(again.select(), store.select());
  assert.equal(again.counts().done, 1);
  assert.equal(again.add("Walk").id, 2);
  assert.deepEqual(readdirSync(dirname(path)), ["todos.json"]);
});

test("a file that is not ours is refused and left as it is", (t) => {
  for (const text of ["not json\n", "{}", "null"]) {
    const path = temporaryPath(t, "todos.json");
    writeFileSync(path, text);
    assert.throws(() => open(path), { message: /todos\.json (is not|does not)/ });
    assert.equal(readFileSync(path, "utf8"), text);
  }
});
