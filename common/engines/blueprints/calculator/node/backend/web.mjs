// Requests and responses as plain values, and the checks that every request gets.

export const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  "X-Content-Type-Options": "nosniff",
  // Not "no-referrer": with it browsers send "Origin: null" when a form of this
  // very page is posted, and the check for cross-site posts could not tell them apart.
  "Referrer-Policy": "same-origin",
};

/** A request that cannot be answered as asked. */
export class Problem extends Error {
  constructor(status, message, { headers = {}, ...details } = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.details = details;
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
  return jsonResponse(problem.status, { error: problem.message, ...problem.details }, problem.headers);
}

/** Return a response without a body. */
export function emptyResponse(status, headers = {}) {
  return { status, body: Buffer.alloc(0), headers };
}

/** Send the browser on to a page after a form was handled. */
export function redirect(location) {
  return emptyResponse(303, { Location: location });
}

function response(status, contentType, text, headers) {
  return {
    status,
    body: Buffer.from(text),
    headers: { "Content-Type": contentType, "Cache-Control": "no-store", ...headers },
  };
}

/** Tell whether a page of another site made the browser send this request. */
export function isCrossSite({ headers }) {
  const site = headers["sec-fetch-site"];
  if (site) return !["same-origin", "none"].includes(site);
  if (!headers.origin) return false;
  return hostOf(headers.origin) !== (headers.host ?? "").toLowerCase();
}

function hostOf(origin) {
  return origin.replace(/^[a-z]+:\/\//i, "").toLowerCase();
}

/** Return the JSON object in the body. */
export function readJson(request) {
  requireContentType(request, "application/json");
  let value;
  try {
    value = JSON.parse(readText(request));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(400, "body: must be valid JSON");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new Problem(400, "body: must be a JSON object");
  }
  return value;
}

/** Return the fields of a posted form. */
export function readForm(request) {
  requireContentType(request, "application/x-www-form-urlencoded");
  return new URLSearchParams(readText(request));
}

function readText(request) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(request.body);
  } catch {
    throw new Problem(400, "body: must be text in UTF-8");
  }
}

function requireContentType(request, expected) {
  const actual = (request.headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
  if (actual !== expected) throw new Problem(415, `Content-Type: must be ${expected}`);
}
