// Entry point: reads the settings, opens the store and serves until a stop signal arrives.

import { ConfigError, loadConfig } from "./config.mjs";
import { Application } from "./routes.mjs";
import { RecordStore } from "./store.mjs";
import { createServer, listen, stop } from "./web.mjs";

async function main() {
  const config = loadConfig(process.env);
  const store = await RecordStore.open(config.dataDir);
  const server = createServer();
  const port = await listen(server, config.port, config.host);
  server.application = new Application(store);
  console.log(`Listening on http://${config.host}:${port}`);
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.once(signal, () => stop(server).then(() => store.close()));
  }
}

main().catch((error) => {
  const wrongSetting = error instanceof ConfigError;
  console.error(wrongSetting ? `error: ${error.message}` : `error: cannot start: ${error.message}`);
  process.exitCode = wrongSetting ? 2 : 1;
});
