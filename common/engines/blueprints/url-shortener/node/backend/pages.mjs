// The HTML pages. Every value from outside passes through `escape`.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

function escape(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

// The page with the form and the list of links.
export function homePage(view) {
  return layout("<< name >>", `
    <section class="card" aria-labelledby="form-title">
      <h2 id="form-title">Shorten an address</h2>
      ${form(view.entry, view.baseUrl)}
    </section>
    <div aria-live="polite">${notice(view)}</div>
    <section aria-labelledby="list-title">
      <div class="list-head">
        <h2 id="list-title">Your links</h2>
        <p class="quiet">${plural(view.total, "link")}</p>
      </div>
      ${linkList(view)}
      ${pageLinks(view)}
    </section>`);
}

// A page for people who followed a wrong link or sent a wrong form.
export function errorPage(status, message) {
  const title = status === 404 ? "Page not found" : "That did not work";
  const sentence = escape(message.slice(0, 1).toUpperCase() + message.slice(1));
  return layout(`${title} - << name >>`, `
    <section class="card">
      <p class="status-code">${status}</p>
      <h2>${title}</h2>
      <p>${sentence}.</p>
      <p><a class="button" href="/">Back to the start</a></p>
    </section>`);
}

// The frame of every page. The referrer meta tag lets forms name their own origin.
function layout(title, content) {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="referrer" content="same-origin">
  <meta name="color-scheme" content="light dark">
  <title>${title}</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/style.css">
  <script src="/static/copy.js" defer></script>
</head>
<body>
  <header class="site">
    <h1><a href="/"><img src="/static/icon.svg" alt="" width="32" height="32"><< name >></a></h1>
    <p class="quiet">Long addresses in, short links out.</p>
  </header>
  <main>${content}
  </main>
</body>
</html>
`;
}

// The form that makes a link, with the message of the field that was wrong.
function form(entry, baseUrl) {
  return `<form method="post" action="/" class="create">
        <div class="field wide">
          <label for="url">Long address</label>
          <input id="url" name="url" type="url" inputmode="url" required maxlength="2048"
            autocomplete="off" placeholder="https://example.com/a/long/page"
            value="${escape(entry.url)}"${errorLink(entry, "url")}>
          ${errorText(entry, "url")}
        </div>
        <div class="field">
          <label for="alias">Custom alias <span class="quiet">(optional)</span></label>
          <input id="alias" name="alias" maxlength="40" autocomplete="off" autocapitalize="none"
            spellcheck="false" placeholder="spring-sale"
            value="${escape(entry.alias)}"${errorLink(entry, "alias", "alias-hint")}>
          <p class="hint" id="alias-hint">${escape(shown(baseUrl))}/<strong>alias</strong></p>
          ${errorText(entry, "alias")}
        </div>
        <button class="button" type="submit">Shorten</button>
      </form>`;
}

// Attributes that tie an input to its hint and its error message.
function errorLink(entry, name, hint = "") {
  const wrong = entry.wrongField === name;
  const describedBy = [hint, wrong ? `${name}-error` : ""].filter(Boolean).join(" ");
  const attributes = describedBy ? ` aria-describedby="${describedBy}"` : "";
  return attributes + (wrong ? ' aria-invalid="true"' : "");
}

// The error message of one field, if it has one.
function errorText(entry, name) {
  if (entry.wrongField !== name) return "";
  return `<p class="error" id="${name}-error" role="alert">${escape(entry.problem)}</p>`;
}

// What the last action did.
function notice(view) {
  if (view.created) {
    return `<div class="notice">
      <p>Your short link is ready:</p>
      <p class="big">${shortLink(view.created, view.baseUrl, shown(view.baseUrl))}</p>
    </div>`;
  }
  if (view.deleted) {
    return `<div class="notice"><p>The link “${escape(view.deleted)}” was deleted.</p></div>`;
  }
  return "";
}

// The links, or a friendly sentence when there are none.
function linkList(view) {
  if (view.links.length === 0) {
    return `<div class="empty">
        <p><strong>No links yet</strong></p>
        <p>Paste a long address above and your first short link appears here.</p>
      </div>`;
  }
  const items = view.links.map((link) => linkItem(link, view.baseUrl)).join("");
  return `<ul class="links">${items}\n      </ul>`;
}

// One link with its target, its visits and its delete button.
function linkItem(link, baseUrl) {
  return `
        <li>
          <div class="link">
            <p class="short">${shortLink(link, baseUrl)}</p>
            <p class="target" title="${escape(link.url)}">${escape(link.url)}</p>
            <p class="quiet"><span class="hits">${plural(link.hits, "visit")}</span>
              · <time datetime="${link.createdAt}">${day(link.createdAt)}</time></p>
          </div>
          <form method="post" action="/links/${link.code}/delete">
            <button class="button subtle" type="submit" aria-label="Delete ${link.code}">Delete</button>
          </form>
        </li>`;
}

// The short address, ready to follow; the script adds a button that copies it.
function shortLink(link, baseUrl, shownHost = "") {
  const address = escape(`${baseUrl}/${link.code}`);
  return `<a href="/${link.code}" data-copy="${address}">${escape(shownHost)}/${link.code}</a>`;
}

// Links to the pages before and after this one.
function pageLinks({ page, lastPage }) {
  if (lastPage === 1) return "";
  const newer = `<a class="button subtle" href="/?page=${page - 1}" rel="prev">Newer</a>`;
  const older = `<a class="button subtle" href="/?page=${page + 1}" rel="next">Older</a>`;
  return `<nav class="pages" aria-label="Pages of links">
        ${page > 1 ? newer : "<span></span>"}
        <span class="quiet">Page ${page} of ${lastPage}</span>
        ${page < lastPage ? older : "<span></span>"}
      </nav>`;
}

// An address without its scheme, as people read it.
function shown(address) {
  return address.replace(/^https?:\/\//, "");
}

// A number with its noun: "1 visit", "2 visits".
function plural(count, noun) {
  return count === 1 ? `${count} ${noun}` : `${count} ${noun}s`;
}

// The day of a moment: "17 May 2024".
function day(moment) {
  const [year, month, date] = moment.slice(0, 10).split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}
