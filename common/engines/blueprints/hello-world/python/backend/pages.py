"""Builds the HTML pages; every value from outside is escaped here."""
from __future__ import annotations

from html import escape

from backend.greetings import MAX_NAME_LENGTH
from backend.languages import DEFAULT_LANGUAGE, LANGUAGES


def layout(code: str, title: str, main: str) -> str:
    """Return a whole page around its main part."""
    return f"""<!doctype html>
<html lang="{code}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/style.css">
<script src="/static/greeting.js" defer></script>
</head>
<body>
<main>
{main}
</main>
</body>
</html>
"""


def greeting_page(code: str, greeting: str, name: str, problem: str = "") -> str:
    """Return the page with the greeting and the form."""
    words = LANGUAGES[code]
    invalid = ' aria-invalid="true"' if problem else ""
    return layout(code, "<< name >>", f"""<div class="greeting">
<p class="place"><< name >></p>
<h1 id="greeting" aria-live="polite">{escape(greeting)}</h1>
</div>
<form id="greeting-form" method="get" action="/">
<div>
<label for="name">{words.name_label}</label>
<input id="name" name="name" value="{escape(name)}" maxlength="{MAX_NAME_LENGTH}" autocomplete="given-name"
 aria-describedby="problem hint"{invalid}>
<p id="problem" class="problem" role="alert">{escape(problem)}</p>
<p id="hint" class="hint">{words.name_hint}</p>
</div>
<div>
<label for="lang">{words.language_label}</label>
<select id="lang" name="lang">
{language_options(code)}
</select>
</div>
<button type="submit">{words.button}</button>
</form>""")


def language_options(chosen: str) -> str:
    """Return one option for each language."""
    return "\n".join(
        f'<option value="{code}" lang="{code}"{" selected" if code == chosen else ""}>{words.own_name}</option>'
        for code, words in LANGUAGES.items()
    )


def problem_page(status: int, message: str) -> str:
    """Return a page that says why a request was not answered."""
    return layout(DEFAULT_LANGUAGE, f"Error {status}", f"""<div class="greeting">
<p class="place"><< name >></p>
<h1>Error {status}</h1>
<p>{escape(message)}.</p>
<p><a href="/">Back to the greeting</a></p>
</div>""")
