// Tests of the whole program: its settings, its start and its clean end.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { ConfigError, loadConfig } from "../backend/config.mjs";
import { temporaryFolder } from "./folder.mjs";
import { Client } from "./support.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

// Starts the program and collects what it prints.
function start(settings) {
  const env = { ...process.env, HOST: "127.0.0.1", ...settings };
  const program = spawn(process.execPath, ["backend/main.mjs"], { cwd: ROOT, env });
  program.errors = "";
  program.stderr.on("data", (chunk) => { program.errors += chunk; });
  return program;
}

test("settings have defaults", () => {
  assert.deepEqual(loadConfig({}), { host: "127.0.0.1", port: << port >>, dataDir: "data" });
});

test("bad settings are refused", () => {
  for (const text of ["http", "-1", "65536", "8000 "]) {
    assert.throws(() => loadConfig({ PORT: text }), (error) => {
      assert.ok(error instanceof ConfigError);
      return error.message.startsWith("PORT must be");
    });
  }
});

test("it serves and ends cleanly on SIGTERM", async (t) => {
  const program = start({ PORT: "0", DATA_DIR: await temporaryFolder(t) });
  t.after(() => program.kill("SIGKILL"));
  const [line] = await once(program.stdout, "data");
  const client = new Client(Number(/:([0-9]+)\s*$/.exec(line)[1]));
  const health = await client.get("/healthz");
  assert.equal(health.body, '{"status":"ok"}');
  program.kill("SIGTERM");
  const [code] = await once(program, "close");
  assert.equal(code, 0);
  assert.equal(program.errors, "");
});

test("a bad port ends with one clear line", async () => {
  const program = start({ PORT: "eighty" });
  const [code] = await once(program, "close");
  assert.equal(code, 2);
  assert.equal(program.errors, 'error: PORT must be a number from 0 to 65535, not "eighty"\n');
});
