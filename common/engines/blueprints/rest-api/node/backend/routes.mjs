// Which path does what: the JSON API, its OpenAPI document and the page.

import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";

import { DocumentError, readChanges, readRecord } from "./documents.mjs";
import { errorPage, homePage } from "./pages.mjs";
import { parseQuery, QueryError } from "./queries.mjs";
import { HttpError, htmlResponse, jsonResponse, readJson } from "./web.mjs";

const COLLECTION = "/api/<< entity.plural >>";
const NOT_FOUND = "there is no << entity.singular | replace("_", " ") >> with this id";
const CONTENT_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};
const HOST_HEADER = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$/;

// Answers requests. Knows no sockets, so tests may call it directly.
export class Application {
  #store;
  #staticFiles = readStaticFiles();

  constructor(store) {
    this.#store = store;
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
    if (method !== "GET") refuseCrossSite(request);
    return handlers[method](request);
  }

  #handlers(path) {
    if (path === "/") return { GET: (request) => this.#showPage(request) };
    if (path === "/healthz") return { GET: () => jsonResponse(200, { status: "ok" }) };
    if (path === COLLECTION) {
      return { GET: (request) => this.#list(request), POST: (request) => this.#create(request) };
    }
    if (this.#staticFiles.has(path)) return { GET: () => this.#staticFiles.get(path) };
    const id = path.startsWith(`${COLLECTION}/`) ? path.slice(COLLECTION.length + 1) : "";
    if (/^[1-9][0-9]{0,14}$/.test(id)) return this.#recordHandlers(Number(id));
    throw new HttpError(404, "there is nothing at this address");
  }

  #recordHandlers(id) {
    return {
      GET: () => answer(this.#store.get(id)),
      PUT: (request) => this.#replace(id, request),
      PATCH: (request) => this.#change(id, request),
      DELETE: () => this.#delete(id),
    };
  }

  #showPage(request) {
    const host = request.headers.host ?? "";
    const filledIn = new URLSearchParams([...request.query].filter(([, text]) => text !== ""));
    const { query, problem } = parseForPage(filledIn);
    const page = homePage({
      baseUrl: HOST_HEADER.test(host) ? `http://${host}` : "",
      records: this.#store.find(query),
      total: this.#store.count(query),
      query,
      parameters: filledIn,
      problem,
    });
    return htmlResponse(problem ? 400 : 200, page);
  }

  #list(request) {
    const query = checked(parseQuery, request.query);
    return jsonResponse(200, {
      items: this.#store.find(query),
      total: this.#store.count(query),
      limit: query.limit,
      offset: query.offset,
    });
  }

  async #create(request) {
    const values = checked(readRecord, readJson(request, "application/json"));
    const record = await this.#store.add(values);
    return jsonResponse(201, record, { Location: `${COLLECTION}/${record.id}` });
  }

  async #replace(id, request) {
    const document = readJson(request, "application/json");
    return answer(await this.#store.update(id, checked(readRecord, document)));
  }

  async #change(id, request) {
    const document = readJson(request, "application/json", "application/merge-patch+json");
    return answer(await this.#store.update(id, checked(readChanges, document)));
  }

  async #delete(id) {
    const deleted = await this.#store.delete(id);
    if (!deleted) throw new HttpError(404, NOT_FOUND);
    return { status: 204, body: "", headers: {} };
  }
}

// Loads the files that never change; no other file can be asked for.
function readStaticFiles() {
  const frontend = new URL("../frontend/", import.meta.url);
  const names = readdirSync(frontend).filter((name) => extname(name) in CONTENT_TYPES);
  const files = new Map(names.map((name) => [`/static/${name}`, staticFile(new URL(name, frontend))]));
  return files.set("/openapi.json", staticFile(new URL("openapi.json", import.meta.url)));
}

function staticFile(url) {
  const type = CONTENT_TYPES[extname(url.pathname)];
  return {
    status: 200,
    body: readFileSync(url),
    headers: { "Content-Type": type, "Cache-Control": "no-cache" },
  };
}

// Reads the query of the page; a wrong one is shown with the message and the whole list.
function parseForPage(parameters) {
  try {
    return { query: parseQuery(parameters), problem: "" };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { query: parseQuery(new URLSearchParams()), problem: error.message };
  }
}

// Shows a record, or tells that there is none.
function answer(record) {
  if (!record) throw new HttpError(404, NOT_FOUND);
  return jsonResponse(200, record);
}

// Reads input; what is wrong with it becomes an answer.
function checked(read, input) {
  try {
    return read(input);
  } catch (error) {
    const expected = error instanceof DocumentError || error instanceof QueryError;
    throw expected ? new HttpError(400, error.message) : error;
  }
}

// Throws HttpError when a page of another site asks for a change.
function refuseCrossSite(request) {
  const { host, origin, "sec-fetch-site": site } = request.headers;
  const ownOrigins = [undefined, `http://${host}`, `https://${host}`];
  const own = site ? ["same-origin", "none"].includes(site) : ownOrigins.includes(origin);
  if (!own) throw new HttpError(403, "this request came from another site");
}
