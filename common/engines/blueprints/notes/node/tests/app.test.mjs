// The whole program: started, used, stopped and started again.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { Client } from "./client.mjs";
import { temporaryPath } from "./folder.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

function environment(dataDir, port = "0") {
  return { PATH: process.env.PATH, HOST: "127.0.0.1", PORT: port, DATA_DIR: dataDir };
}

function runToEnd(file, env) {
  const options = { cwd: ROOT, env, encoding: "utf8", timeout: 30_000 };
  return spawnSync(process.execPath, [file], options);
}

/** Start the server and wait for the line that says where it listens. */
async function start(t, dataDir) {
  const child = spawn(process.execPath, ["backend/main.mjs"], {
    cwd: ROOT,
    env: environment(dataDir),
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await once(createInterface(child.stdout), "line");
  const port = /http:\/\/127\.0\.0\.1:([0-9]+)$/.exec(line)?.[1];
  assert.ok(port, line);
  return { child, client: new Client(Number(port)) };
}

async function stop(child) {
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
}

test("what was added is there after a restart", async (t) => {
  const dataDir = temporaryPath(t, "new");
  const first = await start(t, dataDir);
  const added = await first.client.sendJson("POST", "/api/notes", { title: "Trip" });
  assert.equal(added.status, 201);
  const env = environment(dataDir, String(first.client.port));
  assert.equal(runToEnd("backend/healthcheck.mjs", env).status, 0);
  await stop(first.child);
  const second = await start(t, dataDir);
  assert.match((await second.client.get("/")).text, /Trip/);
  assert.equal((await second.client.get("/static/app.css")).status, 200);
  await stop(second.child);
});

test("a bad port or bad data is one clear line and an exit code", (t) => {
  const dataDir = temporaryPath(t, "new");
  const badPort = runToEnd("backend/main.mjs", environment(dataDir, "eighty"));
  assert.equal(badPort.status, 2);
  assert.equal(badPort.stderr, 'PORT must be a number from 0 to 65535, not "eighty"\n');
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "notes.json"), "not\njson");
  const badData = runToEnd("backend/main.mjs", environment(dataDir));
  assert.equal(badData.status, 1);
  assert.match(badData.stderr, /^Cannot start: .+ is not valid JSON\n$/);
});
