// Requests and responses as plain values.

export const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
};

/** A request that cannot be answered as asked. */
export class Problem extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Return a response with a JSON body. */
export function jsonResponse(status, value, headers = {}) {
  return response(status, "application/json; charset=utf-8", `${JSON.stringify(value)}\n`, headers);
}

/** Return a response with an HTML page. */
export function htmlResponse(status, page, headers = {}) {
  return response(status, "text/html; charset=utf-8", page, headers);
}

/** Return a problem as JSON. */
export function problemResponse(problem) {
  return jsonResponse(problem.status, { error: problem.message }, problem.headers);
}

function response(status, contentType, text, headers) {
  return {
    status,
    body: Buffer.from(text),
    headers: { "Content-Type": contentType, "Cache-Control": "no-store", ...headers },
  };
}
