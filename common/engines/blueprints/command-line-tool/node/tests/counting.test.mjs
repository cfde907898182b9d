// Tests of counting.

import assert from "node:assert/strict";
import { test } from "node:test";

import { countText, countWords, mostFrequent } from "../tool/counting.mjs";

test("lines, words and characters", () => {
  const cases = [
    ["", 0, 0, 0], ["one", 1, 1, 3], ["one\n", 1, 1, 4], ["one two\nthree", 2, 3, 13],
    ["a\r\nb\r\n", 2, 2, 6], ["\n\n", 2, 0, 2], ["Zoë 😀", 1, 2, 5],
  ];
  for (const [text, lines, words, characters] of cases) {
    assert.deepEqual(countText(text), { lines, words, characters }, JSON.stringify(text));
  }
});

test("words are counted without case and punctuation", () => {
  const words = countWords("The end. the END, (the) don't well-known Übung übung 'quoted'");
  const expected = { the: 3, end: 2, "don't": 1, "well-known": 1, übung: 2, quoted: 1 };
  assert.deepEqual(Object.fromEntries(words), expected);
});

test("equally frequent words come in alphabetical order", () => {
  assert.deepEqual(mostFrequent(countWords("b c a b c d"), 3), [["b", 2], ["c", 2], ["a", 1]]);
});
