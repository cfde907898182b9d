// Finds the lines that match a pattern.

import { splitLines } from "./streams.mjs";

/** A pattern that is not a regular expression. */
export class PatternError extends Error {}

/** Return the regular expression. */
export function compilePattern(text, ignoreCase) {
  try {
    return new RegExp(text, ignoreCase ? "iu" : "u");
  } catch (error) {
    throw new PatternError(`PATTERN: is not a regular expression: ${error.message}`);
  }
}

/** Return every line with a match, with its number from 1. */
export function findLines(pattern, text) {
  return splitLines(text)
    .map((line, index) => ({ line: index + 1, text: line }))
    .filter((match) => pattern.test(match.text));
}
