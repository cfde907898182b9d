// Which notes a search finds and what it highlights.

import assert from "node:assert/strict";
import { test } from "node:test";

import { toNote } from "../backend/models.mjs";
import { excerpt, select, splitMatches, wordsOf } from "../backend/search.mjs";

const NOTES = [
  { title: "Bread", body: "Flour, water, salt. #baking" },
  { title: "Soup", body: "Water and SALT, no flour. #cooking" },
  { title: "CAFÉ", body: "Costs (about) 3.50" },
].map(toNote);

function found(query, tag = "") {
  return select(NOTES, wordsOf(query), tag).map((note) => note.title);
}

test("every word must be in the title or the body", () => {
  assert.deepEqual(found("flour"), ["Bread", "Soup"]);
  assert.deepEqual(found("bread flour"), ["Bread"]);
  assert.deepEqual(found("bread coffee"), []);
  assert.deepEqual(found(""), ["Bread", "Soup", "CAFÉ"]);
});

test("case does not matter and signs are ordinary characters", () => {
  assert.deepEqual(found("sAlT"), ["Bread", "Soup"]);
  assert.deepEqual(found("café"), ["CAFÉ"]);
  assert.deepEqual(found("wat"), ["Bread", "Soup"]);
  assert.deepEqual(found("(about)"), ["CAFÉ"]);
  assert.deepEqual(found("3.50"), ["CAFÉ"]);
  assert.deepEqual(found("c.sts"), []);
  assert.deepEqual(found(".*"), []);
});

test("a tag narrows the search", () => {
  assert.deepEqual(found("flour", "cooking"), ["Soup"]);
  assert.deepEqual(found("", "baking"), ["Bread"]);
  assert.deepEqual(found("", "bak"), []);
});

test("a query has at most 200 characters", () => {
  assert.deepEqual(wordsOf("a b  a"), ["a", "b"]);
  assert.throws(() => wordsOf("x".repeat(201)), { message: "q must be at most 200 characters" });
});

test("matches are cut out, the longest word first", () => {
  const pieces = splitMatches("Salt and salted nuts", ["salt", "salted"]);
  assert.deepEqual(
    pieces.map((piece) => piece.text),
    ["Salt", " and ", "salted", " nuts"],
  );
  assert.deepEqual(
    pieces.map((piece) => piece.isMatch),
    [true, false, true, false],
  );
  assert.deepEqual(splitMatches("Salt", []), [{ text: "Salt", isMatch: false }]);
});

test("an excerpt shows the first match of a long text", () => {
  assert.equal(excerpt("one\n two", []), "one two");
  const long = `begin ${"word ".repeat(100)}needle ${"word ".repeat(100)}`;
  const text = excerpt(long, ["needle"]);
  assert.match(text, /^… word .* needle .* word …$/);
  assert.ok(text.length <= 224);
});
