// The HTTP vocabulary of the app: requests, responses and routes.

import { HttpError, InvalidField } from "./errors.mjs";

const ID_PATTERN = "([1-9][0-9]{0,14})";

/** One request, its body already read. */
export class Request {
  constructor({ method, path, query, headers, body }) {
    this.method = method;
    this.path = path;
    this.query = Object.fromEntries(new URLSearchParams(query));
    this.headers = headers;
    this.body = body;
  }

  json() {
    this.#expect("application/json");
    const value = parseJson(this.body);
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      throw new HttpError(400, "the body must be a JSON object");
    }
    return value;
  }

  form() {
    this.#expect("application/x-www-form-urlencoded");
    return Object.fromEntries(new URLSearchParams(this.body.toString("utf8")));
  }

  #expect(contentType) {
    const sent = (this.headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
    if (sent !== contentType) throw new HttpError(415, `Content-Type must be ${contentType}`);
  }
}

function parseJson(body) {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new HttpError(400, "the body must be valid JSON");
  }
}

export function htmlResponse(status, text, headers = {}) {
  return response(status, text, { "Content-Type": "text/html; charset=utf-8", ...headers });
}

export function jsonResponse(status, value, headers = {}) {
  return response(status, JSON.stringify(value), { "Content-Type": "application/json", ...headers });
}

export function noContent() {
  return response(204, "", {});
}

/** After a form post: show that page, so that a reload does not post again. */
export function seeOther(location) {
  return response(303, "", { Location: location });
}

export function response(status, body, headers) {
  return { status, body: Buffer.from(body), headers };
}

/** Finds the handler of a request. Routes are [method, path, handler]. */
export class Router {
  #routes;

  constructor(routes) {
    this.#routes = routes.map(([method, path, handler]) => ({
      method,
      pattern: new RegExp(`^${path.replaceAll("{id}", ID_PATTERN)}$`),
      handler,
    }));
  }

  answer(request) {
    refuseCrossSite(request);
    const { handler, ids } = this.#find(request.method, request.path);
    try {
      return handler(request, ...ids);
    } catch (error) {
      if (error instanceof InvalidField) throw new HttpError(400, error.message);
      throw error;
    }
  }

  #find(method, path) {
    const wanted = method === "HEAD" ? "GET" : method;
    const allowed = new Set();
    for (const route of this.#routes) {
      const match = route.pattern.exec(path);
      if (!match) continue;
      if (route.method === wanted) return { handler: route.handler, ids: match.slice(1).map(Number) };
      allowed.add(route.method);
    }
    if (allowed.size === 0) throw new HttpError(404, "there is nothing at this address");
    if (allowed.has("GET")) allowed.add("HEAD");
    const allow = [...allowed].sort().join(", ");
    throw new HttpError(405, `this address answers ${allow} only`, { Allow: allow });
  }
}

/** Refuse a change that another web site asks a visitor's browser to make. */
function refuseCrossSite({ method, headers }) {
  if (method === "GET" || method === "HEAD") return;
  if (!isSameSite(headers["sec-fetch-site"], headers.origin, headers.host ?? "")) {
    throw new HttpError(403, "requests from other web sites are refused");
  }
}

function isSameSite(site, origin, host) {
  if (site !== undefined) return site === "same-origin" || site === "none";
  if (origin === undefined) return true;
  return host !== "" && origin.toLowerCase().endsWith(`://${host.toLowerCase()}`);
}
