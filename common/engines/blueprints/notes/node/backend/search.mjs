// Full-text search: which notes match, and which parts of a text to highlight.

import { InvalidField } from "./errors.mjs";
import { textOf } from "./models.mjs";

const MAX_EXCERPT = 220;
const LEAD = 60;
export const MAX_QUERY = 200;

/** The words to look for. Every one of them must be in a note. */
export function wordsOf(query) {
  if ([...query].length > MAX_QUERY) {
    throw new InvalidField("q", `must be at most ${MAX_QUERY} characters`);
  }
  return [...new Set(query.split(/\s+/).filter((word) => word !== ""))];
}

/** The notes that have every word and, if one is given, the tag. */
export function select(notes, words, tag) {
  const patterns = words.map((word) => new RegExp(escapePattern(word), "iu"));
  return notes.filter(
    (note) =>
      patterns.every((pattern) => pattern.test(textOf(note))) && (!tag || note.tags.includes(tag)),
  );
}

/** Cut a text into { text, isMatch } pieces; matches are the words. */
export function splitMatches(text, words) {
  if (words.length === 0) return [{ text, isMatch: false }];
  return text
    .split(new RegExp(`(${anyOf(words)})`, "iu"))
    .map((piece, index) => ({ text: piece, isMatch: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

/** Some of a long text on one line, around the first word that was found. */
export function excerpt(text, words) {
  const line = text.trim().replace(/\s+/g, " ");
  if (line.length <= MAX_EXCERPT) return line;
  const found = words.length > 0 ? new RegExp(anyOf(words), "iu").exec(line) : null;
  const first = found ? found.index : 0;
  const last = found ? first + found[0].length : 0;
  const start = wordStart(line, Math.max(0, first - LEAD), first);
  const end = wordEnd(line, last, start + MAX_EXCERPT);
  return `${start > 0 ? "… " : ""}${whole(line.slice(start, end))}${end < line.length ? " …" : ""}`;
}

function anyOf(words) {
  return [...words].sort((a, b) => b.length - a.length).map(escapePattern).join("|");
}

function escapePattern(word) {
  return word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function wordStart(line, start, limit) {
  if (start === 0) return 0;
  const space = line.indexOf(" ", start);
  return space < 0 || space >= limit ? start : space + 1;
}

function wordEnd(line, limit, end) {
  if (end >= line.length) return line.length;
  const space = line.lastIndexOf(" ", end);
  return space < limit ? end : space;
}

/** Drop half a character at either end. */
function whole(text) {
  return text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "");
}
