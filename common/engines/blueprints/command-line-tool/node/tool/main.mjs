#!/usr/bin/env node
// Starts the tool: node tool/main.mjs.

import { run } from "./commands.mjs";
import { Streams } from "./streams.mjs";

// A reader that goes away early, such as head, is not an error.
process.stdout.on("error", (error) => {
  if (error.code === "EPIPE") process.exit(0);
  console.error(`<< slug >>: standard output: ${error.code}`);
  process.exit(3);
});

process.exitCode = await run(process.argv.slice(2), new Streams(process.stdin, process.stdout, process.stderr));
