// Exact fractions of whole numbers, always in lowest terms with a positive denominator.

export class Fraction {
  constructor(numerator, denominator = 1n) {
    const sign = denominator < 0n ? -1n : 1n;
    const divisor = greatestCommonDivisor(numerator, denominator) * sign;
    this.numerator = numerator / divisor;
    this.denominator = denominator / divisor;
  }

  /** Return the value of a number such as 12, .5 or 1.5e3. */
  static fromText(text) {
    const [digits, exponent = "0"] = text.toLowerCase().split("e");
    const [whole, decimals = ""] = digits.split(".");
    const shift = Number(exponent) - decimals.length;
    const value = BigInt(whole + decimals);
    return shift < 0 ? new Fraction(value, 10n ** BigInt(-shift)) : new Fraction(value * 10n ** BigInt(shift));
  }

  get isWhole() {
    return this.denominator === 1n;
  }

  get isZero() {
    return this.numerator === 0n;
  }

  get isNegative() {
    return this.numerator < 0n;
  }

  negate() {
    return new Fraction(-this.numerator, this.denominator);
  }

  plus(other) {
    const numerator = this.numerator * other.denominator + other.numerator * this.denominator;
    return new Fraction(numerator, this.denominator * other.denominator);
  }

  minus(other) {
    return this.plus(other.negate());
  }

  times(other) {
    return new Fraction(this.numerator * other.numerator, this.denominator * other.denominator);
  }

  dividedBy(other) {
    return new Fraction(this.numerator * other.denominator, this.denominator * other.numerator);
  }

  /** Return this fraction raised to a whole number. */
  toPower(exponent) {
    return exponent < 0n
      ? new Fraction(this.denominator ** -exponent, this.numerator ** -exponent)
      : new Fraction(this.numerator ** exponent, this.denominator ** exponent);
  }

  /** Return the number of bits of the longer of the two parts. */
  get bits() {
    return Math.max(bitLength(this.numerator), bitLength(this.denominator));
  }
}

function greatestCommonDivisor(left, right) {
  let [a, b] = [magnitude(left), magnitude(right)];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function bitLength(value) {
  return value === 0n ? 0 : magnitude(value).toString(2).length;
}

export function magnitude(value) {
  return value < 0n ? -value : value;
}
