// Starts the server: node backend/main.mjs

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { makeApp } from "./app.mjs";
import { BadSetting, readSettings } from "./config.mjs";
import { APP_NAME } from "./layout.mjs";
import { createServer } from "./server.mjs";
import { TodoStore } from "./store.mjs";

function main() {
  try {
    const settings = readSettings(process.env);
    const app = makeApp(openStore(settings));
    run(createServer(app, { log: logLine }), settings);
  } catch (error) {
    fail(error);
  }
}

function openStore({ dataDir }) {
  mkdirSync(dataDir, { recursive: true });
  return new TodoStore(join(dataDir, "todos.json"));
}

/** Serve until SIGTERM or SIGINT. */
function run(server, { host, port }) {
  server.on("error", fail);
  server.listen(port, host, () => {
    const { address, port: chosen } = server.address();
    console.log(`${APP_NAME} listens on http://${address}:${chosen}`);
  });
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => {
      server.close(() => process.exit(0));
      server.closeAllConnections();
    });
  }
}

function fail(error) {
  const isSetting = error instanceof BadSetting;
  console.error(isSetting ? error.message : `Cannot start: ${error.message}`);
  process.exit(isSetting ? 2 : 1);
}

function logLine(line) {
  console.error(`${new Date().toISOString()} ${line}`);
}

main();
