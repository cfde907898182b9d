// Carries requests and responses over HTTP, within limits of size and time.

import http from "node:http";

import { Problem, problemResponse, SECURITY_HEADERS } from "./web.mjs";

const MAX_BODY_BYTES = 64 * 1024;
const TIMEOUT_MILLISECONDS = 10_000;

/** Return a server for the app; `log` receives one line for each request. */
export function createServer(app, log = () => {}) {
  const server = http.createServer(async (incoming, outgoing) => {
    const response = await answer(app, incoming);
    write(incoming, outgoing, response);
    if (incoming.url !== "/healthz") log(`${incoming.method} ${JSON.stringify(incoming.url)} ${response.status}`);
  });
  server.requestTimeout = TIMEOUT_MILLISECONDS;
  server.headersTimeout = TIMEOUT_MILLISECONDS;
  return server;
}

/** Answer one request, whatever happens. */
async function answer(app, incoming) {
  try {
    return app.respond(await readRequest(incoming));
  } catch (error) {
    if (error instanceof Problem) return problemResponse(error);
    console.error(error);
    return problemResponse(new Problem(500, "The server failed on this request"));
  }
}

/** Return the request that waits on the connection. */
async function readRequest(incoming) {
  const [path, ...query] = incoming.url.split("?");
  return {
    method: incoming.method,
    path: decodePath(path),
    query: new URLSearchParams(query.join("?")),
    headers: incoming.headers,
    body: await readBody(incoming),
  };
}

function decodePath(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Problem(400, "The address is not valid");
  }
}

/** Return the body; one that is too large is read to its end, so that its sender sees the answer, but not kept. */
async function readBody(incoming) {
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of incoming) {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    }
  } catch {
    throw new Problem(400, "body: ended too soon");
  }
  if (size > MAX_BODY_BYTES) throw new Problem(413, `body: must be at most ${MAX_BODY_BYTES} bytes`);
  return Buffer.concat(chunks);
}

/** Send the response, with the headers that every response has. */
function write(incoming, outgoing, { status, body, headers }) {
  const length = status === 204 ? {} : { "Content-Length": body.length };
  outgoing.writeHead(status, { ...SECURITY_HEADERS, ...length, ...headers });
  outgoing.end(incoming.method === "HEAD" ? undefined : body);
}
