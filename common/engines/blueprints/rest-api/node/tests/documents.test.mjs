// Tests of reading the documents that clients send.

import assert from "node:assert/strict";
import test from "node:test";

import { DocumentError, readChanges, readRecord } from "../backend/documents.mjs";
import { EXAMPLE, OTHER } from "./examples.mjs";

// A value of a wrong kind for every field.
const WRONG = {
<% for f in fields %>
  << f.name >>: <% if f.type == "text" %>7<% elif f.type == "integer" %>"seven"<% elif f.type == "number" %>"cheap"<% elif f.type == "boolean" %>"maybe"<% else %>"2024-02-30"<% endif %>,
<% endfor %>
};
const REQUIRED = [<% for f in fields if f.required %><% if not loop.first %>, <% endif %>"<< f.name >>"<% endfor %>];

function assertRefused(read, message) {
  assert.throws(read, (error) => {
    assert.ok(error instanceof DocumentError, error.stack);
    assert.match(error.message, message);
    return true;
  });
}

function without(document, name) {
  return Object.fromEntries(Object.entries(document).filter(([other]) => other !== name));
}

test("fields that are left out are null", () => {
  assert.deepEqual(readRecord(EXAMPLE), EXAMPLE);
  const values = readRecord(Object.fromEntries(REQUIRED.map((name) => [name, EXAMPLE[name]])));
  for (const name of Object.keys(EXAMPLE)) {
    assert.equal(values[name], REQUIRED.includes(name) ? EXAMPLE[name] : null, name);
  }
});

test("required fields must be given", () => {
  for (const name of REQUIRED) {
    const message = new RegExp(`^${name} is required$`);
    assertRefused(() => readRecord({ ...EXAMPLE, [name]: null }), message);
    assertRefused(() => readRecord(without(EXAMPLE, name)), message);
  }
});

test("all wrong values are named", () => {
  for (const [name, value] of Object.entries(WRONG)) {
    assertRefused(() => readRecord({ ...EXAMPLE, [name]: value }), new RegExp(`^${name} must be`));
  }
  assertRefused(() => readRecord({ ...WRONG, "no-such-field": 1 }), /no-such-field is not a known field/);
  assert.throws(() => readRecord(WRONG), (error) => {
    assert.equal(error.message.split("; ").length, Object.keys(WRONG).length);
    return true;
  });
});

test("fields of the server cannot be set", () => {
  for (const name of ["id", "created_at", "updated_at"]) {
    for (const read of [readRecord, readChanges]) {
      const message = new RegExp(`^${name} is set by the server$`);
      assertRefused(() => read({ ...EXAMPLE, [name]: 1 }), message);
    }
  }
});

test("changes hold only the given fields", () => {
  assert.deepEqual(readChanges({}), {});
  for (const [name, value] of Object.entries(OTHER)) {
    assert.deepEqual(readChanges({ [name]: value }), { [name]: value });
    assertRefused(() => readChanges({ [name]: WRONG[name] }), new RegExp(`^${name} must be`));
  }
});
