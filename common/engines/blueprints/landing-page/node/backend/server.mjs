// Carries requests and answers over HTTP, within a limit of time.

import http from "node:http";

import { answer } from "./answers.mjs";

const TIMEOUT_MILLISECONDS = 10_000;
const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** Return a server for the site; `log` receives one line for each request. */
export function createServer(site, log = () => {}) {
  const server = http.createServer((incoming, outgoing) => {
    // Nothing needs a body, but whoever still sends one would not see an answer that closes the connection.
    incoming.resume().on("end", () => {
      const result = answer(site, incoming.method, pathOf(incoming.url), incoming.headers);
      write(incoming, outgoing, result);
      if (incoming.url !== "/healthz") log(`${incoming.method} ${JSON.stringify(incoming.url)} ${result.status}`);
    });
  });
  server.requestTimeout = TIMEOUT_MILLISECONDS;
  server.headersTimeout = TIMEOUT_MILLISECONDS;
  return server;
}

/** Return the decoded path; one that cannot be decoded stays as it is and is not found. */
function pathOf(url) {
  const path = url.split("?")[0];
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Send the answer, with the headers that every answer has. */
function write(incoming, outgoing, { status, headers, body }) {
  const length = body ? { "Content-Length": body.length } : {};
  outgoing.writeHead(status, { ...SECURITY_HEADERS, ...length, ...headers });
  outgoing.end(incoming.method === "HEAD" ? undefined : body);
}
