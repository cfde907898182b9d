// HTTP plumbing: reads a request, lets the application answer it and sends the answer.

import http from "node:http";

const MAX_BODY = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 500;
const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  // Not "no-referrer": with it browsers send "Origin: null" when a form of this
  // very site is posted, and the check for cross-site changes could not tell them apart.
  "Referrer-Policy": "same-origin",
};

// The request cannot be served; carries the status and what to tell the client.
export class HttpError extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

// Answers with a JSON document.
export function jsonResponse(status, document, headers = {}) {
  return {
    status,
    body: JSON.stringify(document),
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers },
  };
}

// Answers with a page.
export function htmlResponse(status, html, headers = {}) {
  const type = "text/html; charset=utf-8";
  return {
    status,
    body: html,
    headers: { "Content-Type": type, "Cache-Control": "no-store", ...headers },
  };
}

// Returns the JSON object in the body, which has one of the content types, or throws HttpError.
export function readJson(request, ...types) {
  requireType(request, types);
  let document;
  try {
    document = JSON.parse(decode(request.body));
  } catch {
    throw new HttpError(400, "body must be valid JSON");
  }
  if (document === null || typeof document !== "object" || Array.isArray(document)) {
    throw new HttpError(400, "body must be a JSON object");
  }
  return document;
}

function decode(bytes) {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function requireType(request, types) {
  const type = (request.headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
  if (!types.includes(type)) throw new HttpError(415, `content type must be ${types.join(" or ")}`);
}

// Makes a server; the caller sets its `application` before requests arrive.
export function createServer() {
  const server = http.createServer((incoming, outgoing) => {
    respond(server.application, incoming)
      .then((response) => send(outgoing, response))
      .catch(() => incoming.destroy());
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  return server;
}

// Binds the server and returns its port.
export async function listen(server, port, host) {
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server.address().port;
}

// Takes no new connections and returns when the requests in progress have ended.
export async function stop(server) {
  const closed = new Promise((resolve) => { server.close(resolve); });
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
}

// Lets the application answer; errors become answers too, but for a client that went away.
async function respond(application, incoming) {
  try {
    return await application.handle(await readRequest(incoming));
  } catch (error) {
    if (incoming.destroyed && error.code === "ECONNRESET") throw error;
    if (error instanceof HttpError) {
      return jsonResponse(error.status, { error: error.message }, error.headers);
    }
    console.error(error);
    return jsonResponse(500, { error: "the server could not answer this request" });
  }
}

async function readRequest(incoming) {
  const [path, query = ""] = incoming.url.split(/\?(.*)/s);
  return {
    method: incoming.method,
    path,
    query: new URLSearchParams(query),
    headers: incoming.headers,
    body: await readBody(incoming),
  };
}

// Reads a body to its end, so that its sender sees the answer, but keeps only 64 KiB.
async function readBody(incoming) {
  const chunks = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += chunk.length;
    if (length <= MAX_BODY) chunks.push(chunk);
  }
  if (length > MAX_BODY) throw new HttpError(413, `body must have at most ${MAX_BODY} bytes`);
  return Buffer.concat(chunks);
}

// Sends the answer with the headers that every answer has.
function send(outgoing, response) {
  const headers = { ...SECURITY_HEADERS, ...response.headers };
  if (response.status !== 204) headers["Content-Length"] = Buffer.byteLength(response.body);
  outgoing.writeHead(response.status, headers);
  outgoing.end(response.body);
}
