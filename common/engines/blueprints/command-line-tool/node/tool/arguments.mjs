// Describes the command line: subcommands, options and help.

import { parseArgs } from "node:util";

import { FORMATS } from "./converting.mjs";

export const VERSION = "1.0.0";

const EXIT_CODES = "exit codes: 0 done, 1 nothing found (find), 2 wrong usage, 3 input that cannot be read or understood";

const GENERAL_HELP = `usage: << slug >> [--help] [--version] COMMAND ...

Count, find and convert text, and make slugs of it.

commands:
  count          count lines, words and characters
  find           show the lines that match a regular expression
  convert        convert between CSV with a header line and JSON
  slug           turn text into a slug for an address

options:
  -h, --help     show this help, or that of a command, and exit
  --version      show the version and exit

${EXIT_CODES}`;

const COMMANDS = {
  count: {
    usage: "usage: << slug >> count [--top N] [--json] [FILE ...]",
    help: `Count lines, words and characters.

  FILE           files to read (default: standard input, also -)
  --top N        also show the N most frequent words
  --json         write the result as JSON`,
    options: { top: { type: "string" }, json: { type: "boolean" } },
    positionals: [0, Infinity],
  },
  find: {
    usage: "usage: << slug >> find [-i] [-c] [--json] PATTERN [FILE ...]",
    help: `Show the lines that match a regular expression.

  PATTERN            regular expression to look for
  FILE               files to read (default: standard input, also -)
  -i, --ignore-case  treat capital and small letters alike
  -c, --count        show how many lines match, not the lines
  --json             write the result as JSON`,
    options: {
      "ignore-case": { type: "boolean", short: "i" },
      count: { type: "boolean", short: "c" },
      json: { type: "boolean" },
    },
    positionals: [1, Infinity],
  },
  convert: {
    usage: "usage: << slug >> convert [--from FORMAT] [--to FORMAT] [-o FILE] [FILE]",
    help: `Convert between CSV with a header line and JSON.

  FILE               file to read (default: standard input)
  --from FORMAT      csv or json (default: by file name)
  --to FORMAT        csv or json (default: the other one)
  --json             the same as --to json
  -o, --output FILE  file to write (default: standard output)`,
    options: {
      from: { type: "string" },
      to: { type: "string" },
      json: { type: "boolean" },
      output: { type: "string", short: "o" },
    },
    positionals: [0, 1],
  },
  slug: {
    usage: "usage: << slug >> slug [--max-length N] [--json] [TEXT ...]",
    help: `Turn text into a slug for an address.

  TEXT            text (default: each line of standard input)
  --max-length N  cut to N characters (default: 80)
  --json          write the result as JSON`,
    options: { "max-length": { type: "string" }, json: { type: "boolean" } },
    positionals: [0, Infinity],
  },
};

/** The command line cannot be used; the second line says how it could. */
export class UsageError extends Error {}

/** Return the command with its options and positionals, or the text that was asked for. */
export function readArguments([name, ...rest]) {
  if (["-h", "--help"].includes(name)) return { text: GENERAL_HELP };
  if (name === "--version") return { text: `<< slug >> ${VERSION}` };
  if (!Object.hasOwn(COMMANDS, name ?? "")) {
    const reason = name === undefined ? "COMMAND: is missing" : `COMMAND: "${name}" is not one of ${Object.keys(COMMANDS).join(", ")}`;
    throw new UsageError(`${reason}\nusage: << slug >> [--help] [--version] COMMAND ...`);
  }
  const command = COMMANDS[name];
  try {
    return readCommand(name, command, rest);
  } catch (error) {
    const message = error instanceof UsageError ? error.message : error.message.split(". ")[0];
    throw new UsageError(`${message}\n${command.usage}`);
  }
}

function readCommand(name, command, rest) {
  const options = { ...command.options, help: { type: "boolean", short: "h" } };
  const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true });
  if (values.help) return { text: `${command.usage}\n\n${command.help}\n  -h, --help     show this help and exit\n\n${EXIT_CODES}` };
  const [least, most] = command.positionals;
  if (positionals.length < least) throw new UsageError("PATTERN: is missing");
  if (positionals.length > most) throw new UsageError(`FILE: only one can be given, not also ${positionals[1]}`);
  return { command: name, options: checkValues(values), positionals };
}

/** Return the options with numbers as numbers and formats that exist. */
function checkValues(values) {
  const checked = { ...values };
  for (const name of ["top", "max-length"]) {
    if (name in values) checked[name] = positive(name, values[name]);
  }
  for (const name of ["from", "to"]) {
    if (name in values && !FORMATS.includes(values[name])) {
      throw new UsageError(`--${name}: must be one of ${FORMATS.join(", ")}, not ${values[name]}`);
    }
  }
  if (values.json && values.to === "csv") throw new UsageError("--json: cannot be used with --to csv");
  return checked;
}

function positive(name, text) {
  if (!/^[0-9]{1,9}$/.test(text) || Number(text) === 0) {
    throw new UsageError(`--${name}: must be a whole number above 0, not "${text}"`);
  }
  return Number(text);
}
