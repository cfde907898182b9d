// Tests of the server: files, headers, caches and addresses that lead nowhere.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, test } from "node:test";

import { loadSite } from "../backend/site.mjs";
import { FRONTEND, startServer } from "./support.mjs";

const readFile = (name) => readFileSync(path.join(FRONTEND, name), "utf8");

describe("the files of the site", () => {
  test("the start page is served", async (t) => {
    const answer = await (await startServer(t)).get("/");
    assert.deepEqual([answer.status, answer.headers["content-type"]], [200, "text/html; charset=utf-8"]);
    assert.equal(answer.text, readFile("index.html"));
  });

  test("files have their types", async (t) => {
    const client = await startServer(t);
    const expected = {
      "/style.css": "text/css; charset=utf-8",
      "/hero.svg": "image/svg+xml",
      "/icon.svg": "image/svg+xml",
      "/robots.txt": "text/plain; charset=utf-8",
    };
    for (const [file, type] of Object.entries(expected)) {
      assert.equal((await client.get(file)).headers["content-type"], type, file);
    }
  });

  test("a query does not change the file", async (t) => {
    const client = await startServer(t);
    assert.equal((await client.get("/style.css?v=2")).text, (await client.get("/style.css")).text);
  });

  test("HEAD has the headers but no body", async (t) => {
    const answer = await (await startServer(t)).send("HEAD", "/");
    assert.deepEqual([answer.status, answer.text], [200, ""]);
    assert.equal(answer.headers["content-length"], String(statSync(path.join(FRONTEND, "index.html")).size));
  });

  test("other methods are refused", async (t) => {
    const client = await startServer(t);
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const answer = await client.send(method, "/");
      assert.deepEqual([answer.status, answer.headers.allow], [405, "GET, HEAD"], method);
    }
  });

  test("a body does not cost the answer", async (t) => {
    const client = await startServer(t);
    for (const size of [2, 3 * 1024 * 1024]) {
      assert.equal((await client.send("POST", "/", {}, "x".repeat(size))).status, 405);
    }
  });

  test("every answer has the security headers", async (t) => {
    const client = await startServer(t);
    for (const address of ["/", "/style.css", "/unknown", "/healthz"]) {
      const { headers } = await client.get(address);
      assert.match(headers["content-security-policy"], /default-src 'self'/, address);
      assert.equal(headers["x-content-type-options"], "nosniff", address);
      assert.equal(headers["referrer-policy"], "no-referrer", address);
    }
  });

  test("health", async (t) => {
    const answer = await (await startServer(t)).get("/healthz");
    assert.deepEqual([answer.status, answer.text.trim()], [200, '{"status":"ok"}']);
  });
});

describe("what browsers may keep", () => {
  test("pages are checked on every visit and files after an hour", async (t) => {
    const client = await startServer(t);
    assert.equal((await client.get("/")).headers["cache-control"], "no-cache");
    assert.equal((await client.get("/style.css")).headers["cache-control"], "public, max-age=3600");
  });

  test("a matching tag is answered without a body", async (t) => {
    const client = await startServer(t);
    const { etag } = (await client.get("/style.css")).headers;
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const answer = await client.get("/style.css", { "If-None-Match": value });
      assert.deepEqual([answer.status, answer.text, answer.headers.etag], [304, "", etag], value);
    }
  });

  test("another tag gets the file, whatever the date", async (t) => {
    const headers = { "If-None-Match": '"other"', "If-Modified-Since": "Fri, 01 Oct 2100 00:00:00 GMT" };
    assert.equal((await (await startServer(t)).get("/style.css", headers)).status, 200);
  });

  test("a date decides where there is no tag", async (t) => {
    const client = await startServer(t);
    const modified = (await client.get("/")).headers["last-modified"];
    assert.equal((await client.get("/", { "If-Modified-Since": modified })).status, 304);
    assert.equal((await client.get("/", { "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT" })).status, 200);
  });

  test("a date that cannot be read is ignored", async (t) => {
    assert.equal((await (await startServer(t)).get("/", { "If-Modified-Since": "yesterday" })).status, 200);
  });

  test("files have tags of their own", async (t) => {
    const client = await startServer(t);
    const tags = new Set();
    for (const address of ["/", "/style.css", "/hero.svg", "/icon.svg"]) tags.add((await client.get(address)).headers.etag);
    assert.equal(tags.size, 4);
  });
});

describe("addresses that lead nowhere", () => {
  test("an unknown address gets the 404 page", async (t) => {
    const answer = await (await startServer(t)).get("/unknown");
    assert.deepEqual([answer.status, answer.text], [404, readFile("404.html")]);
    assert.equal(answer.headers.etag, undefined);
  });

  test("no address leads out of the site", async (t) => {
    const client = await startServer(t);
    const addresses = [
      "/../README.md", "/%2e%2e/README.md", "/..%2fREADME.md", "/..%5cREADME.md", "//etc/passwd", "/./index.html",
      "/../backend/server.mjs", "/%00", "/index.html%00.css", "/%ff",
    ];
    for (const address of addresses) assert.equal((await client.get(address)).status, 404, address);
  });

  test("folders are not listed", (t) => {
    const folder = writeSite(t);
    assert.deepEqual([...loadSite(folder).files.keys()].sort(), ["/", "/images/a.svg", "/index.html"]);
  });

  test("hidden files and links are not served", (t) => {
    const folder = writeSite(t);
    writeFileSync(path.join(folder, ".secret"), "secret");
    mkdirSync(path.join(folder, ".git"));
    writeFileSync(path.join(folder, ".git", "config"), "secret");
    symlinkSync("/etc/passwd", path.join(folder, "link.txt"));
    assert.deepEqual([...loadSite(folder).files.keys()].sort(), ["/", "/images/a.svg", "/index.html"]);
  });
});

/** Write the smallest site with a folder inside; it is removed when the test ends. */
function writeSite(t) {
  const folder = mkdtempSync(path.join(tmpdir(), "site-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, "index.html"), "start");
  writeFileSync(path.join(folder, "404.html"), "nothing");
  mkdirSync(path.join(folder, "images"));
  writeFileSync(path.join(folder, "images", "a.svg"), "picture");
  return folder;
}
