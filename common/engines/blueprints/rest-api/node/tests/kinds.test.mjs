// Tests of the kinds of values: what is accepted from JSON and from a query.

import assert from "node:assert/strict";
import test from "node:test";

import { checkValue, parseText } from "../backend/kinds.mjs";

const ACCEPTED = [
  ["text", '"Grüße, 世界"', "Grüße, 世界"],
  ["text", '"  as it is "', "  as it is "],
  ["integer", "-12", -12],
  ["integer", "3.0", 3],
  ["integer", "9007199254740991", 9007199254740991],
  ["number", "9.5", 9.5],
  ["number", "4", 4],
  ["number", "-1e3", -1000],
  ["boolean", "true", true],
  ["boolean", "false", false],
  ["date", '"2024-02-29"', "2024-02-29"],
];
const REFUSED = [
  ["text", "7"],
  ["text", "true"],
  ["text", '["a"]'],
  ["text", '"\\ud800"'],
  ["text", '"a\\u0000"'],
  ["text", JSON.stringify("a".repeat(1001))],
  ["integer", "1.5"],
  ["integer", '"7"'],
  ["integer", "true"],
  ["integer", "9007199254740992"],
  ["number", '"9.5"'],
  ["number", "false"],
  ["number", "1e999"],
  ["boolean", "1"],
  ["boolean", '"true"'],
  ["date", '"2023-02-29"'],
  ["date", '"2024-5-17"'],
  ["date", '"20240517"'],
  ["date", '"2024-05-17\\n"'],
  ["date", "20240517"],
];
const PARSED = [
  ["text", "7", "7"],
  ["integer", "-7", -7],
  ["number", "9.50", 9.5],
  ["boolean", "false", false],
  ["date", "2024-05-17", "2024-05-17"],
];
const NOT_PARSED = [
  ["integer", "seven"],
  ["integer", "1.5"],
  ["integer", ""],
  ["integer", " 7"],
  ["number", "inf"],
  ["number", "1e999"],
  ["number", "0x10"],
  ["boolean", "yes"],
  ["boolean", ""],
  ["date", "today"],
];

function field(kind, required = true) {
  return { name: "value", label: "Value", kind, required, example: null };
}

test("values of the right kind are accepted", () => {
  for (const [kind, text, value] of ACCEPTED) {
    assert.equal(checkValue(field(kind), JSON.parse(text)), value, `${kind} ${text}`);
  }
});

test("values of another kind are refused", () => {
  for (const [kind, text] of REFUSED) {
    assert.throws(() => checkValue(field(kind), JSON.parse(text)), /must be/, `${kind} ${text}`);
  }
});

test("only optional values may be null or blank", () => {
  for (const kind of ["text", "integer", "number", "boolean", "date"]) {
    assert.equal(checkValue(field(kind, false), null), null);
    assert.throws(() => checkValue(field(kind), null), /is required/, kind);
  }
  assert.equal(checkValue(field("text", false), ""), "");
  assert.throws(() => checkValue(field("text"), " \t"), /must not be blank/);
});

test("the text of a query is read by kind", () => {
  for (const [kind, text, value] of PARSED) {
    assert.equal(parseText(field(kind), text), value, `${kind} ${text}`);
  }
  for (const [kind, text] of NOT_PARSED) {
    assert.throws(() => parseText(field(kind), text), /must be/, `${kind} ${text}`);
  }
});
