// What several tests need: a running server, a client and a small HTML reader.

import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";

import { createServer } from "../backend/server.mjs";
import { loadSite } from "../backend/site.mjs";

export const FRONTEND = fileURLToPath(new URL("../frontend/", import.meta.url));

/** Start a server of the folder for one test; it stops when the test ends. */
export async function startServer(test, folder = FRONTEND) {
  const server = createServer(loadSite(folder));
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
    return { status: response.statusCode, headers: response.headers, text };
  }

  /** Fetch a path. */
  get(path, headers = {}) {
    return this.send("GET", path, headers);
  }
}

const VOID = ["meta", "link", "img", "path"];
const COMMENT = /<!--.*?-->/gs;
const TAG_OR_TEXT = /<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^>"])*)>|([^<]+)/g;

/** Read a page into a list of elements: name, attributes, all the text inside, and what each stands in. */
export function readPage(html) {
  const elements = [];
  const open = [];
  for (const [, closing, name, attributes, text] of html.replace(COMMENT, "").matchAll(TAG_OR_TEXT)) {
    if (text !== undefined) {
      open.forEach((element) => (element.text += decode(text)));
    } else if (closing) {
      open.pop();
    } else {
      const element = { name, attributes: readAttributes(attributes), parents: [...open], text: "" };
      elements.push(element);
      if (!VOID.includes(name)) open.push(element);
    }
  }
  return {
    elements,
    all: (name) => elements.filter((element) => element.name === name),
    ids: () => elements.map((element) => element.attributes.id).filter(Boolean),
  };
}

function readAttributes(text) {
  const matches = text.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g);
  return Object.fromEntries([...matches].map(([, name, value]) => [name, decode(value ?? "")]));
}

function decode(text) {
  const characters = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&amp;": "&" };
  return text.replace(/&(?:lt|gt|quot|#x27|amp);/g, (entity) => characters[entity]);
}
