// The two ways in which a request can be refused.

/** A value that breaks a rule. The message names the field. */
export class InvalidField extends Error {
  constructor(field, problem) {
    super(`${field} ${problem}`);
    this.field = field;
  }
}

/** An answer other than success, with its status and message. */
export class HttpError extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
