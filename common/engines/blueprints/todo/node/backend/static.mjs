// The style sheet, script and icon of the pages.

import { readFileSync } from "node:fs";

import { response } from "./web.mjs";

const FRONTEND = new URL("../frontend/", import.meta.url);
const FILES = {
  "app.css": "text/css; charset=utf-8",
  "app.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
};

/** One route for each file, read once: no path from outside opens a file. */
export function staticRoutes() {
  return Object.entries(FILES).map(([name, contentType]) => {
    const body = readFileSync(new URL(name, FRONTEND));
    return ["GET", `/static/${name}`, () => response(200, body, { "Content-Type": contentType })];
  });
}
