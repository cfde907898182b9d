"""The languages of the greeting, and the choice between them."""
from __future__ import annotations

from typing import NamedTuple

DEFAULT_LANGUAGE = "en"


class Language(NamedTuple):
    """The words of the page in one language."""

    own_name: str
    greeting: str
    world: str
    name_label: str
    name_hint: str
    language_label: str
    button: str
    too_long: str
    bad_characters: str


LANGUAGES = {
    "en": Language(
        "English", "Hello, {name}!", "world", "Your name", "Leave it empty to greet the whole world.", "Language",
        "Greet", "The name is too long.", "The name has characters that cannot be shown.",
    ),
    "de": Language(
        "Deutsch", "Hallo, {name}!", "Welt", "Ihr Name", "Leer lassen, um die ganze Welt zu grüßen.", "Sprache",
        "Grüßen", "Der Name ist zu lang.", "Der Name enthält Zeichen, die sich nicht anzeigen lassen.",
    ),
    "es": Language(
        "Español", "¡Hola, {name}!", "mundo", "Su nombre", "Déjelo vacío para saludar a todo el mundo.", "Idioma",
        "Saludar", "El nombre es demasiado largo.", "El nombre tiene caracteres que no se pueden mostrar.",
    ),
    "fr": Language(
        "Français", "Bonjour {name}\u00a0!", "tout le monde", "Votre nom", "Laissez vide pour saluer tout le monde.", "Langue",
        "Saluer", "Le nom est trop long.", "Le nom contient des caractères qui ne peuvent pas être affichés.",
    ),
    "it": Language(
        "Italiano", "Ciao, {name}!", "mondo", "Il tuo nome", "Lascia vuoto per salutare tutto il mondo.", "Lingua",
        "Saluta", "Il nome è troppo lungo.", "Il nome contiene caratteri che non si possono mostrare.",
    ),
    "nl": Language(
        "Nederlands", "Hallo, {name}!", "wereld", "Uw naam", "Laat leeg om de hele wereld te groeten.", "Taal",
        "Groeten", "De naam is te lang.", "De naam heeft tekens die niet getoond kunnen worden.",
    ),
}


def choose_language(accept_language: str) -> str:
    """Return the language that a browser's Accept-Language header likes best."""
    best, best_quality = DEFAULT_LANGUAGE, 0.0
    for part in accept_language.split(","):
        tag, _, parameter = part.partition(";")
        code = tag.strip().lower().split("-")[0]
        quality = read_quality(parameter)
        if code in LANGUAGES and quality > best_quality:
            best, best_quality = code, quality
    return best


def read_quality(parameter: str) -> float:
    """Return the weight in a parameter such as q=0.8; without one it is 1, and a wrong one counts as 0."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        quality = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
