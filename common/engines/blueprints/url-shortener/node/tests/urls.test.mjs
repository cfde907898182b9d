// Tests of the rules for target addresses.

import assert from "node:assert/strict";
import test from "node:test";

import { InputError } from "../backend/errors.mjs";
import { addressOf, checkUrl } from "../backend/urls.mjs";

const ACCEPTED = [
  ["https://example.com/path?q=1#part", "https://example.com/path?q=1#part"],
  ["http://example.com", "http://example.com/"],
  ["HTTPS://EXAMPLE.com/Path", "https://example.com/Path"],
  ["  https://example.com/  ", "https://example.com/"],
  ["http://example.com:8080?q=1", "http://example.com:8080/?q=1"],
  ["http://[2001:DB8::1]/x", "http://[2001:db8::1]/x"],
  ["https://bücher.example/é", "https://xn--bcher-kva.example/%C3%A9"],
  ["https://example.com//a/%20b", "https://example.com//a/%20b"],
];
const REFUSED = [
  ["", "is required"],
  ["example.com", "must start with http:// or https://"],
  ["ftp://example.com/file", "must start with http:// or https://"],
  ["javascript:alert(1)", "must start with http:// or https://"],
  ["data:text/html,hello", "must start with http:// or https://"],
  ["https://", "must contain a valid host name"],
  ["https:///example.com/", "must contain a valid host name"],
  ["https://exa_mple..com/", "must contain a valid host name"],
  ["https://example.com:99999/", "must contain a valid host name"],
  ["https://user:secret@example.com/", "must not contain a user name or password"],
  ["https://example.com/a b", "must not contain spaces"],
  ["https://example.com/\r\nSet-Cookie: a=b", "must not contain spaces"],
  ["https:\\\\example.com", "must not contain spaces, control characters or backslashes"],
  ["https://example.com/\ud800", "must not contain spaces, control characters"],
  [`https://example.com/${"a".repeat(2048)}`, "must have at most 2048 characters"],
];

test("accepted addresses are written in one way", () => {
  for (const [given, kept] of ACCEPTED) assert.equal(checkUrl(given), kept);
});

test("refused addresses say why", () => {
  for (const [given, problem] of REFUSED) {
    assert.throws(() => checkUrl(given), (error) => {
      assert.ok(error instanceof InputError, given);
      assert.equal(error.field, "url");
      assert.ok(error.message.startsWith(`url ${problem}`), `${given}: ${error.message}`);
      return true;
    });
  }
});

test("addresses of this service are refused but not other ports", () => {
  const own = [addressOf("go.example:8080"), addressOf("short.example")];
  for (const given of [
    "http://go.example:8080/abc",
    "http://GO.example.:8080/",
    "https://short.example/abc",
    "http://short.example:80/",
  ]) {
    assert.throws(() => checkUrl(given, own), /must not point to this service itself/, given);
  }
  assert.equal(checkUrl("http://go.example/", own), "http://go.example/");
});
