// Tags are the #hashtags in the text of a note.

// A letter, then letters, digits, underscores and single hyphens. The sign must start
// a word, so that the end of an address such as page#part is not a tag.
const WORD = "[\\p{L}\\p{M}\\p{N}_]";
const TAG = new RegExp(`(?<!${WORD}|[#&/])#(\\p{L}${WORD}*(?:-${WORD}+)*)`, "gu");

/** Every place of a tag in the text: matches with the tag itself as group 1. */
export function matchTags(text) {
  return [...text.matchAll(TAG)];
}

/** Every tag in the text once, in lower case, in the order of the text. */
export function findTags(text) {
  return [...new Set(matchTags(text).map(([, tag]) => tag.toLowerCase()))];
}

/** A tag as a visitor asks for it: #Home and home are the same. */
export function cleanTag(text) {
  return text.trim().replace(/^#+/, "").toLowerCase();
}

/** How many of the notes have each tag: [tag, count] in alphabetical order. */
export function countTags(notes) {
  const counts = new Map();
  for (const tag of notes.flatMap((note) => note.tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
