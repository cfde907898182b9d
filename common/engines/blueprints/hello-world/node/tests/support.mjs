// What several tests need: a running server, a client and a small HTML reader.

import { once } from "node:events";
import http from "node:http";

import { App } from "../backend/app.mjs";
import { createServer } from "../backend/server.mjs";

/** Start a server for one test; it stops when the test ends. */
export async function startServer(test) {
  const server = createServer(new App());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return new Client(server.address().port);
}

/** Sends requests to one server. */
class Client {
  constructor(port) {
    this.port = port;
  }

  /** Send one request and return the status, the headers and the text of the answer. */
  async send(method, path, headers = {}, body = undefined) {
    const request = http.request({ host: "127.0.0.1", port: this.port, method, path, headers, agent: false });
    request.end(body);
    const [response] = await once(request, "response");
    const chunks = await response.toArray();
    const text = Buffer.concat(chunks).toString();
    return { status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) };
  }

  /** Fetch a path with the query. */
  get(path, query = {}, headers = {}) {
    const text = new URLSearchParams(query).toString();
    return this.send("GET", text ? `${path}?${text}` : path, headers);
  }

  /** Fetch the page with the query and read it. */
  async page(query, headers) {
    return readPage((await this.get("/", query, headers)).text);
  }
}

const VOID = ["meta", "link", "input", "br", "img"];

/** Read a page into a list of elements, each with its name, its attributes and all the text inside it. */
export function readPage(html) {
  const elements = [];
  const open = [];
  for (const [, closing, name, attributes, text] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^>"])*)>|([^<]+)/g)) {
    if (text !== undefined) {
      open.forEach((element) => (element.text += decode(text)));
    } else if (closing) {
      open.pop();
    } else {
      const element = { name, attributes: readAttributes(attributes), text: "" };
      elements.push(element);
      if (!VOID.includes(name)) open.push(element);
    }
  }
  return {
    all: (name) => elements.filter((element) => element.name === name),
    byId: (id) => elements.find((element) => element.attributes.id === id),
  };
}

function readAttributes(text) {
  const matches = text.matchAll(/([a-z-]+)(?:="([^"]*)")?/g);
  return Object.fromEntries([...matches].map(([, name, value]) => [name, decode(value ?? "")]));
}

function decode(text) {
  const characters = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&amp;": "&" };
  return text.replace(/&(?:lt|gt|quot|#x27|amp);/g, (entity) => characters[entity]);
}
