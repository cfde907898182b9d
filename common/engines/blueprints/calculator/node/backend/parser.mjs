// Calculates an expression by recursive descent; no text is ever run as code.
//
// The grammar, loosest first:
//     sum     = product { ("+" | "-") product }
//     product = signed { ("*" | "/") signed }
//     signed  = ("+" | "-") signed | power
//     power   = percent [ "^" signed ]
//     percent = single { "%" }
//     single  = number | "(" sum ")"

import { checkSize, divide, power, readNumber } from "./arithmetic.mjs";
import { formatNumber } from "./formatting.mjs";
import { Fraction } from "./fraction.mjs";
import { CalculationError, tokenize } from "./tokens.mjs";

const MAX_DEPTH = 50;
const HUNDRED = new Fraction(100n);

/** Return the result of the expression as text. */
export function calculate(expression) {
  return formatNumber(new Parser(tokenize(expression)).parse());
}

/** Reads tokens from left to right and calculates on the way. */
class Parser {
  constructor(tokens) {
    this.tokens = tokens;
    this.index = 0;
    this.depth = 0;
  }

  /** Return the value of all tokens together. */
  parse() {
    const value = this.readSum();
    const token = this.current();
    if (token.kind === ")") throw new CalculationError('Unexpected ")"', token.position);
    if (token.kind !== "end") throw missingOperator(token);
    return value;
  }

  /** Return the token that comes next, without taking it. */
  current() {
    return this.tokens[this.index];
  }

  /** Return the next token and move past it. */
  take() {
    const token = this.current();
    this.index += 1;
    return token;
  }

  /** Read additions and subtractions. */
  readSum() {
    let value = this.readProduct();
    while (["+", "-"].includes(this.current().kind)) {
      const operator = this.take();
      const right = this.readProduct();
      value = operator.kind === "+" ? value.plus(right) : value.minus(right);
      checkSize(value, operator.position);
    }
    return value;
  }

  /** Read multiplications and divisions. */
  readProduct() {
    let value = this.readSigned();
    while (["*", "/"].includes(this.current().kind)) {
      const operator = this.take();
      const right = this.readSigned();
      value = operator.kind === "/"
        ? divide(value, right, operator.position)
        : checkSize(value.times(right), operator.position);
    }
    return value;
  }

  /** Read any signs and what they stand before. */
  readSigned() {
    const token = this.current();
    if (!["+", "-"].includes(token.kind)) return this.readPower();
    this.enter(this.take());
    const value = this.readSigned();
    this.depth -= 1;
    return token.kind === "-" ? value.negate() : value;
  }

  /** Read a power; 2^3^2 is 2^(3^2). */
  readPower() {
    const base = this.readPercent();
    if (this.current().kind !== "^") return base;
    const operator = this.take();
    this.enter(operator);
    const exponent = this.readSigned();
    this.depth -= 1;
    return power(base, exponent, operator.position);
  }

  /** Read a value and the percent signs after it. */
  readPercent() {
    let value = this.readSingle();
    while (this.current().kind === "%") value = divide(value, HUNDRED, this.take().position);
    return value;
  }

  /** Read a number or an expression in parentheses. */
  readSingle() {
    const token = this.take();
    if (token.kind === "number") return readNumber(token.text, token.position);
    if (token.kind === "(") return this.readGroup(token);
    if (token.kind === "end") throw new CalculationError("A number is missing", token.position);
    throw new CalculationError(`A number is missing before "${token.text}"`, token.position);
  }

  /** Read what stands between parentheses. */
  readGroup(opening) {
    this.enter(opening);
    const value = this.readSum();
    this.depth -= 1;
    const token = this.take();
    if (token.kind === "end") throw new CalculationError('No ")" for the "("', opening.position);
    if (token.kind !== ")") throw missingOperator(token);
    return value;
  }

  /** Go one level deeper, down to the limit. */
  enter(token) {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new CalculationError(`More than ${MAX_DEPTH} levels`, token.position);
  }
}

function missingOperator(token) {
  return new CalculationError(`An operator is missing before "${token.text}"`, token.position);
}
