// Todos in a JSON file.

import { readJsonFile, writeJsonFile } from "./json-file.mjs";

const CONDITIONS = {
  all: () => true,
  open: (todo) => !todo.done,
  done: (todo) => todo.done,
};

const utcNow = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");

/** Keeps todos in the order they were added. A change counts once it is on disk. */
export class TodoStore {
  #path;
  #now;
  #state;

  constructor(path, { now = utcNow } = {}) {
    this.#path = path;
    this.#now = now;
    this.#state = readJsonFile(path);
    if (this.#state === undefined) this.#save({ next_id: 1, todos: [] });
    if (!Array.isArray(this.#state?.todos)) throw new Error(`${path} does not hold todos`);
  }

  add(title, due = null) {
    const { next_id: id, todos } = this.#state;
    const todo = { id, title, done: false, due, created_at: this.#now() };
    this.#save({ next_id: id + 1, todos: [...todos, todo] });
    return { ...todo };
  }

  get(id) {
    const todo = this.#state.todos.find((each) => each.id === id);
    return todo && { ...todo };
  }

  select(which = "all") {
    return this.#state.todos.filter(CONDITIONS[which]).map((todo) => ({ ...todo }));
  }

  /** How many todos each filter would show. */
  counts() {
    const all = this.#state.todos.length;
    const done = this.#state.todos.filter(CONDITIONS.done).length;
    return { all, open: all - done, done };
  }

  /** Change some of title, done and due. Undefined where there is no such todo. */
  update(id, changes) {
    const current = this.get(id);
    if (!current) return undefined;
    const changed = { ...current, ...changes };
    this.#keep(this.#state.todos.map((todo) => (todo.id === id ? changed : todo)));
    return { ...changed };
  }

  delete(id) {
    if (!this.get(id)) return false;
    this.#keep(this.#state.todos.filter((todo) => todo.id !== id));
    return true;
  }

  /** Delete every todo that is done and say how many there were. */
  clearCompleted() {
    const { done } = this.counts();
    if (done > 0) this.#keep(this.select("open"));
    return done;
  }

  #keep(todos) {
    this.#save({ next_id: this.#state.next_id, todos });
  }

  #save(state) {
    writeJsonFile(this.#path, state);
    this.#state = state;
  }
}
