"""Tests of the rules for target addresses."""

import unittest

from backend.models import InputError
from backend.urls import address_of, check_url

ACCEPTED = [
    ("https://example.com/path?q=1#part", "https://example.com/path?q=1#part"),
    ("http://example.com", "http://example.com/"),
    ("HTTPS://EXAMPLE.com/Path", "https://example.com/Path"),
    ("  https://example.com/  ", "https://example.com/"),
    ("http://example.com:8080?q=1", "http://example.com:8080/?q=1"),
    ("http://[2001:DB8::1]/x", "http://[2001:db8::1]/x"),
    ("https://bücher.example/é", "https://xn--bcher-kva.example/%C3%A9"),
    ("https://example.com//a/%20b", "https://example.com//a/%20b"),
]
REFUSED = [
    ("", "is required"),
    ("example.com", "must start with http:// or https://"),
    ("ftp://example.com/file", "must start with http:// or https://"),
    ("javascript:alert(1)", "must start with http:// or https://"),
    ("data:text/html,hello", "must start with http:// or https://"),
    ("https://", "must contain a valid host name"),
    ("https:///example.com/", "must contain a valid host name"),
    ("https://exa_mple..com/", "must contain a valid host name"),
    ("https://example.com:99999/", "must contain a valid host name"),
    ("https://user:secret@example.com/", "must not contain a user name or password"),
    ("https://example.com/a b", "must not contain spaces"),
    ("https://example.com/\r\nSet-Cookie: a=b", "must not contain spaces"),
    ("https:\\\\example.com", "must not contain spaces, control characters or backslashes"),
    ("https://example.com/\ud800", "must not contain spaces, control characters"),
    ("https://example.com/" + "a" * 2048, "must have at most 2048 characters"),
]


class UrlTests(unittest.TestCase):
    def test_accepted_addresses_are_written_in_one_way(self):
        for given, kept in ACCEPTED:
            with self.subTest(given):
                self.assertEqual(check_url(given), kept)

    def test_refused_addresses_say_why(self):
        for given, problem in REFUSED:
            with self.subTest(given[:40]):
                with self.assertRaises(InputError) as caught:
                    check_url(given)
                self.assertEqual(caught.exception.field, "url")
                self.assertIn(f"url {problem}", str(caught.exception))

    def test_addresses_of_this_service_are_refused_but_not_other_ports(self):
        own = [address_of("go.example:8080"), address_of("short.example")]
        for given in (
            "http://go.example:8080/abc",
            "http://GO.example.:8080/",
            "https://short.example/abc",
            "http://short.example:80/",
        ):
            with self.subTest(given):
                with self.assertRaisesRegex(InputError, "must not point to this service itself"):
                    check_url(given, own)
        self.assertEqual(check_url("http://go.example/", own), "http://go.example/")
