// Carries requests and responses over HTTP, within a limit of time.

import http from "node:http";

import { Problem, problemResponse, SECURITY_HEADERS } from "./web.mjs";

const TIMEOUT_MILLISECONDS = 10_000;

/** Return a server for the app; `log` receives one line for each request. */
export function createServer(app, log = () => {}) {
  const server = http.createServer((incoming, outgoing) => {
    // Nothing needs a body, but whoever still sends one would not see an answer that closes the connection.
    incoming.resume().on("end", () => {
      const response = answer(app, incoming);
      write(incoming, outgoing, response);
      if (incoming.url !== "/healthz") log(`${incoming.method} ${JSON.stringify(incoming.url)} ${response.status}`);
    });
  });
  server.requestTimeout = TIMEOUT_MILLISECONDS;
  server.headersTimeout = TIMEOUT_MILLISECONDS;
  return server;
}

/** Answer one request, whatever happens. */
function answer(app, incoming) {
  try {
    return app.respond(readRequest(incoming));
  } catch (error) {
    if (error instanceof Problem) return problemResponse(error);
    console.error(error);
    return problemResponse(new Problem(500, "The server failed on this request"));
  }
}

/** Return the request as a plain value; none of the routes needs a body. */
function readRequest(incoming) {
  const [path, ...query] = incoming.url.split("?");
  return {
    method: incoming.method,
    path: decodePath(path),
    query: new URLSearchParams(query.join("?")),
    headers: incoming.headers,
  };
}

function decodePath(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Problem(400, "The address is not valid");
  }
}

/** Send the response, with the headers that every response has. */
function write(incoming, outgoing, { status, body, headers }) {
  outgoing.writeHead(status, { ...SECURITY_HEADERS, "Content-Length": body.length, ...headers });
  outgoing.end(incoming.method === "HEAD" ? undefined : body);
}
