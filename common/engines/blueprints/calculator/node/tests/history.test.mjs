// Tests of the history.

import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../backend/history.mjs";

test("the newest calculation comes first", () => {
  const history = new History();
  history.add("1+1", "2");
  history.add("2+2", "4");
  assert.deepEqual(history.list().map((entry) => entry.expression), ["2+2", "1+1"]);
});

test("only the last twenty are kept", () => {
  const history = new History();
  for (let number = 0; number < 25; number += 1) history.add(String(number), String(number));
  const expected = Array.from({ length: 20 }, (_, index) => String(24 - index));
  assert.deepEqual(history.list().map((entry) => entry.expression), expected);
});

test("a calculation is found by its number until it is forgotten", () => {
  const history = new History();
  const added = history.add("1+1", "2");
  assert.deepEqual(history.find(String(added.id)), added);
  history.clear();
  assert.equal(history.find(String(added.id)), undefined);
});

test("numbers are not used twice after clearing", () => {
  const history = new History();
  const first = history.add("1", "1");
  history.clear();
  assert.notEqual(history.add("2", "2").id, first.id);
});
