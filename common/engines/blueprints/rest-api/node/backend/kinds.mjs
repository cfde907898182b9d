// The kinds of values that fields hold: how each is checked and read.

const MAX_TEXT = 1000;
const NUMBER_TEXT = /^-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?$/;

// A value is wrong; the message continues a sentence that starts with the field's name.
export class Problem extends Error {}

export const DESCRIPTIONS = {
  text: `must be text of at most ${MAX_TEXT} characters`,
  integer: "must be a whole number",
  number: "must be a number",
  boolean: "must be true or false",
  date: "must be a date in the form YYYY-MM-DD",
};

const CHECKS = {
  text: isText,
  integer: Number.isSafeInteger,
  number: Number.isFinite,
  boolean: (value) => typeof value === "boolean",
  date: isDate,
};

// Returns a value from a JSON document as it is stored, or throws Problem.
export function checkValue(field, value) {
  if (value === null && field.required) throw new Problem("is required");
  if (value === null) return null;
  if (field.required && typeof value === "string" && value.trim() === "") {
    throw new Problem("must not be blank");
  }
  if (!CHECKS[field.kind](value)) throw new Problem(DESCRIPTIONS[field.kind]);
  return value;
}

// Returns a value from the text of a query, or throws Problem.
export function parseText(field, text) {
  const value = readText(field.kind, text);
  if (!CHECKS[field.kind](value)) throw new Problem(DESCRIPTIONS[field.kind]);
  return value;
}

function readText(kind, text) {
  if (kind === "boolean") return { true: true, false: false }[text];
  if (kind === "integer" || kind === "number") return NUMBER_TEXT.test(text) ? Number(text) : NaN;
  return text;
}

// Accepts text without NUL characters and without halves of characters.
function isText(value) {
  return typeof value === "string" && [...value].length <= MAX_TEXT && !/[\0\p{Surrogate}]/u.test(value);
}

// Accepts days of the calendar in the form 2024-05-17.
function isDate(value) {
  if (typeof value !== "string" || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}
