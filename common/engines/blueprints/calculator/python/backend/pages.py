"""Builds the HTML pages; every value from outside is escaped here."""
from __future__ import annotations

from html import escape
from typing import Optional, Sequence
from urllib.parse import quote

from backend.history import MAX_ENTRIES, Calculation
from backend.tokens import MAX_LENGTH

KEYS = (
    ("(", "opening parenthesis"), (")", "closing parenthesis"), ("^", "to the power of"), ("÷", "divided by"),
    ("7", "7"), ("8", "8"), ("9", "9"), ("×", "times"),
    ("4", "4"), ("5", "5"), ("6", "6"), ("−", "minus"),
    ("1", "1"), ("2", "2"), ("3", "3"), ("+", "plus"),
    ("0", "0"), (".", "decimal point"), ("%", "percent"),
)
DIGITS = "0123456789."


def layout(title: str, main: str) -> str:
    """Return a whole page around its main part."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/style.css">
<script src="/static/calculator.js" defer></script>
</head>
<body>
<main>
{main}
</main>
</body>
</html>
"""


def calculator_page(
    history: Sequence[Calculation], expression: str = "", result: Optional[str] = None, problem: Optional[str] = None
) -> str:
    """Return the page with the display, the keypad and the history."""
    invalid = ' aria-invalid="true"' if problem else ""
    return layout("<< name >>", f"""<section class="calculator" aria-labelledby="title">
<h1 id="title"><< name >></h1>
<form id="calculator" method="post" action="/calculate">
<div class="display">
<label for="expression">Expression</label>
<input id="expression" name="expression" value="{escape(expression)}" maxlength="{MAX_LENGTH}" required
 autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="0"
 aria-describedby="problem help"{invalid}>
<output id="result" for="expression" aria-live="polite">{escape(f"= {result}") if result is not None else ""}</output>
<p id="problem" class="problem" role="alert">{escape(problem or "")}</p>
</div>
<div class="keys">
{keypad()}
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
<form id="clear-history" method="post" action="/history/clear"{"" if history else " hidden"}>
<button type="submit" class="quiet">Clear history</button>
</form>
</div>
<p id="history-empty" class="empty"{" hidden" if history else ""}>Your last {MAX_ENTRIES} calculations will appear here.</p>
<ol id="history-list">
{"".join(history_item(entry) for entry in history)}</ol>
</section>""")


def keypad() -> str:
    """Return the keys that write into the display; the script shows them."""
    return "\n".join(
        f'<button type="button" class="key{"" if key in DIGITS else " operator"}" data-insert="{key}"'
        f' aria-label="{label}" hidden>{key}</button>'
        for key, label in KEYS
    )


def history_item(entry: Calculation) -> str:
    """Return one line of the history; its link puts the expression back into the display."""
    return (
        f'<li><a href="/?expression={quote(entry.expression, safe="")}"><span>{escape(entry.expression)}</span>'
        f" <strong>= {escape(entry.result)}</strong></a></li>\n"
    )


def problem_page(status: int, message: str) -> str:
    """Return a page that says why a request was not answered."""
    return layout(f"Error {status}", f"""<section class="calculator">
<h1>Error {status}</h1>
<p>{escape(message)}.</p>
<p><a href="/">Back to the calculator</a></p>
</section>""")
