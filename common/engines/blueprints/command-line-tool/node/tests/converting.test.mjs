// Tests of conversion between CSV and JSON.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ConversionError, convert } from "../tool/converting.mjs";

const CSV = 'name,quote\nAda,"a ""b"", c"\nZoë,"two\nlines"\n';
const RECORDS = [{ name: "Ada", quote: 'a "b", c' }, { name: "Zoë", quote: "two\nlines" }];

function checkErrors(source, target, cases) {
  for (const [text, message] of cases) {
    assert.throws(() => convert(text, source, target), (error) => {
      assert.ok(error instanceof ConversionError, text);
      assert.ok(error.message.startsWith(message), error.message);
      return true;
    });
  }
}

test("CSV becomes a list of objects", () => {
  assert.deepEqual(JSON.parse(convert(CSV, "csv", "json")), RECORDS);
});

test("JSON becomes CSV", () => {
  assert.equal(convert(JSON.stringify(RECORDS), "json", "csv"), CSV);
});

test("a round trip changes nothing", () => {
  assert.equal(convert(convert(CSV, "csv", "json"), "json", "csv"), CSV);
});

test("other line ends and empty lines are fine", () => {
  assert.deepEqual(JSON.parse(convert("a,b\r\n\r\n1,2\r\n", "csv", "json")), [{ a: "1", b: "2" }]);
});

test("no rows and no text", () => {
  assert.equal(convert("a,b\n", "csv", "json"), "[]\n");
  assert.equal(convert("", "csv", "json"), "[]\n");
  assert.equal(convert("[]", "json", "csv"), "");
});

test("values that are not text", () => {
  const records = '[{"a": 1, "b": true, "c": null, "d": 1.5, "e": "", "f": false, "g": 0}]';
  assert.equal(convert(records, "json", "csv"), "a,b,c,d,e,f,g\n1,true,,1.5,,false,0\n");
});

test("objects with different fields share one header", () => {
  assert.equal(convert('[{"b": 1}, {"a": 2, "b": 3}]', "json", "csv"), "b,a\n1,\n3,2\n");
});

test("a single empty field is not an empty line", () => {
  assert.equal(convert('[{"a": ""}]', "json", "csv"), 'a\n""\n');
});

test("wrong CSV is refused with its line", () => {
  checkErrors("csv", "json", [
    ["a,b\n1,2\n3\n", "line 3: 1 fields, but the header has 2"],
    ["a,a\n", 'line 1: the field "a" is there twice'],
    ["a,\n", "line 1: a field of the header has no name"],
    ['a\n"open\n', "line 2: a quote is not closed"],
    ['a,b\n"1"x,2\n', "line 2: a comma is missing after a quote"],
    ['a,b\n"1\n2",3\n4\n', "line 4: 1 fields"],
  ]);
});

test("wrong JSON is refused", () => {
  checkErrors("json", "csv", [
    ["{", "not valid JSON"], ['{"a": 1}', "the JSON must be a list"], ["[1]", "entry 1: must be an object"],
    ['[{"a": 1}, {"a": [2]}]', 'entry 2: the field "a" holds another list'], ["[NaN]", "not valid JSON"],
    ['[{"a": 1e999}]', 'entry 1: the number in the field "a" is too large'],
    ['[{"a": 9007199254740993}]', 'entry 1: the number in the field "a" is too large'],
  ]);
});
