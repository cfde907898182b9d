// Turns text into a slug: lower-case letters, digits and hyphens, fit for an address.

// Letters that do not fall apart into a plain letter and an accent.
const REPLACEMENTS = new Map(Object.entries({
  ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", þ: "th", ł: "l", ı: "i",
  "'": "", "’": "", "&": " and ",
}));

/** A text without a letter or digit that fits into a slug. */
export class SlugError extends Error {}

/** Return the slug of a text, cut between words where it is too long. */
export function makeSlug(text, maxLength = 80) {
  const plain = [...text.toLowerCase()].map((character) => REPLACEMENTS.get(character) ?? character).join("");
  const withoutAccents = plain.normalize("NFKD").replace(/\p{M}/gu, "");
  const slug = shorten(withoutAccents.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""), maxLength);
  if (!slug) throw new SlugError(`no letter or digit for a slug in "${text}"`);
  return slug;
}

/** Return as many whole words as fit, or the start of the first word. */
function shorten(slug, maxLength) {
  if (slug.length <= maxLength) return slug;
  const cut = slug.slice(0, maxLength + 1).lastIndexOf("-");
  return cut > 0 ? slug.slice(0, cut) : slug.slice(0, maxLength);
}
