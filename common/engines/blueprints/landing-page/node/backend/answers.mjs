// Decides what to answer to each request; knows nothing about sockets.

const HEALTH = Buffer.from('{"status":"ok"}\n');

/** Return the file at the path, or say why not. */
export function answer(site, method, path, headers) {
  if (path !== "/healthz" && !site.files.has(path)) return fileAnswer(404, site.notFound);
  if (!["GET", "HEAD"].includes(method)) {
    const body = Buffer.from(`${method} is not possible here\n`);
    return { status: 405, headers: { Allow: "GET, HEAD", "Content-Type": "text/plain; charset=utf-8" }, body };
  }
  if (path === "/healthz") {
    return { status: 200, headers: { "Content-Type": "application/json", "Cache-Control": "no-store" }, body: HEALTH };
  }
  const file = site.files.get(path);
  if (isFresh(file, headers)) return { status: 304, headers: cachingHeaders(file) };
  return fileAnswer(200, file);
}

/** Return an answer with the file; only a found one has headers for caches. */
function fileAnswer(status, file) {
  const caching = status === 200 ? cachingHeaders(file) : { "Cache-Control": "no-cache" };
  return { status, headers: { "Content-Type": file.contentType, ...caching }, body: file.body };
}

/** Return what a cache needs to know about the file. */
function cachingHeaders(file) {
  return {
    "Cache-Control": file.cacheControl,
    ETag: file.etag,
    "Last-Modified": new Date(file.modified * 1000).toUTCString(),
  };
}

/** Tell whether the browser's copy is still good; a tag goes before a date. */
function isFresh(file, headers) {
  const tags = headers["if-none-match"];
  if (tags !== undefined) {
    return tags.split(",").some((tag) => ["*", file.etag, `W/${file.etag}`].includes(tag.trim()));
  }
  // A date that is missing or cannot be read is not a number, and compares as false.
  return file.modified * 1000 <= Date.parse(headers["if-modified-since"]);
}
