// The frame around every page.

export const APP_NAME = "<< name >>";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escape(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** A whole HTML page. `main` is HTML, `title` is text. */
export function page(title, main) {
  const fullTitle = title === APP_NAME ? title : `${title} - ${APP_NAME}`;
  // The referrer policy "same-origin" makes browsers send their Origin with our own
  // forms; the server compares it with the host to refuse forms from elsewhere.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="<< colour >>">
<title>${escape(fullTitle)}</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/app.css">
<script src="/static/app.js" defer></script>
</head>
<body>
${main}
</body>
</html>
`;
}

export function errorPage(status, message) {
  const heading = status === 404 ? "Page not found" : "That did not work";
  return page(
    heading,
    `<main class="page narrow">
<h1>${heading}</h1>
<p>${escape(sentence(message))}</p>
<p><a class="button" href="/">Back to ${escape(APP_NAME)}</a></p>
</main>`,
  );
}

/** A message as a sentence, as pages show it. */
export function sentence(message) {
  return `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`;
}
