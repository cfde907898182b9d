// Tests of tokens, grammar, arithmetic and number formatting.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { calculate } from "../backend/parser.mjs";
import { CalculationError } from "../backend/tokens.mjs";

function check(cases) {
  for (const [expression, expected] of cases) {
    assert.equal(calculate(expression), expected, expression);
  }
}

function checkErrors(cases) {
  for (const [expression, message] of cases) {
    assert.throws(() => calculate(expression), (error) => {
      assert.ok(error instanceof CalculationError, expression);
      assert.equal(error.message, message);
      return true;
    });
  }
}

describe("what expressions come to", () => {
  test("the four operations", () => {
    check([["1+2", "3"], ["7 - 10", "-3"], ["6*7", "42"], ["9/4", "2.25"]]);
  });

  test("products come before sums and go from left to right", () => {
    check([["7 - 2 * 3", "1"], ["2 + 12 / 4", "5"], ["10 - 3 - 2", "5"], ["100 / 10 / 2", "5"]]);
  });

  test("parentheses come first", () => {
    check([["(7 - 2) * 3", "15"], ["((2))", "2"], ["2*(3+(4-1))", "12"]]);
  });

  test("signs stand before numbers, parentheses and signs", () => {
    check([["-5 + 2", "-3"], ["--5", "5"], ["-(2+3)", "-5"], ["4*-2", "-8"], ["+3", "3"]]);
  });

  test("powers go from right to left and before signs", () => {
    check([["2^10", "1024"], ["2^3^2", "512"], ["-2^2", "-4"], ["(-2)^2", "4"], ["2^-1", "0.5"], ["0^0", "1"]]);
  });

  test("fractional powers are roots", () => {
    check([["9^0.5", "3"], ["2^0.5", "1.4142135623731"], ["64^(1/3)", "4"], ["0^0.5", "0"]]);
  });

  test("percent divides by one hundred", () => {
    check([["50%", "0.5"], ["200 * 5%", "10"], ["(20+30)%", "0.5"], ["100%%", "0.01"], ["50%^2", "0.25"]]);
  });

  test("decimals are exact", () => {
    check([["0.1 + 0.2", "0.3"], [".5 + 5.", "5.5"], ["1.10 * 3", "3.3"], ["1 / 3 * 3", "1"]]);
  });

  test("results are rounded to fifteen digits", () => {
    check([["1/3", "0.333333333333333"], ["2/3", "0.666666666666667"], ["-2/3", "-0.666666666666667"]]);
  });

  test("very large and very small results", () => {
    check([
      ["10^20", "100000000000000000000"], ["1.5e3", "1500"], ["10^40 / 3", "3.33333333333333e39"],
      ["1 / 10^9", "1e-9"], ["2e-3", "0.002"], ["10^400 / 10^399", "10"], ["999999999999999.9 + 0", "1e15"],
    ]);
  });

  test("typographic operators", () => {
    check([["6 × 7", "42"], ["9 ÷ 3", "3"], ["5 − 8", "-3"]]);
  });
});

describe("what has no result, and where", () => {
  test("division by zero names the operator", () => {
    checkErrors([
      ["8 / 0", "Division by zero at position 3"],
      ["1/(2-2)", "Division by zero at position 2"],
      ["0^-1", "Division by zero at position 2"],
    ]);
  });

  test("bad syntax names the position", () => {
    checkErrors([
      ["", "A number is missing at position 1"],
      ["2 +", "A number is missing at position 4"],
      ["2 * / 3", 'A number is missing before "/" at position 5'],
      ["2 3", 'An operator is missing before "3" at position 3'],
      ["1.2.3", 'An operator is missing before ".3" at position 4'],
      ["(1 + 2", 'No ")" for the "(" at position 1'],
      ["1 + 2)", 'Unexpected ")" at position 6'],
      ["()", 'A number is missing before ")" at position 2'],
      ["2 + x", 'Unexpected "x" at position 5'],
    ]);
  });

  test("code is never run", () => {
    checkErrors([["process.exit()", 'Unexpected "p" at position 1']]);
  });

  test("roots of negative numbers", () => {
    checkErrors([["(-4)^0.5", "A negative number has no fractional power at position 5"]]);
  });

  test("the length is limited", () => {
    check([[`1${"+1".repeat(99)}`, "100"]]);
    checkErrors([["1".repeat(201), "More than 200 characters at position 201"]]);
  });

  test("the depth is limited", () => {
    check([[`${"(".repeat(50)}1${")".repeat(50)}`, "1"]]);
    checkErrors([
      [`${"(".repeat(51)}1${")".repeat(51)}`, "More than 50 levels at position 51"],
      [`${"-".repeat(51)}1`, "More than 50 levels at position 51"],
    ]);
  });

  test("the size of results is limited", () => {
    checkErrors([
      ["9^9^9", "The result is too large at position 2"],
      ["10^1000 * 10^1000", "The result is too large at position 9"],
      ["2^-99999", "The result is too large at position 2"],
      ["1e9999", "Exponent out of range at position 1"],
    ]);
  });
});
