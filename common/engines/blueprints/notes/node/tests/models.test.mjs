// The rules for the fields of a note, and its tags.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cleanBody, cleanChanges, cleanNew, cleanTitle, toNote } from "../backend/models.mjs";
import { cleanTag, countTags, findTags } from "../backend/tags.mjs";

test("a title is tidied and may have 120 characters", () => {
  assert.equal(cleanTitle("  Shopping \n list "), "Shopping list");
  assert.equal(cleanTitle("😀".repeat(120)), "😀".repeat(120));
  assert.throws(() => cleanTitle("é".repeat(121)), {
    message: "title must be at most 120 characters",
  });
});

test("a body keeps its lines and may have 5000 characters", () => {
  assert.equal(cleanBody("\r\n  one\r\n\r\ntwo \n\n"), "  one\n\ntwo");
  assert.equal(cleanBody("😀".repeat(5000)), "😀".repeat(5000));
  assert.throws(() => cleanBody("é".repeat(5001)), {
    message: "body must be at most 5000 characters",
  });
});

test("a new note needs a title and a change only what it changes", () => {
  assert.deepEqual(cleanNew({ title: "Trip" }), { title: "Trip", body: "" });
  assert.deepEqual(cleanChanges({ body: "Pack" }), { body: "Pack" });
  assert.throws(() => cleanNew({ body: "Pack" }), { message: "title must not be empty" });
});

test("what is not text and what is not known is named", () => {
  const cases = [
    [{ title: 7 }, /^title must be text$/],
    [{ body: ["a"] }, /^body must be text$/],
    [{ body: "\ud800" }, /^body must be valid Unicode text$/],
    [{ colour: "red" }, /^"colour" is not a field/],
  ];
  for (const [fields, message] of cases) assert.throws(() => cleanChanges(fields), { message });
});

test("tags are words that start with a sign and are counted by note", () => {
  assert.deepEqual(findTags("#Home, #work-plan. (#2x #été #home"), ["home", "work-plan", "été"]);
  assert.deepEqual(toNote({ title: "Trip #travel", body: "Pack #home" }).tags, ["travel", "home"]);
  assert.deepEqual(findTags("a#b ##c &#39; https://example.org/#part page#part # x"), []);
  const notes = [{ title: "#b #b", body: "" }, { title: "#a", body: "#b" }].map(toNote);
  assert.deepEqual(countTags(notes), [["a", 1], ["b", 2]]);
  assert.equal(cleanTag(" #Home "), "home");
});
