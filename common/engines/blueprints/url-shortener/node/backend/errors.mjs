// The error for input that cannot become a link.

// A field of the input is wrong; the message says how.
export class InputError extends Error {
  constructor(field, problem) {
    super(`${field} ${problem}`);
    this.field = field;
  }
}
