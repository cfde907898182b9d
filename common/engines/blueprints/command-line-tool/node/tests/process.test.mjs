// Tests of the tool as a process: help, usage, encoding and pipes.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { makeFolder, readAll, runProcess, runTool, start } from "./support.mjs";

test("help names every command and the exit codes", async () => {
  const run = await runProcess(["--help"]);
  assert.deepEqual([run.code, run.errors], [0, ""]);
  assert.ok(run.output.startsWith("usage: << slug >> "));
  const words = ["count lines, words and characters", "find ", "convert ", "slug ", "exit codes: 0 done, 1 nothing found"];
  for (const part of words) assert.ok(run.output.replace(/\s+/g, " ").includes(part), part);
});

test("the help of a command names its options", async () => {
  const run = await runTool(["find", "--help"]);
  assert.equal(run.code, 0);
  for (const option of ["PATTERN", "--ignore-case", "--count", "--json"]) assert.ok(run.output.includes(option), option);
});

test("version", async () => {
  const run = await runTool(["--version"]);
  assert.deepEqual([run.code, run.output], [0, "<< slug >> 1.0.0\n"]);
});

test("wrong usage is exit code 2 with a hint on standard error", async () => {
  const cases = [[], ["unknown"], ["find"], ["count", "--top", "0"], ["convert", "--to", "xml"], ["slug", "--no"]];
  for (const args of cases) {
    const run = await runTool(args);
    assert.deepEqual([run.code, run.output], [2, ""], args.join(" "));
    assert.match(run.errors, /usage: << slug >>/);
  }
  assert.equal((await runProcess(["unknown"])).code, 2);
});

test("input that is not UTF-8 is exit code 3", async () => {
  const run = await runProcess(["count"], Buffer.from([0xff, 0xfe]));
  assert.deepEqual([run.code, run.errors], [3, "<< slug >>: standard input: is not text in UTF-8\n"]);
});

test("UTF-8 goes through, and a byte order mark does not", async () => {
  const run = await runProcess(["find", "Zoë"], "\ufeffZoë 😀\n");
  assert.deepEqual([run.code, run.output], [0, "1:Zoë 😀\n"]);
});

test("a reader that goes away is no error", async (t) => {
  const { write } = makeFolder(t);
  const child = start(["find", "line", write("long.txt", "line\n".repeat(100_000))]);
  const ended = once(child, "close");
  const errors = readAll(child.stderr);
  const [chunk] = await once(child.stdout, "data");
  assert.ok(chunk.toString().startsWith("1:line\n"));
  child.stdout.destroy();
  assert.equal(await errors, "");
  assert.deepEqual(await ended, [0, null]);
});
