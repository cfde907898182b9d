// Starts a server on a free port for one test and sends it requests.

import http from "node:http";

import { createServer } from "../backend/server.mjs";
import { Router } from "../backend/web.mjs";

/** Sends requests to one server. Redirects are not followed. */
export class Client {
  constructor(port) {
    this.port = port;
  }

  send(method, path, { body, headers = {} } = {}) {
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.port, method, path, headers, agent: false };
      const request = http.request(options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece) => (text += piece));
        response.on("end", () => {
          const { statusCode: status, headers: received } = response;
          resolve({ status, headers: received, text, json: () => JSON.parse(text) });
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  get(path) {
    return this.send("GET", path);
  }

  sendJson(method, path, value) {
    const headers = { "Content-Type": "application/json" };
    return this.send(method, path, { body: JSON.stringify(value), headers });
  }

  postForm(path, fields, headers = {}) {
    const type = { "Content-Type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(fields).toString();
    return this.send("POST", path, { body, headers: { ...type, ...headers } });
  }
}

/** Serve the routes until the test is over. */
export async function serve(test, routes, options) {
  const server = createServer(new Router(routes), options);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => server.close());
  return new Client(server.address().port);
}
