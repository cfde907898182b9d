// Tests of names, greetings and the choice of the language.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cleanName, greet, NameNotPrintable, NameTooLong } from "../backend/greetings.mjs";
import { chooseLanguage, LANGUAGES } from "../backend/languages.mjs";

function checkLanguages(cases) {
  for (const [header, expected] of cases) assert.equal(chooseLanguage(header), expected, header);
}

test("a name is greeted", () => {
  assert.equal(greet("Ada", "en"), "Hello, Ada!");
});

test("an empty name greets the world", () => {
  assert.equal(greet("", "en"), "Hello, world!");
});

test("every language has all its words and greets by name", () => {
  const expected = Object.keys(LANGUAGES.get("en"));
  for (const [code, words] of LANGUAGES) {
    assert.deepEqual(Object.keys(words), expected, code);
    assert.ok(Object.values(words).every(Boolean), code);
    assert.ok(greet("Ada", code).includes("Ada"), code);
    assert.ok(greet("", code).includes(words.world), code);
  }
});

test("languages greet differently", () => {
  const greetings = ["en", "de", "es", "fr", "it"].map((code) => greet("Ada", code));
  assert.deepEqual(greetings, ["Hello, Ada!", "Hallo, Ada!", "¡Hola, Ada!", "Bonjour Ada\u00a0!", "Ciao, Ada!"]);
});

test("a name that looks like a placeholder stays as it is", () => {
  assert.equal(greet("{name} $& %s", "en"), "Hello, {name} $& %s!");
});

test("spaces are tidied", () => {
  assert.equal(cleanName("  Ada   Lovelace "), "Ada Lovelace");
});

test("names of any script are welcome", () => {
  for (const name of ["Zoë", "Łukasz", "محمد", "美咲", "O'Neill"]) assert.equal(cleanName(name), name);
});

test("the longest name has eighty characters", () => {
  assert.equal(cleanName("a".repeat(80)), "a".repeat(80));
  assert.throws(() => cleanName("a".repeat(81)), NameTooLong);
});

test("control characters are refused", () => {
  for (const name of ["Ada\x00", "Ada\nBob", "\x1b[31m", "Ada\u2028"]) {
    assert.throws(() => cleanName(name), NameNotPrintable);
  }
});

test("the first known language is chosen", () => {
  checkLanguages([["de", "de"], ["fr, de", "fr"], ["ja, it", "it"]]);
});

test("a higher weight wins", () => {
  checkLanguages([["en;q=0.5, nl;q=0.9", "nl"], ["de;q=0.8, es", "es"], ["fr;q=0.1,it; q=0.2", "it"]]);
});

test("regions count as their language", () => {
  checkLanguages([["de-AT", "de"], ["FR-ca, en;q=0.5", "fr"]]);
});

test("English is the default", () => {
  checkLanguages([["", "en"], ["ja", "en"], ["*", "en"], ["de;q=0", "en"], [";;,", "en"]]);
});

test("wrong weights count for nothing", () => {
  checkLanguages([["de;q=much, fr;q=0.1", "fr"], ["de;q=7, fr;q=0.1", "fr"], ["de;q=nan, fr;q=0.1", "fr"]]);
});
