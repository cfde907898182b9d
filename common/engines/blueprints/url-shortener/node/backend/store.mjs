// Durable storage of links in one JSON file that is replaced as a whole.

import { access, constants, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

// Another link already has this code.
export class CodeTaken extends Error {}

// All links. Changes run one after another, and each is on disk before it can be seen.
export class LinkStore {
  #path;
  #links;
  #lastChange = Promise.resolve();

  constructor(path, links) {
    this.#path = path;
    this.#links = new Map(links.map((link) => [link.code, link]));
  }

  // Opens the store in a folder, which is made when it is missing and must be writable.
  static async open(dataDir) {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
    const path = join(dataDir, "links.json");
    return new LinkStore(path, await readLinks(path));
  }

  // Returns the link with this code, or undefined.
  get(code) {
    return this.#links.get(code);
  }

  // Returns links, the newest first.
  newest(limit, offset = 0) {
    return [...this.#links.values()].reverse().slice(offset, offset + limit);
  }

  // Returns how many links there are.
  count() {
    return this.#links.size;
  }

  // Keeps a new link; throws CodeTaken when its code is in use.
  async add(link) {
    await this.#change((links) => {
      if (links.has(link.code)) throw new CodeTaken(link.code);
      return links.set(link.code, link);
    });
  }

  // Counts one visit; returns false when there is no such link.
  recordHit(code) {
    return this.#change((links) => {
      const link = links.get(code);
      return link && links.set(code, { ...link, hits: link.hits + 1 });
    });
  }

  // Forgets a link; returns false when there is no such link.
  delete(code) {
    return this.#change((links) => links.delete(code) && links);
  }

  // Waits for the changes in progress.
  async close() {
    await this.#lastChange;
  }

  // Lets `edit` alter a copy, writes the copy and only then shows it. An edit without result
  // changes nothing.
  #change(edit) {
    const change = this.#lastChange.then(async () => {
      const links = edit(new Map(this.#links));
      if (!links) return false;
      await replaceFile(this.#path, JSON.stringify({ links: [...links.values()] }, null, 1));
      this.#links = links;
      return true;
    });
    this.#lastChange = change.catch(() => {});
    return change;
  }
}

async function readLinks(path) {
  try {
    return JSON.parse(await readFile(path, "utf8")).links;
  } catch (error) {
    if (error.code === "ENOENT") return [];
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
