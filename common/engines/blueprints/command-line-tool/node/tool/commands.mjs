// Runs the subcommands and decides on the exit code.

import { writeFile } from "node:fs/promises";

import { readArguments, UsageError } from "./arguments.mjs";
import { ConversionError, convert, formatOf } from "./converting.mjs";
import { addCounts, countText, countWords, mostFrequent } from "./counting.mjs";
import { compilePattern, findLines, PatternError } from "./finding.mjs";
import { makeSlug, SlugError } from "./slugs.mjs";
import { InputError, inputNames, reasonOf, splitLines, STANDARD_INPUT } from "./streams.mjs";

const DONE = 0;
const NOTHING_FOUND = 1;
const WRONG_USAGE = 2;
const BAD_INPUT = 3;

const RUNNERS = { count: runCount, find: runFind, convert: runConvert, slug: runSlug };

/** Run the command line and return the exit code. */
export async function run(args, streams) {
  try {
    const { text, command, options, positionals } = readArguments(args);
    if (text === undefined) return await RUNNERS[command](options, positionals, streams);
    streams.print(text);
    return DONE;
  } catch (error) {
    const code = exitCodeOf(error);
    streams.complain(error.message);
    return code;
  }
}

/** Return the exit code for an error that a user can mend; any other is a mistake in the tool. */
function exitCodeOf(error) {
  if (error instanceof UsageError || error instanceof PatternError) return WRONG_USAGE;
  if ([InputError, ConversionError, SlugError].some((kind) => error instanceof kind)) return BAD_INPUT;
  throw error;
}

/** Read every input; one that cannot be read is reported and the others go on. */
async function readInputs(names, streams) {
  const inputs = [];
  let failed = false;
  for (const name of inputNames(names)) {
    try {
      inputs.push({ name, text: await streams.read(name) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      streams.complain(error.message);
      failed = true;
    }
  }
  return { inputs, failed, several: names.length > 1 };
}

/** Count what is in each input and in all of them. */
async function runCount(options, names, streams) {
  const { inputs, failed, several } = await readInputs(names, streams);
  const counts = inputs.map(({ name, text }) => ({ file: name, ...countText(text) }));
  const total = addCounts(counts);
  const words = new Map();
  if (options.top) inputs.forEach(({ text }) => countWords(text, words));
  const top = mostFrequent(words, options.top ?? 0);
  if (options.json) {
    const list = top.map(([word, count]) => ({ word, count }));
    streams.printJson({ files: counts, total, ...(options.top ? { top: list } : {}) });
  } else if (counts.length > 0) {
    printCounts(several ? [...counts, { file: "total", ...total }] : counts, top, streams);
  }
  return failed ? BAD_INPUT : DONE;
}

/** Write a table of the counts, and the most frequent words below it. */
function printCounts(counts, top, streams) {
  streams.print("    lines     words  characters");
  for (const { file, lines, words, characters } of counts) {
    const label = file === STANDARD_INPUT ? "" : `  ${file}`;
    streams.print(`${pad(lines, 9)} ${pad(words, 9)} ${pad(characters, 11)}${label}`);
  }
  if (top.length > 0) streams.print("");
  for (const [word, count] of top) streams.print(`${pad(count, 9)}  ${word}`);
}

function pad(number, width) {
  return String(number).padStart(width);
}

/** Show the lines of all inputs that match the pattern. */
async function runFind(options, [patternText, ...names], streams) {
  const pattern = compilePattern(patternText, options["ignore-case"]);
  const { inputs, failed, several } = await readInputs(names, streams);
  const found = inputs.map(({ name, text }) => ({ name, matches: findLines(pattern, text) }));
  if (options.json) {
    printMatchesAsJson(found, streams);
  } else {
    printMatches(found, several, options.count, streams);
  }
  if (failed) return BAD_INPUT;
  return found.some(({ matches }) => matches.length > 0) ? DONE : NOTHING_FOUND;
}

/** Write the matching lines with their numbers, or how many there are. */
function printMatches(found, several, onlyCount, streams) {
  for (const { name, matches } of found) {
    const prefix = several ? `${name}:` : "";
    const lines = onlyCount ? [matches.length] : matches.map((match) => `${match.line}:${match.text}`);
    for (const line of lines) streams.print(`${prefix}${line}`);
  }
}

/** Write the matching lines as JSON. */
function printMatchesAsJson(found, streams) {
  const matches = found.flatMap(({ name, matches: lines }) => lines.map((match) => ({ file: name, ...match })));
  streams.printJson({ count: matches.length, matches });
}

/** Convert one input between CSV and JSON. */
async function runConvert(options, [name = STANDARD_INPUT], streams) {
  const source = options.from ?? formatOf(name);
  if (!source) throw new UsageError("--from: is needed, as the file name does not tell the format");
  const asked = options.json ? "json" : options.to;
  const target = asked ?? formatOf(options.output) ?? (source === "csv" ? "json" : "csv");
  const text = await streams.read(name);
  let result;
  try {
    result = convert(text, source, target);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    throw new InputError(`${name === STANDARD_INPUT ? "standard input" : name}: ${error.message}`);
  }
  await writeResult(options.output, result, streams);
  return DONE;
}

/** Write to the file, or to standard output without one. */
async function writeResult(name, text, streams) {
  if (name === undefined || name === "-") {
    streams.stdout.write(text);
    return;
  }
  try {
    await writeFile(name, text);
  } catch (error) {
    throw new InputError(`${name}: ${reasonOf(error)}`);
  }
}

/** Write the slug of the text, or of each line of standard input. */
async function runSlug(options, words, streams) {
  const texts = words.length > 0 ? [words.join(" ")] : splitLines(await streams.read("-")).filter((line) => line.trim());
  const slugs = texts.map((text) => ({ text, slug: makeSlug(text, options["max-length"]) }));
  if (options.json) {
    streams.printJson(slugs);
  } else {
    for (const { slug } of slugs) streams.print(slug);
  }
  return DONE;
}
