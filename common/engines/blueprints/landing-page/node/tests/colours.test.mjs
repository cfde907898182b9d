// Tests of the contrast between the colours of the style sheet, by the rules of WCAG 2.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const READABLE = 4.5;
const READABLE_WHEN_LARGE = 3;
const TEXTS = [
  ["text", "background"], ["text", "tint"], ["text", "card"],
  ["muted", "background"], ["muted", "tint"], ["muted", "card"],
  ["on-band", "band"], ["band-muted", "band"],
];

const [light, dark] = readColours();

/** Return the colours in light and in dark. */
function readColours() {
  const css = readFileSync(new URL("../frontend/style.css", import.meta.url), "utf8");
  const schemes = [...css.matchAll(/:root \{(.*?)\}/gs)].map(([, block]) => {
    const pairs = [...block.matchAll(/--([a-z-]+): (#[0-9a-fA-F]{6});/g)];
    return Object.fromEntries(pairs.map(([, name, colour]) => [name, colour]));
  });
  return [schemes[0], { ...schemes[0], ...schemes[1] }];
}

/** Return how bright a colour is, from 0 to 1. */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((index) => {
    const part = parseInt(colour.slice(index, index + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Return the contrast of two colours, from 1 to 21. */
function contrast(one, other) {
  const [first, second] = [luminance(one), luminance(other)];
  return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
}

function check(colours) {
  for (const [text, behind] of TEXTS) {
    const value = contrast(colours[text], colours[behind]);
    assert.ok(value >= READABLE, `${text} on ${behind}: ${value.toFixed(2)}`);
  }
}

test("the formula gives the known values", () => {
  assert.equal(contrast("#ffffff", "#000000").toFixed(2), "21.00");
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
});

test("texts are readable in light", () => check(light));

test("texts are readable in dark", () => check(dark));

test("buttons are readable", () => {
  assert.ok(contrast(light["on-accent"], light.accent) >= READABLE_WHEN_LARGE);
});
