// Tests of finding.

import assert from "node:assert/strict";
import { test } from "node:test";

import { compilePattern, findLines, PatternError } from "../tool/finding.mjs";

test("lines are numbered from one", () => {
  const found = findLines(compilePattern("a", false), "a\nb\r\nca\n");
  assert.deepEqual(found, [{ line: 1, text: "a" }, { line: 3, text: "ca" }]);
});

test("case counts unless it is ignored", () => {
  assert.deepEqual(findLines(compilePattern("É", false), "é"), []);
  assert.deepEqual(findLines(compilePattern("É", true), "é"), [{ line: 1, text: "é" }]);
});

test("a bad pattern is refused", () => {
  for (const text of ["(", "[", "*", "a{2,1}"]) assert.throws(() => compilePattern(text, false), PatternError);
});
