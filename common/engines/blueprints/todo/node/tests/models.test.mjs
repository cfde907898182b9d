// The rules for the fields of a todo.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cleanChanges, cleanDue, cleanFilter, cleanNew, cleanTitle, isOverdue,
} from "../backend/models.mjs";

test("a title is tidied and may have 200 characters", () => {
  assert.equal(cleanTitle("  Buy \n  milk "), "Buy milk");
  assert.equal(cleanTitle("😀".repeat(200)), "😀".repeat(200));
  assert.throws(() => cleanTitle("é".repeat(201)), { message: "title must be at most 200 characters" });
});

test("what is not a title is refused", () => {
  for (const value of [undefined, null, "", " \t ", 7, ["a"], "\ud800"]) {
    assert.throws(() => cleanTitle(value), { field: "title" }, String(value));
  }
});

test("a due date is a real day or nothing", () => {
  assert.equal(cleanDue("2024-02-29"), "2024-02-29");
  assert.equal(cleanDue(""), null);
  assert.equal(cleanDue(null), null);
  for (const value of ["2023-02-29", "20240517", "17/05/2024", "tomorrow", 20240517]) {
    assert.throws(() => cleanDue(value), { field: "due" }, String(value));
  }
});

test("a new todo needs a title and a change only what it changes", () => {
  assert.deepEqual(cleanNew({ title: "Walk" }), { title: "Walk", due: null });
  assert.deepEqual(cleanChanges({ done: true }), { done: true });
});

test("a field that is not known is named", () => {
  assert.throws(() => cleanChanges({ priority: 1 }), { message: /^"priority" is not a field/ });
  assert.throws(() => cleanNew({ title: "Walk", done: true }), { message: /^"done" is not a field/ });
});

test("done and filter take their own values only", () => {
  assert.equal(cleanFilter("done"), "done");
  assert.throws(() => cleanChanges({ done: "yes" }), { message: "done must be true or false" });
  assert.throws(() => cleanFilter("late"), { message: "filter must be one of all, open, done" });
});

test("only an open todo is overdue, and only from the day after", () => {
  const todo = { done: false, due: "2024-05-17" };
  assert.equal(isOverdue(todo, "2024-05-17"), false);
  assert.equal(isOverdue(todo, "2024-05-18"), true);
  assert.equal(isOverdue({ ...todo, done: true }, "2024-05-18"), false);
  assert.equal(isOverdue({ ...todo, due: null }, "2024-05-18"), false);
});
