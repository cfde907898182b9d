"""The frame around every page."""

from html import escape

from backend import APP_NAME


def page(title: str, main: str) -> str:
    """A whole HTML page. `main` is HTML, `title` is text."""
    full_title = title if title == APP_NAME else f"{title} - {APP_NAME}"
    # The referrer policy "same-origin" makes browsers send their Origin with our own
    # forms; the server compares it with the host to refuse forms from elsewhere.
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="<< colour >>">
<title>{escape(full_title)}</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/app.css">
<script src="/static/app.js" defer></script>
</head>
<body>
{main}
</body>
</html>
"""


def error_page(status: int, message: str) -> str:
    heading = "Page not found" if status == 404 else "That did not work"
    sentence = message[:1].upper() + message[1:]
    return page(
        heading,
        f"""<main class="page narrow">
<h1>{heading}</h1>
<p>{escape(sentence)}.</p>
<p><a class="button" href="/">Back to {escape(APP_NAME)}</a></p>
</main>""",
    )
