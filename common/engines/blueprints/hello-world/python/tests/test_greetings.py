"""Tests of names, greetings and the choice of the language."""
import unittest

from backend.greetings import NameNotPrintable, NameTooLong, clean_name, greet
from backend.languages import LANGUAGES, choose_language


class GreetingTest(unittest.TestCase):
    """Names and greetings."""

    def test_a_name_is_greeted(self):
        self.assertEqual(greet("Ada", "en"), "Hello, Ada!")

    def test_an_empty_name_greets_the_world(self):
        self.assertEqual(greet("", "en"), "Hello, world!")

    def test_every_language_has_all_its_words_and_greets_by_name(self):
        for code, words in LANGUAGES.items():
            with self.subTest(code=code):
                self.assertTrue(all(words))
                self.assertIn("Ada", greet("Ada", code))
                self.assertIn(words.world, greet("", code))

    def test_languages_greet_differently(self):
        greetings = {code: greet("Ada", code) for code in ("en", "de", "es", "fr", "it")}
        self.assertEqual(greetings, {
            "en": "Hello, Ada!", "de": "Hallo, Ada!", "es": "¡Hola, Ada!", "fr": "Bonjour Ada\u00a0!", "it": "Ciao, Ada!",
        })

    def test_a_name_that_looks_like_a_placeholder_stays_as_it_is(self):
        self.assertEqual(greet("{name} $& %s", "en"), "Hello, {name} $& %s!")

    def test_spaces_are_tidied(self):
        self.assertEqual(clean_name("  Ada   Lovelace "), "Ada Lovelace")

    def test_names_of_any_script_are_welcome(self):
        for name in ("Zoë", "Łukasz", "محمد", "美咲", "O'Neill"):
            with self.subTest(name=name):
                self.assertEqual(clean_name(name), name)

    def test_the_longest_name_has_eighty_characters(self):
        self.assertEqual(clean_name("a" * 80), "a" * 80)
        with self.assertRaises(NameTooLong):
            clean_name("a" * 81)

    def test_control_characters_are_refused(self):
        for name in ("Ada\x00", "Ada\nBob", "\x1b[31m", "Ada\u2028"):
            with self.subTest(name=name), self.assertRaises(NameNotPrintable):
                clean_name(name)


class LanguageTest(unittest.TestCase):
    """The Accept-Language header."""

    def check(self, cases):
        for header, expected in cases.items():
            with self.subTest(header=header):
                self.assertEqual(choose_language(header), expected)

    def test_the_first_known_language_is_chosen(self):
        self.check({"de": "de", "fr, de": "fr", "ja, it": "it"})

    def test_a_higher_weight_wins(self):
        self.check({"en;q=0.5, nl;q=0.9": "nl", "de;q=0.8, es": "es", "fr;q=0.1,it; q=0.2": "it"})

    def test_regions_count_as_their_language(self):
        self.check({"de-AT": "de", "FR-ca, en;q=0.5": "fr"})

    def test_english_is_the_default(self):
        self.check({"": "en", "ja": "en", "*": "en", "de;q=0": "en", ";;,": "en"})

    def test_wrong_weights_count_for_nothing(self):
        self.check({"de;q=much, fr;q=0.1": "fr", "de;q=7, fr;q=0.1": "fr", "de;q=nan, fr;q=0.1": "fr"})


if __name__ == "__main__":
    unittest.main()
