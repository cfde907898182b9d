// Notes in a JSON file.

import { readJsonFile, writeJsonFile } from "./json-file.mjs";
import { toNote } from "./models.mjs";

const utcNow = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");

/** Keeps notes. A change counts once it is on disk. */
export class NoteStore {
  #path;
  #now;
  #state;

  constructor(path, { now = utcNow } = {}) {
    this.#path = path;
    this.#now = now;
    this.#state = readJsonFile(path);
    if (this.#state === undefined) this.#save({ next_id: 1, notes: [] });
    if (!Array.isArray(this.#state?.notes)) throw new Error(`${path} does not hold notes`);
  }

  add(title, body = "") {
    const { next_id: id, notes } = this.#state;
    const now = this.#now();
    const record = { id, title, body, created_at: now, updated_at: now };
    this.#save({ next_id: id + 1, notes: [...notes, record] });
    return toNote(record);
  }

  get(id) {
    const record = this.#find(id);
    return record && toNote(record);
  }

  newestFirst() {
    return this.#state.notes.map(toNote).reverse();
  }

  /** Change the title, the body or both. Undefined where there is no such note. */
  update(id, changes) {
    const current = this.#find(id);
    if (!current) return undefined;
    const changed = { ...current, ...changes, updated_at: this.#now() };
    this.#keep(this.#state.notes.map((record) => (record.id === id ? changed : record)));
    return toNote(changed);
  }

  delete(id) {
    if (!this.#find(id)) return false;
    this.#keep(this.#state.notes.filter((record) => record.id !== id));
    return true;
  }

  #find(id) {
    return this.#state.notes.find((record) => record.id === id);
  }

  #keep(notes) {
    this.#save({ next_id: this.#state.next_id, notes });
  }

  #save(state) {
    writeJsonFile(this.#path, state);
    this.#state = state;
  }
}
