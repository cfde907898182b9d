// Reads files or standard input as UTF-8 text and writes results.

import { readFile } from "node:fs/promises";

export const STANDARD_INPUT = "-";

const REASONS = {
  EACCES: "Permission denied",
  EISDIR: "Is a directory",
  ENOENT: "No such file or directory",
  ENOTDIR: "Not a directory",
};

/** Something that was to be read cannot be read or understood. */
export class InputError extends Error {}

/** Where the tool reads from and writes to. */
export class Streams {
  constructor(stdin, stdout, stderr) {
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** Write one line of results. */
  print(line) {
    this.stdout.write(`${line}\n`);
  }

  /** Write a result as JSON. */
  printJson(value) {
    this.print(JSON.stringify(value, null, 2));
  }

  /** Write one line about an error. */
  complain(message) {
    this.stderr.write(`<< slug >>: ${message}\n`);
  }

  /** Return the text of a file, or of standard input for "-". */
  async read(name) {
    const shown = name === STANDARD_INPUT ? "standard input" : name;
    let data;
    try {
      data = name === STANDARD_INPUT ? await readAll(this.stdin) : await readFile(name);
    } catch (error) {
      throw new InputError(`${shown}: ${reasonOf(error)}`);
    }
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(data);
    } catch {
      throw new InputError(`${shown}: is not text in UTF-8`);
    }
  }
}

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Return what went wrong with a file, in words. */
export function reasonOf(error) {
  return REASONS[error.code] ?? error.code ?? error.message;
}

/** Return the lines without their ends; a last line needs no end. */
export function splitLines(text) {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

/** Return the names to read; without any it is standard input. */
export function inputNames(names) {
  return names.length > 0 ? names : [STANDARD_INPUT];
}
