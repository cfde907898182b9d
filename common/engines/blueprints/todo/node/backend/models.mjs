// The rules that the fields of a todo keep.
// A todo is { id, title, done, due, created_at }; due is YYYY-MM-DD or null.

import { InvalidField } from "./errors.mjs";

export const MAX_TITLE = 200;
export const FILTERS = ["all", "open", "done"];

/** Return the title with its white space tidied, or throw InvalidField. */
export function cleanTitle(value) {
  if (value === undefined || value === null) throw new InvalidField("title", "must not be empty");
  if (typeof value !== "string") throw new InvalidField("title", "must be text");
  const title = value.trim().split(/\s+/).join(" ");
  if (title === "") throw new InvalidField("title", "must not be empty");
  if ([...title].length > MAX_TITLE) {
    throw new InvalidField("title", `must be at most ${MAX_TITLE} characters`);
  }
  if (/\p{Surrogate}/u.test(title)) throw new InvalidField("title", "must be valid Unicode text");
  return title;
}

/** Return a date as YYYY-MM-DD, or null where there is none. */
export function cleanDue(value) {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value !== "string" || !isDay(value)) {
    throw new InvalidField("due", "must be a date such as 2024-05-17");
  }
  return value;
}

function isDay(text) {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  const midnight = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text);
}

export function cleanDone(value) {
  if (typeof value !== "boolean") throw new InvalidField("done", "must be true or false");
  return value;
}

export function cleanFilter(value) {
  if (!FILTERS.includes(value)) {
    throw new InvalidField("filter", `must be one of ${FILTERS.join(", ")}`);
  }
  return value;
}

/** Check the fields of a todo that is to be added. */
export function cleanNew(fields) {
  refuseUnknown(fields, ["title", "due"]);
  return { title: cleanTitle(fields.title), due: cleanDue(fields.due) };
}

/** Check the fields of a todo that are to be changed. */
export function cleanChanges(fields) {
  const cleaners = { title: cleanTitle, done: cleanDone, due: cleanDue };
  refuseUnknown(fields, Object.keys(cleaners));
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [field, cleaners[field](value)]),
  );
}

function refuseUnknown(fields, known) {
  for (const field of Object.keys(fields)) {
    if (!known.includes(field)) {
      throw new InvalidField(JSON.stringify(field), "is not a field that can be set here");
    }
  }
}

/** Whether an open todo was due before today (YYYY-MM-DD). */
export function isOverdue(todo, today) {
  return !todo.done && todo.due !== null && todo.due < today;
}
