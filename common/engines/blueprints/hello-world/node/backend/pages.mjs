// Builds the HTML pages; every value from outside is escaped here.

import { MAX_NAME_LENGTH } from "./greetings.mjs";
import { DEFAULT_LANGUAGE, LANGUAGES } from "./languages.mjs";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

/** Return the text with the characters that mean something in HTML replaced. */
function escape(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** Return a whole page around its main part. */
function layout(code, title, main) {
  return `<!doctype html>
<html lang="${code}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/style.css">
<script src="/static/greeting.js" defer></script>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`;
}

/** Return the page with the greeting and the form. */
export function greetingPage(code, greeting, name, problem = "") {
  const words = LANGUAGES.get(code);
  return layout(code, "<< name >>", `<div class="greeting">
<p class="place"><< name >></p>
<h1 id="greeting" aria-live="polite">${escape(greeting)}</h1>
</div>
<form id="greeting-form" method="get" action="/">
<div>
<label for="name">${words.nameLabel}</label>
<input id="name" name="name" value="${escape(name)}" maxlength="${MAX_NAME_LENGTH}" autocomplete="given-name"
 aria-describedby="problem hint"${problem ? ' aria-invalid="true"' : ""}>
<p id="problem" class="problem" role="alert">${escape(problem)}</p>
<p id="hint" class="hint">${words.nameHint}</p>
</div>
<div>
<label for="lang">${words.languageLabel}</label>
<select id="lang" name="lang">
${languageOptions(code)}
</select>
</div>
<button type="submit">${words.button}</button>
</form>`);
}

/** Return one option for each language. */
function languageOptions(chosen) {
  return [...LANGUAGES]
    .map(([code, words]) => {
      const selected = code === chosen ? " selected" : "";
      return `<option value="${code}" lang="${code}"${selected}>${words.ownName}</option>`;
    })
    .join("\n");
}

/** Return a page that says why a request was not answered. */
export function problemPage(status, message) {
  return layout(DEFAULT_LANGUAGE, `Error ${status}`, `<div class="greeting">
<p class="place"><< name >></p>
<h1>Error ${status}</h1>
<p>${escape(message)}.</p>
<p><a href="/">Back to the greeting</a></p>
</div>`);
}
