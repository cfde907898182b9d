// Carries requests between the network and a router.

import http from "node:http";

import { HttpError } from "./errors.mjs";
import { errorPage } from "./layout.mjs";
import { Request, htmlResponse, jsonResponse } from "./web.mjs";

const MAX_BODY = 64 * 1024;
const TIMEOUTS = { requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 };
const FIXED_HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

/** A server that answers every request by asking the router. `log` takes lines. */
export function createServer(router, { log = () => {} } = {}) {
  return http.createServer(TIMEOUTS, (incoming, outgoing) => {
    answer(router, incoming, log).then((response) => send(incoming, outgoing, response, log));
  });
}

async function answer(router, incoming, log) {
  const [path, query] = splitOnce(incoming.url, "?");
  const { method, headers } = incoming;
  try {
    const body = await readBody(incoming);
    return router.answer(new Request({ method, path, query, headers, body }));
  } catch (error) {
    if (error instanceof HttpError) return errorResponse(path, error);
    if (error.code === "ECONNRESET") return errorResponse(path, new HttpError(400, "cut off"));
    log(`cannot answer ${method} ${path}: ${error.stack}`);
    return errorResponse(path, new HttpError(500, "something went wrong here"));
  }
}

/** Read a body to its end, so that its sender sees the answer, but keep only 64 KiB. */
async function readBody(incoming) {
  const pieces = [];
  let size = 0;
  for await (const piece of incoming) {
    size += piece.length;
    if (size <= MAX_BODY) pieces.push(piece);
  }
  if (size > MAX_BODY) throw new HttpError(413, "the body must be at most 64 KiB");
  return Buffer.concat(pieces);
}

function send(incoming, outgoing, response, log) {
  const length = response.status === 204 ? {} : { "Content-Length": response.body.length };
  outgoing.writeHead(response.status, { ...FIXED_HEADERS, ...response.headers, ...length });
  outgoing.end(incoming.method === "HEAD" ? undefined : response.body);
  log(`${incoming.method} ${splitOnce(incoming.url, "?")[0]} ${response.status}`);
}

export function errorResponse(path, error) {
  if (path.startsWith("/api/")) {
    return jsonResponse(error.status, { error: error.message }, error.headers);
  }
  return htmlResponse(error.status, errorPage(error.status, error.message), error.headers);
}

function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
