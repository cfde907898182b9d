// Counts lines, words and characters, and the most frequent words.

import { splitLines } from "./streams.mjs";

const WORD = /[\p{L}\p{N}\p{M}]+(?:['’-][\p{L}\p{N}\p{M}]+)*/gu;

/** Count lines, words between spaces, and characters with their line ends. */
export function countText(text) {
  return {
    lines: splitLines(text).length,
    words: (text.match(/\S+/g) ?? []).length,
    characters: [...text].length,
  };
}

/** Return the sum of several counts. */
export function addCounts(counts) {
  const total = { lines: 0, words: 0, characters: 0 };
  for (const count of counts) {
    total.lines += count.lines;
    total.words += count.words;
    total.characters += count.characters;
  }
  return total;
}

/** Add the words of a text, in lower case and without punctuation around them, to a map of counts. */
export function countWords(text, words = new Map()) {
  for (const [word] of text.toLowerCase().matchAll(WORD)) words.set(word, (words.get(word) ?? 0) + 1);
  return words;
}

/** Return the most frequent words; those that are equally frequent come in alphabetical order. */
export function mostFrequent(words, limit) {
  return [...words].sort(([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1)).slice(0, limit);
}
