// The languages of the greeting, and the choice between them.

export const DEFAULT_LANGUAGE = "en";

/** The words of the page in each language. */
export const LANGUAGES = new Map([
  ["en", {
    ownName: "English",
    greeting: "Hello, {name}!",
    world: "world",
    nameLabel: "Your name",
    nameHint: "Leave it empty to greet the whole world.",
    languageLabel: "Language",
    button: "Greet",
    tooLong: "The name is too long.",
    badCharacters: "The name has characters that cannot be shown.",
  }],
  ["de", {
    ownName: "Deutsch",
    greeting: "Hallo, {name}!",
    world: "Welt",
    nameLabel: "Ihr Name",
    nameHint: "Leer lassen, um die ganze Welt zu grüßen.",
    languageLabel: "Sprache",
    button: "Grüßen",
    tooLong: "Der Name ist zu lang.",
    badCharacters: "Der Name enthält Zeichen, die sich nicht anzeigen lassen.",
  }],
  ["es", {
    ownName: "Español",
    greeting: "¡Hola, {name}!",
    world: "mundo",
    nameLabel: "Su nombre",
    nameHint: "Déjelo vacío para saludar a todo el mundo.",
    languageLabel: "Idioma",
    button: "Saludar",
    tooLong: "El nombre es demasiado largo.",
    badCharacters: "El nombre tiene caracteres que no se pueden mostrar.",
  }],
  ["fr", {
    ownName: "Français",
    greeting: "Bonjour {name}\u00a0!",
    world: "tout le monde",
    nameLabel: "Votre nom",
    nameHint: "Laissez vide pour saluer tout le monde.",
    languageLabel: "Langue",
    button: "Saluer",
    tooLong: "Le nom est trop long.",
    badCharacters: "Le nom contient des caractères qui ne peuvent pas être affichés.",
  }],
  ["it", {
    ownName: "Italiano",
    greeting: "Ciao, {name}!",
    world: "mondo",
    nameLabel: "Il tuo nome",
    nameHint: "Lascia vuoto per salutare tutto il mondo.",
    languageLabel: "Lingua",
    button: "Saluta",
    tooLong: "Il nome è troppo lungo.",
    badCharacters: "Il nome contiene caratteri che non si possono mostrare.",
  }],
  ["nl", {
    ownName: "Nederlands",
    greeting: "Hallo, {name}!",
    world: "wereld",
    nameLabel: "Uw naam",
    nameHint: "Laat leeg om de hele wereld te groeten.",
    languageLabel: "Taal",
    button: "Groeten",
    tooLong: "De naam is te lang.",
    badCharacters: "De naam heeft tekens die niet getoond kunnen worden.",
  }],
]);

/** Return the language that a browser's Accept-Language header likes best. */
export function chooseLanguage(acceptLanguage) {
  let best = { code: DEFAULT_LANGUAGE, quality: 0 };
  for (const part of acceptLanguage.split(",")) {
    const [tag, parameter = ""] = part.split(";");
    const code = tag.trim().toLowerCase().split("-")[0];
    const quality = readQuality(parameter.trim());
    if (LANGUAGES.has(code) && quality > best.quality) best = { code, quality };
  }
  return best.code;
}

/** Return the weight in a parameter such as q=0.8; without one it is 1, and a wrong one counts as 0. */
function readQuality(parameter) {
  if (!parameter) return 1;
  const match = /^q\s*=\s*([01](?:\.[0-9]{0,3})?)$/i.exec(parameter);
  const quality = match ? Number(match[1]) : 0;
  return quality <= 1 ? quality : 0;
}
