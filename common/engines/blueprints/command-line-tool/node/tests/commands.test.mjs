// Tests of the commands: what they write and how they exit.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";

import { makeFolder, runTool } from "./support.mjs";

const FRUIT = "red apple\nGreen pear\nred cherry\n";

describe("count", () => {
  test("standard input is counted without a name", async () => {
    const run = await runTool(["count"], "one two\nthree\n");
    assert.equal(run.output, "    lines     words  characters\n        2         3          14\n");
    assert.deepEqual([run.code, run.errors], [0, ""]);
  });

  test("several files get a total", async (t) => {
    const { write } = makeFolder(t);
    const [first, second] = [write("a.txt", "one\n"), write("b.txt", "two three\n")];
    const { output } = await runTool(["count", first, second]);
    const rows = output.trimEnd().split("\n").slice(1).map((line) => line.trim().split(/\s+/));
    assert.deepEqual(rows, [["1", "1", "4", first], ["1", "2", "10", second], ["2", "3", "14", "total"]]);
  });

  test("the most frequent words follow", async () => {
    const { output } = await runTool(["count", "--top", "2"], "red green red blue green red");
    assert.deepEqual(output.split("\n").slice(2), ["", "        3  red", "        2  green", ""]);
  });

  test("JSON", async () => {
    const { output } = await runTool(["count", "--json", "--top", "1"], "one one two");
    const counts = { lines: 1, words: 3, characters: 11 };
    assert.deepEqual(JSON.parse(output), {
      files: [{ file: "-", ...counts }], total: counts, top: [{ word: "one", count: 2 }],
    });
  });

  test("a file that cannot be read is named, and the others are counted", async (t) => {
    const { folder, write } = makeFolder(t);
    const good = write("good.txt", "one\n");
    const run = await runTool(["count", `${folder}/missing.txt`, good]);
    assert.equal(run.code, 3);
    assert.equal(run.errors, `<< slug >>: ${folder}/missing.txt: No such file or directory\n`);
    assert.ok(run.output.includes(good));
  });
});

describe("find", () => {
  test("matching lines are shown with their numbers", async () => {
    const run = await runTool(["find", "red"], FRUIT);
    assert.deepEqual(run, { code: 0, output: "1:red apple\n3:red cherry\n", errors: "" });
  });

  test("nothing found is exit code 1", async () => {
    assert.deepEqual(await runTool(["find", "blue"], FRUIT), { code: 1, output: "", errors: "" });
  });

  test("the pattern is a regular expression", async () => {
    assert.equal((await runTool(["find", "^[a-z]+ (apple|pear)$"], FRUIT)).output, "1:red apple\n");
  });

  test("case counts unless it is ignored", async () => {
    assert.equal((await runTool(["find", "green"], FRUIT)).code, 1);
    assert.equal((await runTool(["find", "-i", "green"], FRUIT)).output, "2:Green pear\n");
  });

  test("count shows only how many lines match", async () => {
    assert.equal((await runTool(["find", "--count", "red"], FRUIT)).output, "2\n");
    assert.deepEqual(await runTool(["find", "--count", "blue"], FRUIT), { code: 1, output: "0\n", errors: "" });
  });

  test("several files are named in front", async (t) => {
    const { write } = makeFolder(t);
    const [first, second] = [write("a.txt", FRUIT), write("b.txt", "a red one\n")];
    assert.equal((await runTool(["find", "red", "-c", first, second])).output, `${first}:2\n${second}:1\n`);
    assert.equal((await runTool(["find", "a red", first, second])).output, `${second}:1:a red one\n`);
  });

  test("JSON", async () => {
    const { output } = await runTool(["find", "pear", "--json"], FRUIT);
    assert.deepEqual(JSON.parse(output), { count: 1, matches: [{ file: "-", line: 2, text: "Green pear" }] });
    assert.equal((await runTool(["find", "blue", "--json"], FRUIT)).code, 1);
  });

  test("a bad pattern is wrong usage", async () => {
    const run = await runTool(["find", "("], FRUIT);
    assert.deepEqual([run.code, run.output], [2, ""]);
    assert.match(run.errors, /PATTERN: is not a regular expression/);
  });

  test("an unreadable file is exit code 3, even if something was found", async (t) => {
    const { folder, write } = makeFolder(t);
    const run = await runTool(["find", "red", write("a.txt", FRUIT), folder]);
    assert.deepEqual([run.code, run.errors], [3, `<< slug >>: ${folder}: Is a directory\n`]);
    assert.match(run.output, /red apple/);
  });

  test("a pattern may start with a hyphen after two hyphens", async () => {
    assert.equal((await runTool(["find", "--", "-x"], "a\n-x\n")).output, "2:-x\n");
  });
});

describe("convert", () => {
  test("the file name tells the formats", async (t) => {
    const { write } = makeFolder(t);
    const { output } = await runTool(["convert", write("table.CSV", "a\n1\n")]);
    assert.deepEqual(JSON.parse(output), [{ a: "1" }]);
    assert.equal((await runTool(["convert", write("list.json", '[{"a": 1}]')])).output, "a\n1\n");
  });

  test("options tell the formats", async () => {
    assert.equal((await runTool(["convert", "--from", "csv", "--to", "csv"], "a\r\n1\r\n")).output, "a\n1\n");
    assert.deepEqual(JSON.parse((await runTool(["convert", "--from", "csv", "--json"], "a\n1\n")).output), [{ a: "1" }]);
  });

  test("the output can be a file", async (t) => {
    const { folder, write } = makeFolder(t);
    const target = path.join(folder, "list.json");
    const run = await runTool(["convert", write("table.csv", "a\nZoë\n"), "-o", target]);
    assert.deepEqual([run.code, run.output], [0, ""]);
    assert.deepEqual(JSON.parse(readFileSync(target, "utf8")), [{ a: "Zoë" }]);
  });

  test("an unknown format is wrong usage", async () => {
    const run = await runTool(["convert"], "a\n");
    assert.deepEqual([run.code, run.output], [2, ""]);
    assert.match(run.errors, /--from: is needed/);
  });

  test("an error names the input", async () => {
    const run = await runTool(["convert", "--from", "json"], "[1]");
    assert.deepEqual([run.code, run.errors], [3, "<< slug >>: standard input: entry 1: must be an object\n"]);
  });
});

describe("slug", () => {
  test("arguments are one text", async () => {
    assert.equal((await runTool(["slug", "Hello", "World"])).output, "hello-world\n");
  });

  test("every line of standard input is a text", async () => {
    assert.equal((await runTool(["slug"], "One two\n\nThree\n")).output, "one-two\nthree\n");
  });

  test("JSON", async () => {
    const { output } = await runTool(["slug", "--json", "--max-length", "3", "One two"]);
    assert.deepEqual(JSON.parse(output), [{ text: "One two", slug: "one" }]);
  });

  test("nothing to make a slug of is exit code 3", async () => {
    const run = await runTool(["slug", "!!!"]);
    assert.deepEqual(run, { code: 3, output: "", errors: '<< slug >>: no letter or digit for a slug in "!!!"\n' });
  });
});
