// Writes a fraction as a decimal number that people can read.

import { magnitude } from "./fraction.mjs";

const SIGNIFICANT_DIGITS = 15;
const LONGEST_WHOLE_NUMBER = 30;

/** Return whole numbers in full, others rounded to so many significant digits. */
export function formatNumber(value, precision = SIGNIFICANT_DIGITS) {
  const sign = value.isNegative ? "-" : "";
  const numerator = magnitude(value.numerator);
  const whole = numerator.toString();
  if (value.isWhole && whole.length <= LONGEST_WHOLE_NUMBER) return sign + whole;
  const { digits, exponent } = round(numerator, value.denominator, precision);
  const plain = exponent >= -7 && exponent < precision;
  return sign + (plain ? plainNotation(digits, exponent) : scientificNotation(digits, exponent));
}

/** Return the significant digits and the power of ten of the first one. */
function round(numerator, denominator, precision) {
  let exponent = numerator.toString().length - denominator.toString().length;
  if (compareToPowerOfTen(numerator, denominator, exponent) < 0) exponent -= 1;
  const shift = precision - 1 - exponent;
  const [dividend, divisor] = shift < 0
    ? [numerator, denominator * 10n ** BigInt(-shift)]
    : [numerator * 10n ** BigInt(shift), denominator];
  let digits = ((2n * dividend + divisor) / (2n * divisor)).toString();
  if (digits.length > precision) exponent += 1;
  digits = digits.replace(/0+$/, "");
  return { digits, exponent };
}

/** Tell whether numerator / denominator is below (-1) or at least (1) the power of ten. */
function compareToPowerOfTen(numerator, denominator, exponent) {
  const scale = 10n ** BigInt(Math.abs(exponent));
  const below = exponent < 0 ? numerator * scale < denominator : numerator < denominator * scale;
  return below ? -1 : 1;
}

function plainNotation(digits, exponent) {
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 1, "0");
  const decimals = padded.slice(exponent + 1);
  return padded.slice(0, exponent + 1) + (decimals ? `.${decimals}` : "");
}

function scientificNotation(digits, exponent) {
  const decimals = digits.slice(1);
  return `${digits[0]}${decimals ? `.${decimals}` : ""}e${exponent}`;
}
