// Short codes: how random ones are made and which custom aliases are allowed.

import { InputError } from "./errors.mjs";

// Letters and digits that are hard to confuse: no i, l, o, 0 or 1.
export const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const CODE_LENGTH = 7;
const CODE_PATTERN = /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/;
const RESERVED = new Set([
  "about", "admin", "api", "healthz", "help", "links", "login", "static",
]);

// Returns a new code; `choose` picks one character of a string at random.
export function makeCode(choose) {
  return Array.from({ length: CODE_LENGTH }, () => choose(ALPHABET)).join("");
}

// Returns the alias in lower case or throws InputError.
export function checkAlias(text) {
  const alias = text.trim().toLowerCase();
  if (!CODE_PATTERN.test(alias)) {
    throw new InputError(
      "alias",
      "must have 3 to 40 letters, digits or hyphens and start and end with a letter or digit",
    );
  }
  if (isReserved(alias)) throw new InputError("alias", `must not be ${alias}, which is reserved`);
  return alias;
}

// Tells whether the server keeps this code for a page of its own.
export function isReserved(code) {
  return RESERVED.has(code);
}
