// Decides what to answer to each request; knows nothing about sockets.

import { readFileSync } from "node:fs";

import { cleanName, greet, MAX_NAME_LENGTH, NameNotPrintable, NameTooLong } from "./greetings.mjs";
import { chooseLanguage, LANGUAGES } from "./languages.mjs";
import { greetingPage, problemPage } from "./pages.mjs";
import { htmlResponse, jsonResponse, Problem, problemResponse } from "./web.mjs";

const FRONTEND = new URL("../frontend/", import.meta.url);

/** The routes of the application. */
export class App {
  constructor() {
    this.routes = new Map([
      ["/", showPage],
      ["/api/greeting", apiGreeting],
      ["/healthz", () => jsonResponse(200, { status: "ok" })],
      ["/static/style.css", staticFile("style.css", "text/css; charset=utf-8")],
      ["/static/greeting.js", staticFile("greeting.js", "text/javascript; charset=utf-8")],
      ["/static/icon.svg", staticFile("icon.svg", "image/svg+xml")],
    ]);
  }

  /** Answer the request, or say as a page or as JSON why that is not possible. */
  respond(request) {
    try {
      return this.dispatch(request);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (request.path.startsWith("/api/")) return problemResponse(error);
      return htmlResponse(error.status, problemPage(error.status, error.message), error.headers);
    }
  }

  /** Call the function that the path names. */
  dispatch(request) {
    const route = this.routes.get(request.path);
    if (!route) throw new Problem(404, "There is nothing at this address");
    if (!["GET", "HEAD"].includes(request.method)) {
      throw new Problem(405, `${request.method} is not possible here`, { Allow: "GET, HEAD" });
    }
    return route(request);
  }
}

/** Show the greeting for the name in the address, and the form. */
function showPage(request) {
  const code = languageOf(request);
  const words = LANGUAGES.get(code);
  const text = request.query.get("name") ?? "";
  const headers = languageHeaders(code);
  try {
    const name = cleanName(text);
    return htmlResponse(200, greetingPage(code, greet(name, code), name), headers);
  } catch (error) {
    if (error instanceof NameTooLong) {
      return htmlResponse(400, greetingPage(code, greet("", code), text, words.tooLong), headers);
    }
    if (error instanceof NameNotPrintable) {
      return htmlResponse(400, greetingPage(code, greet("", code), "", words.badCharacters), headers);
    }
    throw error;
  }
}

/** Return the greeting for the name in the address as JSON. */
function apiGreeting(request) {
  const language = languageOf(request);
  const name = nameOf(request);
  return jsonResponse(200, { greeting: greet(name, language), name, language }, languageHeaders(language));
}

function nameOf(request) {
  try {
    return cleanName(request.query.get("name") ?? "");
  } catch (error) {
    if (error instanceof NameTooLong) throw new Problem(400, `name: must have at most ${MAX_NAME_LENGTH} characters`);
    if (error instanceof NameNotPrintable) throw new Problem(400, "name: must not have control characters");
    throw error;
  }
}

/** Return the language that the address or else the browser asks for. */
function languageOf(request) {
  const code = (request.query.get("lang") ?? "").trim().toLowerCase();
  if (!code) return chooseLanguage(request.headers["accept-language"] ?? "");
  if (!LANGUAGES.has(code)) throw new Problem(400, `lang: must be one of ${[...LANGUAGES.keys()].join(", ")}`);
  return code;
}

/** Return the headers that tell caches and readers about the language. */
function languageHeaders(code) {
  return { "Content-Language": code, Vary: "Accept-Language" };
}

/** Return a route that serves one file of the frontend. */
function staticFile(name, contentType) {
  const body = readFileSync(new URL(name, FRONTEND));
  return () => ({ status: 200, body, headers: { "Content-Type": contentType, "Cache-Control": "no-cache" } });
}
