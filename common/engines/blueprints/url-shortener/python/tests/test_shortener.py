"""Tests of codes, aliases and of the operation that makes links."""

import tempfile
import unittest
from pathlib import Path

from backend import codes
from backend.models import InputError
from backend.shortener import AliasTaken, NoFreeCode, Shortener
from backend.store import LinkStore


def choosing(characters: str):
    """A stand-in for randomness that returns these characters in turn."""
    remaining = iter(characters)
    return lambda alphabet: next(remaining)


class CodeTests(unittest.TestCase):
    def test_a_code_has_seven_characters_of_the_alphabet(self):
        seen = []
        code = codes.make_code(lambda alphabet: seen.append(alphabet) or alphabet[-1])
        self.assertEqual(code, "9999999")
        self.assertEqual(set(seen), {codes.ALPHABET})
        self.assertEqual(set(codes.ALPHABET) & set("ilo01ILO"), set())

    def test_an_alias_is_kept_in_lower_case(self):
        self.assertEqual(codes.check_alias(" Spring-Sale "), "spring-sale")

    def test_bad_and_reserved_aliases_are_refused(self):
        for alias in ("ab", "a" * 41, "-abc", "abc-", "a b c", "a/b/c", "../etc", "abc\n1", "äöü"):
            with self.subTest(alias):
                with self.assertRaisesRegex(InputError, "alias must have 3 to 40"):
                    codes.check_alias(alias)
        for alias in ("api", "API", "healthz", "links", "static", "admin"):
            with self.subTest(alias):
                with self.assertRaisesRegex(InputError, "reserved"):
                    codes.check_alias(alias)


class ShortenerTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.store = LinkStore(Path(folder.name))
        self.addCleanup(self.store.close)

    def shortener(self, characters: str = "") -> Shortener:
        return Shortener(self.store, choosing(characters), lambda: "2024-05-17T09:30:00Z")

    def test_a_link_gets_a_random_code(self):
        link = self.shortener("abcdefg").shorten("https://example.com/")
        self.assertEqual(link.code, "abcdefg")
        self.assertEqual(link.created_at, "2024-05-17T09:30:00Z")
        self.assertEqual(self.store.get("abcdefg"), link)

    def test_a_code_in_use_is_not_given_twice(self):
        shortener = self.shortener("aaaaaaa" + "aaaaaaa" + "bbbbbbb")
        self.assertEqual(shortener.shorten("https://example.com/1").code, "aaaaaaa")
        self.assertEqual(shortener.shorten("https://example.com/2").code, "bbbbbbb")
        self.assertEqual(self.store.get("aaaaaaa").url, "https://example.com/1")

    def test_a_reserved_word_is_never_a_random_code(self):
        link = self.shortener("healthz" + "bbbbbbb").shorten("https://example.com/")
        self.assertEqual(link.code, "bbbbbbb")

    def test_it_gives_up_when_every_code_is_in_use(self):
        shortener = self.shortener("a" * 7 * 11)
        shortener.shorten("https://example.com/1")
        with self.assertRaises(NoFreeCode):
            shortener.shorten("https://example.com/2")

    def test_an_alias_belongs_to_one_link(self):
        shortener = self.shortener()
        shortener.shorten("https://example.com/1", "sale")
        with self.assertRaisesRegex(AliasTaken, "alias sale is already taken"):
            shortener.shorten("https://example.com/2", "SALE")
        self.assertEqual(self.store.get("sale").url, "https://example.com/1")

    def test_real_codes_differ(self):
        shortener = Shortener(self.store)
        made = {shortener.shorten("https://example.com/").code for _ in range(20)}
        self.assertEqual(len(made), 20)
