"""Tests of the contrast between the colours of the style sheet, by the rules of WCAG 2."""
from __future__ import annotations

import re
import unittest
from pathlib import Path

STYLE_SHEET = Path(__file__).resolve().parent.parent / "frontend" / "style.css"
READABLE = 4.5
READABLE_WHEN_LARGE = 3.0
TEXTS = [
    ("text", "background"), ("text", "tint"), ("text", "card"),
    ("muted", "background"), ("muted", "tint"), ("muted", "card"),
    ("on-band", "band"), ("band-muted", "band"),
]


def read_colours() -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours in light and in dark."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE_SHEET.read_text(encoding="utf-8"), re.DOTALL)
    light, dark = [dict(re.findall(r"--([a-z-]+): (#[0-9a-fA-F]{6});", block)) for block in blocks]
    return light, {**light, **dark}


def luminance(colour: str) -> float:
    """Return how bright a colour is, from 0 to 1."""
    parts = [int(colour[index:index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    darker, brighter = sorted((luminance(one), luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


class ContrastTest(unittest.TestCase):
    """Every text on what lies behind it."""

    def test_the_formula_gives_the_known_values(self):
        self.assertAlmostEqual(contrast("#ffffff", "#000000"), 21)
        self.assertAlmostEqual(contrast("#777777", "#ffffff"), 4.48, places=2)

    def test_texts_are_readable_in_light(self):
        self.check(read_colours()[0])

    def test_texts_are_readable_in_dark(self):
        self.check(read_colours()[1])

    def test_buttons_are_readable(self):
        light, _ = read_colours()
        self.assertGreaterEqual(contrast(light["on-accent"], light["accent"]), READABLE_WHEN_LARGE)

    def check(self, colours: dict[str, str]) -> None:
        """Check every text in one scheme."""
        for text, behind in TEXTS:
            with self.subTest(text=text, behind=behind):
                self.assertGreaterEqual(contrast(colours[text], colours[behind]), READABLE)


if __name__ == "__main__":
    unittest.main()
