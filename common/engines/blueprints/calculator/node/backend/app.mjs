// Decides what to answer to each request; knows nothing about sockets.

import { readFileSync } from "node:fs";

import { calculatorPage, problemPage } from "./pages.mjs";
import { calculate } from "./parser.mjs";
import { CalculationError } from "./tokens.mjs";
import {
  emptyResponse, htmlResponse, isCrossSite, jsonResponse, Problem, problemResponse, readForm, readJson, redirect,
} from "./web.mjs";

const FRONTEND = new URL("../frontend/", import.meta.url);

/** The routes of the application and the history behind them. */
export class App {
  constructor(history) {
    this.history = history;
    this.routes = new Map(Object.entries({
      "/": { GET: (request) => this.showPage(request) },
      "/calculate": { POST: (request) => this.postForm(request) },
      "/history/clear": { POST: (request) => this.clearAndReturn(request) },
      "/api/calculate": { POST: (request) => this.apiCalculate(request) },
      "/api/history": { DELETE: () => this.apiClear(), GET: () => this.apiHistory() },
      "/healthz": { GET: () => jsonResponse(200, { status: "ok" }) },
      "/static/style.css": { GET: staticFile("style.css", "text/css; charset=utf-8") },
      "/static/calculator.js": { GET: staticFile("calculator.js", "text/javascript; charset=utf-8") },
      "/static/icon.svg": { GET: staticFile("icon.svg", "image/svg+xml") },
    }));
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

  /** Call the function that the path and the method name. */
  dispatch(request) {
    const methods = this.routes.get(request.path);
    if (!methods) throw new Problem(404, "There is nothing at this address");
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (!Object.hasOwn(methods, method)) {
      const allowed = [...Object.keys(methods), ...(methods.GET ? ["HEAD"] : [])];
      throw new Problem(405, `${request.method} is not possible here`, { headers: { Allow: allowed.join(", ") } });
    }
    if (method !== "GET" && isCrossSite(request)) throw new Problem(403, "Requests from other sites are refused");
    return methods[method](request);
  }

  /** Show the calculator, with the calculation or expression named in the address. */
  showPage({ query }) {
    const shown = this.history.find(query.get("calculation"));
    const content = shown ?? { expression: query.get("expression") ?? "" };
    return htmlResponse(200, calculatorPage(this.history.list(), content));
  }

  /** Calculate what the form holds and show the result on the page. */
  postForm(request) {
    const expression = readForm(request).get("expression") ?? "";
    try {
      return redirect(`/?calculation=${this.calculate(expression).id}`);
    } catch (error) {
      if (!(error instanceof CalculationError)) throw error;
      return htmlResponse(400, calculatorPage(this.history.list(), { expression, problem: error.message }));
    }
  }

  /** Forget the history and go back to the page. */
  clearAndReturn(request) {
    readForm(request);
    this.history.clear();
    return redirect("/");
  }

  /** Calculate the expression in a JSON body. */
  apiCalculate(request) {
    const { expression } = readJson(request);
    if (typeof expression !== "string") throw new Problem(400, "expression: must be text");
    try {
      return jsonResponse(200, this.calculate(expression));
    } catch (error) {
      if (!(error instanceof CalculationError)) throw error;
      throw new Problem(400, `expression: ${error.message}`, { position: error.position });
    }
  }

  /** List the last calculations. */
  apiHistory() {
    return jsonResponse(200, { history: this.history.list() });
  }

  /** Forget the last calculations. */
  apiClear() {
    this.history.clear();
    return emptyResponse(204);
  }

  /** Calculate an expression and remember it. */
  calculate(text) {
    const expression = text.trim();
    return this.history.add(expression, calculate(expression));
  }
}

/** Return a route that serves one file of the frontend. */
function staticFile(name, contentType) {
  const body = readFileSync(new URL(name, FRONTEND));
  return () => ({ status: 200, body, headers: { "Content-Type": contentType, "Cache-Control": "no-cache" } });
}
