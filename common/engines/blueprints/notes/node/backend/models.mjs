// The rules that the fields of a note keep.
// A note is { id, title, body, created_at, updated_at, tags }; its tags are in its text.

import { InvalidField } from "./errors.mjs";
import { findTags } from "./tags.mjs";

export const MAX_TITLE = 120;
// Such a body fits into a form of 64 KiB in every script: 12 bytes for each emoji.
export const MAX_BODY = 5000;

/** The text that searches and tags look at. */
export function textOf({ title, body }) {
  return `${title}\n${body}`;
}

/** A stored record as a note with its tags. */
export function toNote(record) {
  return { ...record, tags: findTags(textOf(record)) };
}

/** Return the title with its white space tidied, or throw InvalidField. */
export function cleanTitle(value) {
  const title = cleanText("title", value).trim().split(/\s+/).join(" ");
  if (title === "") throw new InvalidField("title", "must not be empty");
  return limited("title", title, MAX_TITLE);
}

/** Return the body with plain line ends and no blank lines around it. */
export function cleanBody(value) {
  const lines = cleanText("body", value).replace(/\r\n?/g, "\n");
  return limited("body", lines.replace(/^\n+/, "").trimEnd(), MAX_BODY);
}

/** Check the fields of a note that is to be added. */
export function cleanNew(fields) {
  return cleanChanges({ title: null, body: null, ...fields });
}

/** Check the fields of a note that are to be changed. */
export function cleanChanges(fields) {
  const cleaners = new Map([["title", cleanTitle], ["body", cleanBody]]);
  const changes = {};
  for (const [field, value] of Object.entries(fields)) {
    const clean = cleaners.get(field);
    if (!clean) throw new InvalidField(JSON.stringify(field), "is not a field of a note that can be set");
    changes[field] = clean(value);
  }
  return changes;
}

function cleanText(field, value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") throw new InvalidField(field, "must be text");
  if (/\p{Surrogate}/u.test(value)) throw new InvalidField(field, "must be valid Unicode text");
  return value;
}

function limited(field, text, limit) {
  if ([...text].length > limit) throw new InvalidField(field, `must be at most ${limit} characters`);
  return text;
}
