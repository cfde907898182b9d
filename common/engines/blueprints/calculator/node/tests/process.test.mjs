// Tests of the server as a process: settings, start and stop.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { readSettings, SettingsError } from "../backend/settings.mjs";

const MAIN = fileURLToPath(new URL("../backend/main.mjs", import.meta.url));

/** Start the server as a user would. */
function start(environment) {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...environment } });
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  return child;
}

test("settings have defaults", () => {
  assert.deepEqual(readSettings({}), { host: "127.0.0.1", port: << port >> });
});

test("settings come from the environment", () => {
  assert.deepEqual(readSettings({ HOST: "0.0.0.0", PORT: "9000" }), { host: "0.0.0.0", port: 9000 });
});

test("ports that cannot be used are refused", () => {
  for (const PORT of ["http", "-1", "65536", "80.5", "999999"]) {
    assert.throws(() => readSettings({ PORT }), SettingsError, PORT);
  }
});

test("a bad port is one clear line and exit code 2", async () => {
  const child = start({ PORT: "many" });
  let errors = "";
  child.stderr.on("data", (text) => (errors += text));
  const [code] = await once(child, "close");
  assert.equal(code, 2);
  assert.equal(errors, '<< slug >>: PORT must be a number from 0 to 65535, not "many"\n');
});

test("a termination signal ends it cleanly", async () => {
  const child = start({ PORT: "0", HOST: "127.0.0.1" });
  const [line] = await once(child.stdout, "data");
  assert.match(line, /listens on http:\/\/127\.0\.0\.1:/);
  child.kill("SIGTERM");
  const [code] = await once(child, "close");
  assert.equal(code, 0);
});
