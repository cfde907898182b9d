// Converts between CSV with a header line and JSON with a list of flat objects.

import path from "node:path";

import { CsvError, formatRow, parseCsv } from "./csv.mjs";

export const FORMATS = ["csv", "json"];

/** The input is not what its format promises. */
export class ConversionError extends Error {}

/** Return the format that the end of a file name stands for, if it is a known one. */
export function formatOf(name = "") {
  const suffix = path.extname(name).toLowerCase().slice(1);
  return FORMATS.includes(suffix) ? suffix : undefined;
}

/** Return the text in another format; the same format is checked and written anew. */
export function convert(text, source, target) {
  const records = source === "csv" ? readCsv(text) : readJson(text);
  return target === "csv" ? writeCsv(records) : writeJson(records);
}

/** Return one record (a map) for each row after the header; every value is text. */
function readCsv(text) {
  const [header, ...rows] = parseRows(text);
  if (!header) return [];
  checkHeader(header.fields);
  return rows.map(({ fields, line }) => {
    if (fields.length !== header.fields.length) {
      throw new ConversionError(`line ${line}: ${fields.length} fields, but the header has ${header.fields.length}`);
    }
    return new Map(fields.map((field, index) => [header.fields[index], field]));
  });
}

function parseRows(text) {
  try {
    return parseCsv(text);
  } catch (error) {
    if (error instanceof CsvError) throw new ConversionError(error.message);
    throw error;
  }
}

/** Refuse a header in which not every field has a name of its own. */
function checkHeader(header) {
  for (const [index, name] of header.entries()) {
    if (!name.trim()) throw new ConversionError("line 1: a field of the header has no name");
    if (header.indexOf(name) !== index) throw new ConversionError(`line 1: the field "${name}" is there twice`);
  }
}

/** Return the records of a JSON list. */
function readJson(text) {
  const records = parseJson(text);
  if (!Array.isArray(records)) throw new ConversionError("the JSON must be a list of objects");
  return records.map((record, index) => readRecord(index + 1, record));
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConversionError(`not valid JSON: ${error.message}`);
  }
}

/** Return an object as a map, and refuse what does not fit into a row. */
function readRecord(number, record) {
  if (record === null || typeof record !== "object" || Array.isArray(record)) {
    throw new ConversionError(`entry ${number}: must be an object`);
  }
  for (const [name, value] of Object.entries(record)) {
    if (typeof value === "object" && value !== null) {
      throw new ConversionError(`entry ${number}: the field "${name}" holds another list or object`);
    }
    if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      throw new ConversionError(`entry ${number}: the number in the field "${name}" is too large`);
    }
  }
  return new Map(Object.entries(record));
}

/** Return a header with every field in the order of its first use, and one row for each record. */
function writeCsv(records) {
  const fields = [...new Set(records.flatMap((record) => [...record.keys()]))];
  if (fields.length === 0) return "";
  const rows = records.map((record) => fields.map((name) => cell(record.get(name))));
  return [fields, ...rows].map(formatRow).join("");
}

/** Return a value as the text of a cell; null is empty. */
function cell(value) {
  return value === null || value === undefined ? "" : String(value);
}

/** Return the records as indented JSON. */
function writeJson(records) {
  return `${JSON.stringify(records.map((record) => Object.fromEntries(record)), null, 2)}\n`;
}
