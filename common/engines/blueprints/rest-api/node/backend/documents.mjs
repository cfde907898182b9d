// Reads the JSON documents that clients send and turns them into values for the store.

import { checkValue, Problem } from "./kinds.mjs";
import { FIELDS } from "./models.mjs";

const SET_BY_SERVER = ["id", "created_at", "updated_at"];

// The document is wrong; the message names every wrong field.
export class DocumentError extends Error {}

// Returns a value for every field; fields that are left out are null.
export function readRecord(document) {
  return read(document, FIELDS);
}

// Returns values for the fields that the document has.
export function readChanges(document) {
  return read(document, FIELDS.filter((field) => Object.hasOwn(document, field.name)));
}

function read(document, fields) {
  const problems = refuseUnknown(document);
  const values = {};
  for (const field of fields) {
    try {
      const given = Object.hasOwn(document, field.name);
      values[field.name] = checkValue(field, given ? document[field.name] : null);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(`${field.name} ${error.message}`);
    }
  }
  if (problems.length > 0) throw new DocumentError(problems.join("; "));
  return values;
}

// Returns a sentence for every name that clients cannot set.
function refuseUnknown(document) {
  const known = FIELDS.map((field) => field.name);
  const unknown = Object.keys(document).filter((name) => !known.includes(name));
  return unknown.map((name) =>
    SET_BY_SERVER.includes(name) ? `${name} is set by the server` : `${name} is not a known field`,
  );
}
