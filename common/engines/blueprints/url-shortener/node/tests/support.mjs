// Helpers of the tests: a running server, a small HTTP client and a reader of HTML.

import http from "node:http";

import { Application } from "../backend/routes.mjs";
import { Shortener } from "../backend/shortener.mjs";
import { LinkStore } from "../backend/store.mjs";
import { createServer, listen, stop } from "../backend/web.mjs";
import { temporaryFolder } from "./folder.mjs";

const VOID_TAGS = new Set(["img", "input", "link", "meta"]);

// Starts a server on a free port that stops after the test.
export async function startServer(test, publicUrl = "") {
  const store = await LinkStore.open(await temporaryFolder(test));
  const server = createServer();
  const port = await listen(server, 0, "127.0.0.1");
  server.application = new Application({ store, shortener: new Shortener(store), port, publicUrl });
  test.after(() => stop(server));
  return new Client(port);
}

// Sends requests, each over a connection of its own.
export class Client {
  constructor(port) {
    this.port = port;
    this.host = `127.0.0.1:${port}`;
  }

  get(path) {
    return this.request("GET", path);
  }

  postJson(path, document) {
    const headers = { "Content-Type": "application/json; charset=utf-8" };
    return this.request("POST", path, JSON.stringify(document), headers);
  }

  // Sends a form as a browser does.
  postForm(path, fields, headers = {}) {
    const body = new URLSearchParams(fields).toString();
    const type = { "Content-Type": "application/x-www-form-urlencoded" };
    return this.request("POST", path, body, { ...type, ...headers });
  }

  request(method, path, body = "", headers = {}) {
    const length = { "Content-Length": Buffer.byteLength(body) };
    const options = { port: this.port, method, path, agent: false, headers: { ...length, ...headers } };
    return new Promise((resolve, reject) => {
      const outgoing = http.request({ host: "127.0.0.1", ...options }, async (incoming) => {
        const chunks = [];
        for await (const chunk of incoming) chunks.push(chunk);
        resolve(new Reply(incoming, Buffer.concat(chunks).toString()));
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

// What the server answered.
class Reply {
  constructor(incoming, body) {
    this.status = incoming.statusCode;
    this.headers = incoming.headers;
    this.body = body;
  }

  json() {
    return JSON.parse(this.body);
  }

  page() {
    return readHtml(this.body);
  }
}

// One element of a page.
class Element {
  constructor(tag, attributes = {}) {
    this.tag = tag;
    this.attributes = attributes;
    this.children = [];
    this.rawText = "";
  }

  // Every element below this one with the tag and the attributes.
  all(tag, attributes = {}) {
    return this.children.flatMap((child) => {
      const fits = Object.entries(attributes).every(([name, value]) => child.attributes[name] === value);
      return [...(child.tag === tag && fits ? [child] : []), ...child.all(tag, attributes)];
    });
  }

  // The only such element.
  one(tag, attributes = {}) {
    const found = this.all(tag, attributes);
    if (found.length === 1) return found[0];
    throw new Error(`${found.length} elements ${tag} ${JSON.stringify(attributes)}, expected 1`);
  }

  // The text inside this element with single spaces.
  get text() {
    return this.rawText.trim().replace(/\s+/g, " ");
  }
}

// Parses a page; throws when its tags do not match.
function readHtml(html) {
  const open = [new Element("document")];
  for (const [, end, tag, attributes, text] of html.matchAll(/<(\/?)(!?[a-z0-9]+)((?:\s+[^<>]*)?)>|([^<]+)/g)) {
    if (text !== undefined) {
      for (const element of open) element.rawText += unescape(text);
    } else if (end) {
      const closed = open.pop();
      if (closed.tag !== tag) throw new Error(`</${tag}> closes <${closed.tag}>`);
    } else if (!tag.startsWith("!")) {
      const element = new Element(tag, readAttributes(attributes));
      open.at(-1).children.push(element);
      if (!VOID_TAGS.has(tag)) open.push(element);
    }
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1).tag}> is never closed`);
  return open[0];
}

function readAttributes(text) {
  const found = [...text.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(found.map(([, name, value]) => [name, unescape(value ?? "")]));
}

function unescape(text) {
  const entities = { lt: "<", gt: ">", quot: '"', "#x27": "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|#x27|amp);/g, (_, name) => entities[name]);
}
