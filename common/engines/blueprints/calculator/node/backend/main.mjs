// Starts the server: node backend/main.mjs.

import { App } from "./app.mjs";
import { History } from "./history.mjs";
import { createServer } from "./server.mjs";
import { readSettings, SettingsError } from "./settings.mjs";

function main() {
  let settings;
  try {
    settings = readSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(`<< slug >>: ${error.message}`);
    process.exitCode = 2;
    return;
  }
  serve(settings);
}

function serve({ host, port }) {
  const server = createServer(new App(new History()), console.log);
  server.on("error", (error) => {
    console.error(`<< slug >>: cannot listen on ${host}:${port}: ${error.message}`);
    process.exitCode = 1;
  });
  server.listen(port, host, () => {
    console.log(`<< name >> listens on http://${host}:${server.address().port}`);
  });
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main();
