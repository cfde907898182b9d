// Keeps the last calculations in memory; a restart forgets them.

export const MAX_ENTRIES = 20;

/** The last calculations, newest first. */
export class History {
  #entries = [];
  #lastId = 0;

  /** Remember a calculation and return it with its number. */
  add(expression, result) {
    this.#lastId += 1;
    const calculation = { id: this.#lastId, expression, result };
    this.#entries = [calculation, ...this.#entries].slice(0, MAX_ENTRIES);
    return calculation;
  }

  /** Return what is remembered, newest first. */
  list() {
    return [...this.#entries];
  }

  /** Return the calculation with this number, if it is still remembered. */
  find(number) {
    return this.#entries.find((entry) => String(entry.id) === number);
  }

  /** Forget every calculation. */
  clear() {
    this.#entries = [];
  }
}
