// Tests of codes, aliases and of the operation that makes links.

import assert from "node:assert/strict";
import test from "node:test";

import { ALPHABET, checkAlias, makeCode } from "../backend/codes.mjs";
import { AliasTaken, NoFreeCode, Shortener } from "../backend/shortener.mjs";
import { LinkStore } from "../backend/store.mjs";
import { temporaryFolder } from "./folder.mjs";

// A stand-in for randomness that returns these characters in turn.
function choosing(characters) {
  const remaining = [...characters];
  return () => remaining.shift();
}

async function setUp(t, characters = "") {
  const store = await LinkStore.open(await temporaryFolder(t));
  const now = () => "2024-05-17T09:30:00Z";
  return { store, shortener: new Shortener(store, { choose: choosing(characters), now }) };
}

test("a code has seven characters of the alphabet", () => {
  const seen = new Set();
  const code = makeCode((alphabet) => {
    seen.add(alphabet);
    return alphabet.at(-1);
  });
  assert.equal(code, "9999999");
  assert.deepEqual([...seen], [ALPHABET]);
  assert.doesNotMatch(ALPHABET, /[ilo01]/i);
});

test("an alias is kept in lower case", () => {
  assert.equal(checkAlias(" Spring-Sale "), "spring-sale");
});

test("bad and reserved aliases are refused", () => {
  for (const alias of ["ab", "a".repeat(41), "-abc", "abc-", "a b c", "a/b/c", "../etc", "abc\n1", "äöü"]) {
    assert.throws(() => checkAlias(alias), /alias must have 3 to 40/, alias);
  }
  for (const alias of ["api", "API", "healthz", "links", "static", "admin"]) {
    assert.throws(() => checkAlias(alias), /reserved/, alias);
  }
});

test("a link gets a random code", async (t) => {
  const { store, shortener } = await setUp(t, "abcdefg");
  const link = await shortener.shorten("https://example.com/");
  assert.equal(link.code, "abcdefg");
  assert.equal(link.createdAt, "2024-05-17T09:30:00Z");
  assert.deepEqual(store.get("abcdefg"), link);
});

test("a code in use is not given twice", async (t) => {
  const { store, shortener } = await setUp(t, "aaaaaaa" + "aaaaaaa" + "bbbbbbb");
  assert.equal((await shortener.shorten("https://example.com/1")).code, "aaaaaaa");
  assert.equal((await shortener.shorten("https://example.com/2")).code, "bbbbbbb");
  assert.equal(store.get("aaaaaaa").url, "https://example.com/1");
});

test("a reserved word is never a random code", async (t) => {
  const { shortener } = await setUp(t, "healthz" + "bbbbbbb");
  assert.equal((await shortener.shorten("https://example.com/")).code, "bbbbbbb");
});

test("it gives up when every code is in use", async (t) => {
  const { shortener } = await setUp(t, "a".repeat(7 * 11));
  await shortener.shorten("https://example.com/1");
  await assert.rejects(shortener.shorten("https://example.com/2"), NoFreeCode);
});

test("an alias belongs to one link", async (t) => {
  const { store, shortener } = await setUp(t);
  await shortener.shorten("https://example.com/1", "sale");
  await assert.rejects(shortener.shorten("https://example.com/2", "SALE"), (error) => {
    assert.ok(error instanceof AliasTaken);
    assert.equal(error.message, "alias sale is already taken");
    return true;
  });
  assert.equal(store.get("sale").url, "https://example.com/1");
});

test("real codes differ", async (t) => {
  const { store } = await setUp(t);
  const shortener = new Shortener(store);
  for (let number = 0; number < 20; number += 1) await shortener.shorten("https://example.com/");
  assert.equal(store.count(), 20);
});
