"""Tests of the server: files, headers, caches and addresses that lead nowhere."""
import os
import tempfile
import unittest
from email.utils import formatdate
from pathlib import Path

from backend.site import load_site
from tests.support import FRONTEND, ServerTest


class FilesTest(ServerTest):
    """The files of the site."""

    def test_the_start_page_is_served(self):
        answer = self.get("/")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertEqual(answer.text, (FRONTEND / "index.html").read_text(encoding="utf-8"))

    def test_files_have_their_types(self):
        expected = {
            "/style.css": "text/css; charset=utf-8", "/hero.svg": "image/svg+xml",
            "/icon.svg": "image/svg+xml", "/robots.txt": "text/plain; charset=utf-8",
        }
        self.assertEqual({path: self.get(path).headers["Content-Type"] for path in expected}, expected)

    def test_a_query_does_not_change_the_file(self):
        self.assertEqual(self.get("/style.css?v=2").text, self.get("/style.css").text)

    def test_head_has_the_headers_but_no_body(self):
        answer = self.send("HEAD", "/")
        self.assertEqual((answer.status, answer.text), (200, ""))
        self.assertEqual(answer.headers["Content-Length"], str((FRONTEND / "index.html").stat().st_size))

    def test_other_methods_are_refused(self):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with self.subTest(method=method):
                answer = self.send(method, "/")
                self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"))

    def test_a_body_does_not_cost_the_answer(self):
        self.assertEqual(self.send("GET", "/healthz", body=b"{}").status, 200)
        self.assertEqual(self.send("POST", "/", body=b"x" * 800 * 1024).status, 405)
        chunked = {"Transfer-Encoding": "chunked"}
        self.assertEqual(self.send("POST", "/", chunked, b"0\r\n\r\n").status, 405)

    def test_every_answer_has_the_security_headers(self):
        for path in ("/", "/style.css", "/unknown", "/healthz"):
            with self.subTest(path=path):
                headers = self.get(path).headers
                self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(headers["Referrer-Policy"], "no-referrer")

    def test_health(self):
        answer = self.get("/healthz")
        self.assertEqual((answer.status, answer.text.strip()), (200, '{"status":"ok"}'))


class CacheTest(ServerTest):
    """What browsers may keep."""

    def test_pages_are_checked_on_every_visit_and_files_after_an_hour(self):
        self.assertEqual(self.get("/").headers["Cache-Control"], "no-cache")
        self.assertEqual(self.get("/style.css").headers["Cache-Control"], "public, max-age=3600")

    def test_a_matching_tag_is_answered_without_a_body(self):
        tag = self.get("/style.css").headers["ETag"]
        for value in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            with self.subTest(value=value):
                answer = self.get("/style.css", {"If-None-Match": value})
                self.assertEqual((answer.status, answer.text, answer.headers["ETag"]), (304, "", tag))

    def test_another_tag_gets_the_file_whatever_the_date(self):
        headers = {"If-None-Match": '"other"', "If-Modified-Since": formatdate(4_000_000_000, usegmt=True)}
        self.assertEqual(self.get("/style.css", headers).status, 200)

    def test_a_date_decides_where_there_is_no_tag(self):
        modified = self.get("/").headers["Last-Modified"]
        self.assertEqual(self.get("/", {"If-Modified-Since": modified}).status, 304)
        self.assertEqual(self.get("/", {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}).status, 200)

    def test_a_date_that_cannot_be_read_is_ignored(self):
        self.assertEqual(self.get("/", {"If-Modified-Since": "yesterday"}).status, 200)

    def test_files_have_tags_of_their_own(self):
        tags = [self.get(path).headers["ETag"] for path in ("/", "/style.css", "/hero.svg", "/icon.svg")]
        self.assertEqual(len(set(tags)), 4)


class NowhereTest(ServerTest):
    """Addresses that lead nowhere."""

    def test_an_unknown_address_gets_the_404_page(self):
        answer = self.get("/unknown")
        self.assertEqual((answer.status, answer.text), (404, (FRONTEND / "404.html").read_text(encoding="utf-8")))
        self.assertNotIn("ETag", answer.headers)

    def test_no_address_leads_out_of_the_site(self):
        for path in (
            "/../README.md", "/%2e%2e/README.md", "/..%2fREADME.md", "/..%5cREADME.md", "//etc/passwd", "/./index.html",
            "/../backend/server.py", "/%00", "/index.html%00.css", "/%ff",
        ):
            with self.subTest(path=path):
                self.assertEqual(self.get(path).status, 404)

    def test_folders_are_not_listed(self):
        with tempfile.TemporaryDirectory() as folder:
            write_site(Path(folder))
            self.assertEqual(sorted(load_site(Path(folder)).files), ["/", "/images/a.svg", "/index.html"])

    def test_hidden_files_and_links_are_not_served(self):
        with tempfile.TemporaryDirectory() as folder:
            write_site(Path(folder))
            (Path(folder) / ".secret").write_text("secret")
            (Path(folder) / ".git").mkdir()
            (Path(folder) / ".git" / "config").write_text("secret")
            os.symlink("/etc/passwd", Path(folder) / "link.txt")
            self.assertEqual(sorted(load_site(Path(folder)).files), ["/", "/images/a.svg", "/index.html"])


def write_site(folder: Path) -> None:
    """Write the smallest site with a folder inside."""
    (folder / "index.html").write_text("start")
    (folder / "404.html").write_text("nothing")
    (folder / "images").mkdir()
    (folder / "images" / "a.svg").write_text("picture")


if __name__ == "__main__":
    unittest.main()
