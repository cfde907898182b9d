// Builds the HTML pages; every value from outside is escaped here.

import { MAX_ENTRIES } from "./history.mjs";
import { MAX_LENGTH } from "./tokens.mjs";

const KEYS = [
  ["(", "opening parenthesis"], [")", "closing parenthesis"], ["^", "to the power of"], ["÷", "divided by"],
  ["7", "7"], ["8", "8"], ["9", "9"], ["×", "times"],
  ["4", "4"], ["5", "5"], ["6", "6"], ["−", "minus"],
  ["1", "1"], ["2", "2"], ["3", "3"], ["+", "plus"],
  ["0", "0"], [".", "decimal point"], ["%", "percent"],
];
const DIGITS = "0123456789.";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

/** Return the text with the characters that mean something in HTML replaced. */
export function escape(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** Return a whole page around its main part. */
function layout(title, main) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/style.css">
<script src="/static/calculator.js" defer></script>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`;
}

/** Return the page with the display, the keypad and the history. */
export function calculatorPage(history, { expression = "", result, problem } = {}) {
  return layout("<< name >>", `<section class="calculator" aria-labelledby="title">
<h1 id="title"><< name >></h1>
<form id="calculator" method="post" action="/calculate">
<div class="display">
<label for="expression">Expression</label>
<input id="expression" name="expression" value="${escape(expression)}" maxlength="${MAX_LENGTH}" required
 autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="0"
 aria-describedby="problem help"${problem ? ' aria-invalid="true"' : ""}>
<output id="result" for="expression" aria-live="polite">${result === undefined ? "" : escape(`= ${result}`)}</output>
<p id="problem" class="problem" role="alert">${escape(problem ?? "")}</p>
</div>
<div class="keys">
${keypad()}
<button type="button" class="key function" data-action="erase" aria-label="Erase the last character" hidden>⌫</button>
<button type="button" class="key function" data-action="clear" hidden>Clear</button>
<button type="submit" class="key equals" aria-label="Calculate">=</button>
</div>
<p id="help" class="help">Use + − × ÷ ^ % and parentheses; the keys - * / work too. 5% means 5 ÷ 100.</p>
</form>
</section>
<section class="history" aria-labelledby="history-title">
<div class="history-head">
<h2 id="history-title">History</h2>
<form id="clear-history" method="post" action="/history/clear"${history.length > 0 ? "" : " hidden"}>
<button type="submit" class="quiet">Clear history</button>
</form>
</div>
<p id="history-empty" class="empty"${history.length > 0 ? " hidden" : ""}>Your last ${MAX_ENTRIES} calculations will appear here.</p>
<ol id="history-list">
${history.map(historyItem).join("")}</ol>
</section>`);
}

/** Return the keys that write into the display; the script shows them. */
function keypad() {
  return KEYS.map(([key, label]) => {
    const style = DIGITS.includes(key) ? "key" : "key operator";
    return `<button type="button" class="${style}" data-insert="${key}" aria-label="${label}" hidden>${key}</button>`;
  }).join("\n");
}

/** Return one line of the history; its link puts the expression back into the display. */
function historyItem(entry) {
  const link = `/?expression=${encodeURIComponent(entry.expression)}`;
  return `<li><a href="${escape(link)}"><span>${escape(entry.expression)}</span> <strong>= ${escape(entry.result)}</strong></a></li>\n`;
}

/** Return a page that says why a request was not answered. */
export function problemPage(status, message) {
  return layout(`Error ${status}`, `<section class="calculator">
<h1>Error ${status}</h1>
<p>${escape(message)}.</p>
<p><a href="/">Back to the calculator</a></p>
</section>`);
}
