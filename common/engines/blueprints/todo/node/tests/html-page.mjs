// Reads a page into a tree, so that tests can ask what is on it.

import assert from "node:assert/strict";

const VOID = new Set(["input", "link", "meta", "br"]);
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
const PIECE = /<!doctype html>|<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*(\/?)>|([^<]+)/gy;

const decode = (text) => text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]);

/** One HTML element. */
class Element {
  constructor(tag, attributes, parent) {
    this.tag = tag;
    this.attributes = attributes;
    this.parent = parent;
    this.children = [];
  }

  get text() {
    const parts = this.children.map((child) => (typeof child === "string" ? child : child.text));
    return parts.join("").trim().replace(/\s+/g, " ");
  }

  /** Every element below this one with that tag and those attributes. */
  all(tag, attributes = {}) {
    return this.children
      .filter((child) => child instanceof Element)
      .flatMap((child) => [
        ...(child.tag === tag && child.#has(attributes) ? [child] : []),
        ...child.all(tag, attributes),
      ]);
  }

  one(tag, attributes = {}) {
    const found = this.all(tag, attributes);
    assert.equal(found.length, 1, `${found.length} of <${tag}> ${JSON.stringify(attributes)}`);
    return found[0];
  }

  /** The field with that label. */
  labelled(label) {
    const id = this.all("label").find((found) => found.text === label)?.attributes.for;
    const fields = [...this.all("input", { id }), ...this.all("textarea", { id })];
    assert.equal(fields.length, 1, `${fields.length} fields for the label ${label}`);
    return fields[0];
  }

  /** The button with that text or aria-label. */
  button(name) {
    const found = this.all("button").filter((button) =>
      [button.attributes["aria-label"], button.text].includes(name),
    );
    assert.equal(found.length, 1, `${found.length} buttons named ${name}`);
    return found[0];
  }

  /** The form that the button sends. */
  formOf(buttonName) {
    let element = this.button(buttonName);
    while (element.tag !== "form") element = element.parent;
    return element;
  }

  /** What this form would send if nothing were typed. */
  values() {
    const fields = this.all("input").filter((field) => field.attributes.name);
    return Object.fromEntries(fields.map(({ attributes }) => [attributes.name, attributes.value]));
  }

  #has(attributes) {
    return Object.entries(attributes).every(([name, value]) => {
      const own = this.attributes[name];
      return name === "class" ? (own ?? "").split(" ").includes(value) : own === value;
    });
  }
}

export function parse(html) {
  const root = new Element("document", {});
  let open = root;
  let end = 0;
  for (const [piece, closing, tag, attributes, selfClosing, text] of html.matchAll(PIECE)) {
    end += piece.length;
    if (text !== undefined) open.children.push(decode(text));
    if (tag === undefined) continue;
    if (closing) {
      assert.equal(tag, open.tag, `</${tag}> closes <${open.tag}>`);
      open = open.parent;
      continue;
    }
    const element = new Element(tag, parseAttributes(attributes), open);
    open.children.push(element);
    if (!selfClosing && !VOID.has(tag)) open = element;
  }
  assert.equal(end, html.length, `cannot read ${html.slice(end, end + 60)}`);
  assert.equal(open, root, `<${open.tag}> is not closed`);
  return root;
}

function parseAttributes(text) {
  const pairs = [...text.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name, decode(value ?? "")]));
}
