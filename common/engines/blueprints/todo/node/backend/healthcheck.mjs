// Asks a running server whether it is well: node backend/healthcheck.mjs

import http from "node:http";

import { readSettings } from "./config.mjs";

const { host, port } = readSettings(process.env);
const address = host === "0.0.0.0" ? "127.0.0.1" : host;
const request = http.get({ host: address, port, path: "/healthz", timeout: 2000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
});
request.on("timeout", () => request.destroy());
request.on("error", () => process.exit(1));
