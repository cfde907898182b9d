// Makes the greeting for a name in a language.

import { LANGUAGES } from "./languages.mjs";

export const MAX_NAME_LENGTH = 80;

/** A name with more characters than fit the page. */
export class NameTooLong extends Error {}

/** A name with characters that have no shape, such as control characters. */
export class NameNotPrintable extends Error {}

/** Return the name without spaces around it and with single spaces inside. */
export function cleanName(text) {
  if (/[\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u.test(text)) throw new NameNotPrintable();
  const name = text.trim().split(/\s+/).join(" ");
  if ([...name].length > MAX_NAME_LENGTH) throw new NameTooLong();
  return name;
}

/** Return the greeting; an empty name greets the world. */
export function greet(name, code) {
  const language = LANGUAGES.get(code);
  return language.greeting.replace("{name}", () => name || language.world);
}
