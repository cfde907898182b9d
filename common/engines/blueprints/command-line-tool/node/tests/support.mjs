// What several tests need: runs of the tool inside this process and as a process of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import { run } from "../tool/commands.mjs";
import { Streams } from "../tool/streams.mjs";

const MAIN = fileURLToPath(new URL("../tool/main.mjs", import.meta.url));

/** Keeps what is written to it. */
class Collector {
  text = "";

  write(text) {
    this.text += text;
  }
}

/** Run the tool inside this process and return the exit code, the output and the errors. */
export async function runTool(args, stdin = "") {
  const [output, errors] = [new Collector(), new Collector()];
  const code = await run(args, new Streams(Readable.from([Buffer.from(stdin)]), output, errors));
  return { code, output: output.text, errors: errors.text };
}

/** Start the tool as a process of its own. */
export function start(args) {
  return spawn(process.execPath, [MAIN, ...args]);
}

/** Run the tool as a process of its own to its end. */
export async function runProcess(args, stdin = "") {
  const child = start(args);
  const ended = once(child, "close");
  child.stdin.on("error", () => {}); // it may end before it has read everything
  child.stdin.end(stdin);
  const [output, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  const [code] = await ended;
  return { code, output, errors };
}

export async function readAll(stream) {
  return Buffer.concat(await stream.toArray()).toString();
}

/** Return a folder for files that lasts as long as the test, with a function that writes one of them. */
export function makeFolder(t) {
  const folder = mkdtempSync(path.join(tmpdir(), "tool-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (name, content) => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  return { folder, write };
}
