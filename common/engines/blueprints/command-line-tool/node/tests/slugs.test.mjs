// Tests of slugs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeSlug, SlugError } from "../tool/slugs.mjs";

test("slugs", () => {
  const cases = {
    "Hello, World!": "hello-world", "  many   spaces ": "many-spaces", "Crème brûlée": "creme-brulee",
    "Straße & Weg": "strasse-and-weg", "Łódź": "lodz", "don't": "dont", "100% – sure": "100-sure",
    snake_case: "snake-case",
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(makeSlug(text), expected);
});

test("long slugs are cut between words", () => {
  assert.equal(makeSlug("one two three", 7), "one-two");
  assert.equal(makeSlug("one two three", 9), "one-two");
  assert.equal(makeSlug("unbelievable", 5), "unbel");
});

test("a text without letters is refused", () => {
  for (const text of ["", "!!!", "日本"]) assert.throws(() => makeSlug(text), SlugError);
});
