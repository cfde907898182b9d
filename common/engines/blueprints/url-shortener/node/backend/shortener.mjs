// The central operation: turning an address into a stored short link.

import { randomInt } from "node:crypto";

import { checkAlias, isReserved, makeCode } from "./codes.mjs";
import { InputError } from "./errors.mjs";
import { CodeTaken } from "./store.mjs";
import { checkUrl } from "./urls.mjs";

const MAX_ATTEMPTS = 10;

// The wanted alias belongs to another link.
export class AliasTaken extends InputError {
  constructor(alias) {
    super("alias", `${alias} is already taken`);
  }
}

// Every random code that was tried is in use.
export class NoFreeCode extends Error {}

function chooseSecurely(characters) {
  return characters[randomInt(characters.length)];
}

function utcNow() {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

// Makes links. Randomness and time are arguments so that tests can choose them.
export class Shortener {
  #store;
  #choose;
  #now;

  constructor(store, { choose = chooseSecurely, now = utcNow } = {}) {
    this.#store = store;
    this.#choose = choose;
    this.#now = now;
  }

  // Checks the input and keeps the new link; throws InputError where it is wrong.
  async shorten(url, alias = "", ownAddresses = []) {
    const target = checkUrl(url, ownAddresses);
    if (alias.trim() === "") return this.#keepRandom(target);
    return this.#keepAlias(target, checkAlias(alias));
  }

  async #keepAlias(target, alias) {
    try {
      return await this.#keep(target, alias);
    } catch (error) {
      throw error instanceof CodeTaken ? new AliasTaken(alias) : error;
    }
  }

  async #keepRandom(target) {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const code = makeCode(this.#choose);
      if (isReserved(code)) continue;
      try {
        return await this.#keep(target, code);
      } catch (error) {
        if (!(error instanceof CodeTaken)) throw error;
      }
    }
    throw new NoFreeCode();
  }

  async #keep(target, code) {
    const link = { code, url: target, hits: 0, createdAt: this.#now() };
    await this.#store.add(link);
    return link;
  }
}
