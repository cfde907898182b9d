// Splits an expression into numbers, operators and parentheses.

export const MAX_LENGTH = 200;

const NUMBER = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const SYMBOLS = new Map([
  ..."+-*/^%()".split("").map((symbol) => [symbol, symbol]),
  ["\u00d7", "*"],
  ["\u00f7", "/"],
  ["\u2212", "-"],
]);

/** An expression has no result; the position counts characters from 1. */
export class CalculationError extends Error {
  constructor(message, position) {
    super(`${message} at position ${position}`);
    this.position = position;
  }
}

/** Return the tokens of the expression, with an "end" token as the last one. */
export function tokenize(expression) {
  const characters = [...expression];
  if (characters.length > MAX_LENGTH) {
    throw new CalculationError(`More than ${MAX_LENGTH} characters`, MAX_LENGTH + 1);
  }
  const tokens = [];
  let index = 0;
  while (index < characters.length) {
    if (/\s/.test(characters[index])) {
      index += 1;
      continue;
    }
    const token = readToken(expression, characters, index);
    tokens.push(token);
    index += token.text.length;
  }
  tokens.push({ kind: "end", text: "", position: characters.length + 1 });
  return tokens;
}

/** Return the token that starts at the index; its kind is "number" or the symbol itself. */
function readToken(expression, characters, index) {
  NUMBER.lastIndex = index;
  const number = NUMBER.exec(expression);
  if (number) return { kind: "number", text: number[0], position: index + 1 };
  const text = characters[index];
  if (SYMBOLS.has(text)) return { kind: SYMBOLS.get(text), text, position: index + 1 };
  throw new CalculationError(`Unexpected "${text}"`, index + 1);
}
