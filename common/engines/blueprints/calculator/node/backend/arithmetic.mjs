// Calculations with fractions, and the limits on their size.

import { formatNumber } from "./formatting.mjs";
import { Fraction } from "./fraction.mjs";
import { CalculationError } from "./tokens.mjs";

const MAX_BITS = 4096;
const MAX_EXPONENT = 1000;
const PRECISION = 15;

/** Return the value of a number such as 12, .5 or 1.5e3. */
export function readNumber(text, position) {
  const exponent = text.toLowerCase().split("e")[1] ?? "0";
  if (Math.abs(Number(exponent)) > MAX_EXPONENT) throw new CalculationError("Exponent out of range", position);
  return checkSize(Fraction.fromText(text), position);
}

/** Return the value, or refuse one that has grown too long to work with. */
export function checkSize(value, position) {
  if (value.bits > MAX_BITS) throw new CalculationError("The result is too large", position);
  return value;
}

/** Return left / right. */
export function divide(left, right, position) {
  if (right.isZero) throw new CalculationError("Division by zero", position);
  return checkSize(left.dividedBy(right), position);
}

/** Return base ^ exponent: exact for whole exponents, otherwise to 15 digits. */
export function power(base, exponent, position) {
  if (base.isZero && exponent.isNegative) throw new CalculationError("Division by zero", position);
  if (exponent.isWhole) return wholePower(base, exponent.numerator, position);
  if (base.isNegative) throw new CalculationError("A negative number has no fractional power", position);
  return fractionalPower(base, exponent, position);
}

/** Multiply the base by itself, after a look at how long the result will be. */
function wholePower(base, exponent, position) {
  if ((base.bits - 1) * Math.abs(Number(exponent)) > MAX_BITS) {
    throw new CalculationError("The result is too large", position);
  }
  return checkSize(base.toPower(exponent), position);
}

/** Return a root or another irrational power, rounded to 15 digits. */
function fractionalPower(base, exponent, position) {
  const result = toFloat(base) ** toFloat(exponent);
  if (!Number.isFinite(result)) throw new CalculationError("The result is too large", position);
  return Fraction.fromText(result.toPrecision(PRECISION));
}

/** Return the nearest floating point number; 17 digits say exactly which one it is. */
function toFloat(value) {
  return Number(formatNumber(value, 17));
}
