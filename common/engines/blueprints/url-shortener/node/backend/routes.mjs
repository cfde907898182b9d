// Which path does what: the redirects, the JSON API and the forms of the page.

import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { InputError } from "./errors.mjs";
import { errorPage, homePage } from "./pages.mjs";
import { AliasTaken, NoFreeCode } from "./shortener.mjs";
import { addressOf } from "./urls.mjs";
import { HttpError, htmlResponse, jsonResponse, readForm, readJson, redirect } from "./web.mjs";

const FRONTEND = fileURLToPath(new URL("../frontend", import.meta.url));
const CONTENT_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
const HOST_HEADER = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$/;
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const PAGE_SIZE = 20;

// Answers requests. Knows no sockets, so tests may call it directly.
export class Application {
  #store;
  #shortener;
  #port;
  #publicUrl;
  #staticFiles = readStaticFiles(FRONTEND);

  constructor({ store, shortener, port, publicUrl = "" }) {
    this.#store = store;
    this.#shortener = shortener;
    this.#port = port;
    this.#publicUrl = publicUrl;
  }

  // Answers one request; errors become JSON for the API and a page for people.
  async handle(request) {
    try {
      return await this.#dispatch(request);
    } catch (error) {
      const forProgram = request.path === "/healthz" || request.path.startsWith("/api/");
      if (forProgram || !(error instanceof HttpError)) throw error;
      return htmlResponse(error.status, errorPage(error.status, error.message), error.headers);
    }
  }

  async #dispatch(request) {
    const handlers = this.#handlers(request.path);
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (!Object.hasOwn(handlers, method)) {
      const allowed = Object.keys(handlers).concat("GET" in handlers ? ["HEAD"] : []).join(", ");
      throw new HttpError(405, `${request.method} is not allowed here`, { Allow: allowed });
    }
    if (method !== "GET") this.#refuseCrossSite(request);
    return handlers[method](request);
  }

  #handlers(path) {
    if (path === "/") {
      return { GET: (request) => this.#showHome(request), POST: (request) => this.#submitLink(request) };
    }
    if (path === "/healthz") return { GET: () => jsonResponse(200, { status: "ok" }) };
    if (path === "/api/links") {
      return { GET: (request) => this.#listLinks(request), POST: (request) => this.#createLink(request) };
    }
    if (this.#staticFiles.has(path)) return { GET: () => this.#staticFiles.get(path) };
    const [, prefix, code, action] = /^(\/api\/links\/|\/links\/|\/)([^/]+)(\/delete)?$/.exec(path) ?? [];
    if (prefix === "/api/links/" && !action) {
      return { GET: (request) => this.#readLink(code, request), DELETE: () => this.#deleteLink(code) };
    }
    if (prefix === "/links/" && action) {
      return { POST: (request) => this.#submitDeletion(code, request) };
    }
    if (prefix === "/" && !action) return { GET: (request) => this.#follow(code, request) };
    throw new HttpError(404, "there is nothing at this address");
  }

  // Redirects

  async #follow(code, request) {
    const link = this.#find(code);
    if (request.method === "GET") await this.#store.recordHit(link.code);
    return redirect(302, link.url);
  }

  // JSON API

  #listLinks(request) {
    const limit = readNumber(request.query, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
    const offset = readNumber(request.query, "offset", 0, 0, 1_000_000_000);
    const links = this.#store.newest(limit, offset).map((link) => this.#toJson(request, link));
    return jsonResponse(200, { links, total: this.#store.count(), limit, offset });
  }

  async #createLink(request) {
    const document = readJson(request);
    for (const [name, value] of Object.entries(document)) {
      if (name !== "url" && name !== "alias") {
        throw new HttpError(400, `${name} is not a known field`);
      }
      if (typeof value !== "string" && !(name === "alias" && value === null)) {
        throw new HttpError(400, `${name} must be text`);
      }
    }
    try {
      const link = await this.#shorten(request, document.url ?? "", document.alias ?? "");
      const headers = { Location: `/api/links/${link.code}` };
      return jsonResponse(201, this.#toJson(request, link), headers);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new HttpError(inputErrorStatus(error), error.message);
    }
  }

  #readLink(code, request) {
    return jsonResponse(200, this.#toJson(request, this.#find(code)));
  }

  async #deleteLink(code) {
    const deleted = await this.#store.delete(code.toLowerCase());
    if (!deleted) throw new HttpError(404, "there is no such link");
    return { status: 204, body: "", headers: {} };
  }

  // Pages

  #showHome(request) {
    return htmlResponse(200, this.#home(request));
  }

  async #submitLink(request) {
    const form = readForm(request);
    const url = form.get("url") ?? "";
    const alias = form.get("alias") ?? "";
    try {
      const link = await this.#shorten(request, url, alias);
      return redirect(303, `/?created=${link.code}`);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const entry = { url, alias, wrongField: error.field, problem: error.message };
      return htmlResponse(inputErrorStatus(error), this.#home(request, entry));
    }
  }

  async #submitDeletion(code, request) {
    readForm(request);
    const link = this.#find(code);
    await this.#store.delete(link.code);
    return redirect(303, `/?deleted=${link.code}`);
  }

  #home(request, entry = { url: "", alias: "" }) {
    const total = this.#store.count();
    const lastPage = Math.max(1, Math.ceil(total / PAGE_SIZE));
    const text = request.query.get("page") ?? "1";
    const page = /^[1-9][0-9]{0,8}$/.test(text) ? Math.min(Number(text), lastPage) : 1;
    return homePage({
      baseUrl: this.#baseUrl(request),
      links: this.#store.newest(PAGE_SIZE, (page - 1) * PAGE_SIZE),
      total,
      page,
      lastPage,
      entry,
      created: this.#store.get((request.query.get("created") ?? "").toLowerCase()),
      deleted: request.query.get("deleted") ?? "",
    });
  }

  // Shared steps

  #find(code) {
    const link = this.#store.get(code.toLowerCase());
    if (!link) throw new HttpError(404, "there is no such link");
    return link;
  }

  async #shorten(request, url, alias) {
    try {
      return await this.#shortener.shorten(url, alias, this.#ownAddresses(request));
    } catch (error) {
      if (error instanceof NoFreeCode) throw new HttpError(503, "no free code was found; try again");
      throw error;
    }
  }

  #toJson(request, link) {
    return {
      code: link.code,
      short_url: `${this.#baseUrl(request)}/${link.code}`,
      url: link.url,
      hits: link.hits,
      created_at: link.createdAt,
    };
  }

  #host(request) {
    const host = request.headers.host ?? "";
    return HOST_HEADER.test(host) ? host : `localhost:${this.#port}`;
  }

  #baseUrl(request) {
    return this.#publicUrl || `http://${this.#host(request)}`;
  }

  #ownAddresses(request) {
    const loopback = ["localhost", "127.0.0.1", "[::1]"].map((name) => `${name}:${this.#port}`);
    const hosts = [this.#host(request), ...loopback];
    if (this.#publicUrl) hosts.push(new URL(this.#publicUrl).host);
    return hosts.map(addressOf);
  }

  #refuseCrossSite(request) {
    const site = request.headers["sec-fetch-site"];
    const origin = request.headers.origin;
    const host = this.#host(request);
    const ownOrigins = [undefined, `http://${host}`, `https://${host}`, this.#publicUrl];
    const own = site ? ["same-origin", "none"].includes(site) : ownOrigins.includes(origin);
    if (!own) throw new HttpError(403, "this request came from another site");
  }
}

// Loads the style sheet, the script and the icon; nothing else can be asked for.
function readStaticFiles(folder) {
  const names = readdirSync(folder).filter((name) => extname(name) in CONTENT_TYPES);
  return new Map(names.map((name) => [`/static/${name}`, staticFile(join(folder, name))]));
}

function staticFile(path) {
  const headers = { "Content-Type": CONTENT_TYPES[extname(path)], "Cache-Control": "no-cache" };
  return { status: 200, body: readFileSync(path), headers };
}

function inputErrorStatus(error) {
  return error instanceof AliasTaken ? 409 : 400;
}

// Returns a number from the query or throws HttpError.
function readNumber(query, name, fallback, lowest, highest) {
  const text = query.get(name) ?? String(fallback);
  const number = Number(text);
  if (!/^[0-9]{1,10}$/.test(text) || number < lowest || number > highest) {
    throw new HttpError(400, `${name} must be a number from ${lowest} to ${highest}`);
  }
  return number;
}
