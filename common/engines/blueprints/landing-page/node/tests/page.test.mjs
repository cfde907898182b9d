// Tests of the landing page: structure, links, headings and weight.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { FRONTEND, readPage, startServer } from "./support.mjs";

const text = readFileSync(path.join(FRONTEND, "index.html"), "utf8");
const page = readPage(text);
const missing = readPage(readFileSync(path.join(FRONTEND, "404.html"), "utf8"));

test("the page names itself and fits a phone", () => {
  const metas = Object.fromEntries(page.all("meta").map(({ attributes }) => [attributes.name, attributes.content]));
  assert.equal(page.all("html")[0].attributes.lang, "en");
  assert.equal(page.all("title")[0].text, "<< name >>");
  assert.equal(metas.description, "<< name >>: << tagline >>");
  assert.match(metas.viewport, /width=device-width/);
});

test("the headline is the name with the tagline below", () => {
  assert.deepEqual(page.all("h1").map((heading) => heading.text), ["<< name >>"]);
  assert.ok(page.all("p").some((paragraph) => paragraph.text === "<< tagline >>"));
});

<% if topic %>
test("the topic is named", () => {
  const topics = page.all("p").filter((paragraph) => paragraph.attributes.class === "topic");
  assert.deepEqual(topics.map((paragraph) => paragraph.text), ["<< topic >>"]);
});

<% endif %>
test("headings leave out no level", () => {
  for (const { elements } of [page, missing]) {
    const levels = elements.filter(({ name }) => /^h[1-6]$/.test(name)).map(({ name }) => Number(name[1]));
    assert.equal(levels[0], 1);
    levels.slice(1).forEach((level, index) => assert.ok(level <= levels[index] + 1));
  }
});

test("the page has its landmarks", () => {
  for (const name of ["header", "nav", "main", "footer"]) assert.equal(page.all(name).length, 1, name);
});

test("every section is named by its heading", () => {
  const headings = [...page.all("h1"), ...page.all("h2")].map((heading) => heading.attributes.id);
  const names = page.all("section").map((section) => section.attributes["aria-labelledby"]);
  assert.equal(names.length, 5);
  for (const name of names) assert.ok(headings.includes(name), name);
});

test("there are six promises, three steps and five questions", () => {
  const count = (list) => page.all("li").filter((item) => item.parents.at(-1).name === list).length;
  assert.deepEqual([count("ul"), count("ol"), page.all("details").length], [6, 3, 5]);
});

test("every question has an answer", () => {
  for (const details of page.all("details")) {
    const [question] = page.all("summary").filter((summary) => summary.parents.includes(details));
    assert.match(question.text, /\?$/);
    assert.ok(details.text.replace(question.text, "").trim().length > 20);
  }
});

test("every link leads somewhere", async (t) => {
  const client = await startServer(t);
  for (const { all, ids } of [page, missing]) {
    for (const link of all("a")) {
      const target = link.attributes.href;
      assert.ok(link.text.trim(), target);
      if (target.startsWith("#")) {
        assert.ok(ids().includes(target.slice(1)), target);
      } else if (!target.startsWith("mailto:")) {
        assert.equal((await client.get(target)).status, 200, target);
      }
    }
  }
});

test("the navigation reaches every section below the headline", () => {
  const targets = page.all("a").filter((link) => link.parents.at(-1).name === "nav").map((link) => link.attributes.href);
  const sections = page.all("section").filter((section) => section.attributes.id);
  assert.deepEqual(targets, sections.map((section) => `#${section.attributes.id}`));
});

test("the call to action uses the one address", () => {
  const links = page.all("a").map((link) => link.attributes);
  const addresses = new Set(links.map(({ href }) => href).filter((href) => href.startsWith("mailto:")));
  assert.equal(addresses.size, 1);
  const buttons = links.filter((link) => link.class === "button").map(({ href }) => href);
  assert.deepEqual(buttons, ["#contact", ...addresses]);
});

test("ids are used once", () => {
  assert.equal(page.ids().length, new Set(page.ids()).size);
});

test("every picture has a text and a size", async (t) => {
  const client = await startServer(t);
  for (const { attributes } of page.all("img")) {
    for (const name of ["alt", "width", "height"]) assert.ok(name in attributes, name);
    assert.equal((await client.get(attributes.src)).status, 200);
  }
});

test("nothing comes from other sites", () => {
  for (const name of ["index.html", "404.html", "style.css", "hero.svg", "icon.svg"]) {
    const content = readFileSync(path.join(FRONTEND, name), "utf8").replace('xmlns="http://www.w3.org/2000/svg"', "");
    assert.doesNotMatch(content, /https?:|@import|["'(]\/\//, name);
  }
});

test("the strict policy finds nothing inline", () => {
  assert.deepEqual([...page.all("script"), ...page.all("style")], []);
  const names = page.elements.flatMap((element) => Object.keys(element.attributes));
  assert.deepEqual(names.filter((name) => name === "style" || name.startsWith("on")), []);
});

test("the site is light", () => {
  const sizes = readdirSync(FRONTEND).map((name) => statSync(path.join(FRONTEND, name)).size);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 50_000);
});
