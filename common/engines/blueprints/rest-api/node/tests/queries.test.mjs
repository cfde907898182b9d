// Tests of reading the query of a list.

import assert from "node:assert/strict";
import test from "node:test";

import { PARAMETERS, parseQuery, QueryError } from "../backend/queries.mjs";
import { EXAMPLE } from "./examples.mjs";

function parse(parameters) {
  return parseQuery(new URLSearchParams(parameters));
}

test("page and order are read and have defaults", () => {
  assert.deepEqual(parse({}), { limit: 20, offset: 0, sort: "id", descending: false, filters: [] });
  assert.deepEqual(parse({ limit: "100", offset: "40", sort: "-created_at" }), {
    limit: 100,
    offset: 40,
    sort: "created_at",
    descending: true,
    filters: [],
  });
});

test("filters are read by the kind of their field", () => {
  for (const [name, value] of Object.entries(EXAMPLE)) {
    assert.deepEqual(parse({ [PARAMETERS[name]]: String(value) }).filters, [[name, value]]);
  }
});

test("wrong parameters are named", () => {
  for (const [name, text] of [
    ["limit", "0"],
    ["limit", "101"],
    ["limit", "ten"],
    ["offset", "-1"],
    ["offset", ""],
    ["sort", "no-such-field"],
    ["sort", "--id"],
    ["no-such-field", "1"],
  ]) {
    assert.throws(() => parse({ [name]: text }), (error) => {
      assert.ok(error instanceof QueryError, error.stack);
      assert.ok(error.message.startsWith(`${name} `), error.message);
      return true;
    });
  }
});
