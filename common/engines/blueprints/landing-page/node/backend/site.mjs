// Reads the files of the site once, so that a request can only ever name one of these.

import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const CONTENT_TYPES = new Map([
  [".css", "text/css; charset=utf-8"],
  [".html", "text/html; charset=utf-8"],
  [".ico", "image/x-icon"],
  [".jpg", "image/jpeg"],
  [".js", "text/javascript; charset=utf-8"],
  [".json", "application/json; charset=utf-8"],
  [".png", "image/png"],
  [".svg", "image/svg+xml"],
  [".txt", "text/plain; charset=utf-8"],
  [".webp", "image/webp"],
  [".woff2", "font/woff2"],
]);
const NOT_FOUND_PAGE = "/404.html";

/** Read every file in the folder, except hidden files and links. */
export function loadSite(folder) {
  const files = new Map();
  addFolder(files, folder, "");
  const notFound = files.get(NOT_FOUND_PAGE);
  files.delete(NOT_FOUND_PAGE);
  files.set("/", files.get("/index.html"));
  return { files, notFound };
}

function addFolder(files, folder, address) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue;
    const location = path.join(folder, entry.name);
    if (entry.isDirectory()) addFolder(files, location, `${address}/${entry.name}`);
    if (entry.isFile()) files.set(`${address}/${entry.name}`, loadFile(location));
  }
}

/** Read one file and work out its headers. */
function loadFile(location) {
  const body = readFileSync(location);
  const contentType = CONTENT_TYPES.get(path.extname(location).toLowerCase()) ?? "application/octet-stream";
  return {
    body,
    contentType,
    cacheControl: contentType.startsWith("text/html") ? "no-cache" : "public, max-age=3600",
    etag: `"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"`,
    modified: Math.floor(lstatSync(location).mtimeMs / 1000),
  };
}
