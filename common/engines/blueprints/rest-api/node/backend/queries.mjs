// Reads the query of a list: its page, its order and its filters.

import { parseText, Problem } from "./kinds.mjs";
import { FIELDS } from "./models.mjs";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const MAX_OFFSET = 1_000_000_000;
export const SORTABLE = ["id", ...FIELDS.map((field) => field.name), "created_at", "updated_at"];

// The parameter that filters by each field.
export const PARAMETERS = {
<% for f in fields %>
  << f.name >>: "<% if f.name in ["limit", "offset", "sort"] %>filter.<% endif %><< f.name >>",
<% endfor %>
};

// A parameter is wrong; the message names it.
export class QueryError extends Error {}

// Returns the query; throws QueryError where a parameter is wrong.
export function parseQuery(parameters) {
  const known = ["limit", "offset", "sort", ...Object.values(PARAMETERS)];
  for (const name of parameters.keys()) {
    if (!known.includes(name)) throw new QueryError(`${name} is not a known parameter`);
  }
  const [, minus, sort] = /^(-?)(.*)$/s.exec(parameters.get("sort") ?? "id");
  if (!SORTABLE.includes(sort)) {
    throw new QueryError(`sort must be one of ${SORTABLE.join(", ")}, with - in front to reverse it`);
  }
  return {
    limit: parseNumber(parameters, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
    offset: parseNumber(parameters, "offset", 0, 0, MAX_OFFSET),
    sort,
    descending: minus === "-",
    filters: parseFilters(parameters),
  };
}

// Returns a number within its bounds or throws QueryError.
function parseNumber(parameters, name, fallback, lowest, highest) {
  const text = parameters.get(name) ?? String(fallback);
  const number = Number(text);
  if (!/^[0-9]{1,10}$/.test(text) || number < lowest || number > highest) {
    throw new QueryError(`${name} must be a number from ${lowest} to ${highest}`);
  }
  return number;
}

// Returns the name and the value of each filtered field, or throws QueryError.
function parseFilters(parameters) {
  const filtered = FIELDS.filter((field) => parameters.has(PARAMETERS[field.name]));
  return filtered.map((field) => {
    const parameter = PARAMETERS[field.name];
    try {
      return [field.name, parseText(field, parameters.get(parameter))];
    } catch (error) {
      throw error instanceof Problem ? new QueryError(`${parameter} ${error.message}`) : error;
    }
  });
}
