<% set things = entity.plural | replace("_", " ") %>
<% set thing = entity.singular | replace("_", " ") %>
// Durable storage of << things >> in one JSON file that is replaced as a whole.

import { access, constants, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

import * as models from "./models.mjs";

function utcNow() {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

// All << things >>. Changes run one after another, and each is on disk before it can be seen.
export class RecordStore {
  #path;
  #now;
  #lastId;
  #records;
  #lastChange = Promise.resolve();

  constructor(path, { last_id: lastId, records }, now) {
    this.#path = path;
    this.#now = now;
    this.#lastId = lastId;
    this.#records = new Map(records.map((record) => [record.id, toRecord(record)]));
  }

  // Opens the store in a folder, which is made when it is missing and must be writable.
  static async open(dataDir, now = utcNow) {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
    const path = join(dataDir, "<< entity.plural >>.json");
    return new RecordStore(path, await readContent(path), now);
  }

  // Keeps a new << thing >> and returns it.
  async add(values) {
    return this.#change((records) => {
      const now = this.#now();
      const record = new models.<< entity.class >>(this.#lastId + 1, values, now, now);
      records.set(record.id, record);
      return record;
    });
  }

  // Returns the << thing >> with this id, or undefined.
  get(id) {
    return this.#records.get(id);
  }

  // Returns one page of the << things >> that pass the filters.
  find(query) {
    const found = this.#matching(query.filters);
    found.sort((a, b) => compareRecords(a, b, query));
    return found.slice(query.offset, query.offset + query.limit);
  }

  // Returns how many << things >> pass the filters.
  count(query) {
    return this.#matching(query.filters).length;
  }

  // Sets the given fields; returns undefined when there is no such << thing >>.
  async update(id, values) {
    return this.#change((records) => {
      const record = records.get(id);
      if (!record) return undefined;
      const changed = toRecord({ ...record, ...values, updated_at: this.#now() });
      records.set(id, changed);
      return changed;
    });
  }

  // Forgets a << thing >>; returns false when there is no such one.
  async delete(id) {
    return this.#change((records) => records.delete(id));
  }

  // Waits for the changes in progress.
  async close() {
    await this.#lastChange;
  }

  #matching(filters) {
    const records = [...this.#records.values()];
    return records.filter((record) => filters.every(([name, value]) => record[name] === value));
  }

  // Lets `edit` alter a copy, writes the copy and only then shows it. An edit without result
  // changes nothing.
  #change(edit) {
    const change = this.#lastChange.then(async () => {
      const records = new Map(this.#records);
      const result = edit(records);
      if (!result) return result;
      const lastId = Math.max(this.#lastId, result.id ?? 0);
      const content = { last_id: lastId, records: [...records.values()] };
      await replaceFile(this.#path, JSON.stringify(content, null, 1));
      this.#lastId = lastId;
      this.#records = records;
      return result;
    });
    this.#lastChange = change.catch(() => {});
    return change;
  }
}

function toRecord(values) {
  return new models.<< entity.class >>(values.id, values, values.created_at, values.updated_at);
}

// Orders by the wanted field and then by id; null comes before every value.
function compareRecords(a, b, { sort, descending }) {
  const order = compareValues(a[sort], b[sort]);
  return (descending ? -order : order) || a.id - b.id;
}

function compareValues(a, b) {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}

async function readContent(path) {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return { last_id: 0, records: [] };
    throw new Error(`${path} cannot be read: ${error.message}`);
  }
}

// Writes beside the file and renames, so that a crash leaves the old or the new content whole.
async function replaceFile(path, text) {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
