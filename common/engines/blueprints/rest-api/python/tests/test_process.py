"""Tests of the whole program: its settings, its start and its clean end."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from http.client import HTTPConnection
from pathlib import Path

from backend import config

ROOT = Path(__file__).resolve().parent.parent


def start(**settings: str) -> subprocess.Popen:
    """Start the program with these settings."""
    return subprocess.Popen(
        [sys.executable, "-m", "backend"],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HOST": "127.0.0.1", **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class ConfigTests(unittest.TestCase):
    def test_settings_have_defaults(self):
        settings = config.load({})
        self.assertEqual((settings.host, settings.port), ("127.0.0.1", << port >>))
        self.assertEqual(settings.data_dir, Path("data"))

    def test_bad_settings_are_refused(self):
        for text in ("http", "-1", "65536", "8000 "):
            with self.subTest(text):
                with self.assertRaisesRegex(config.ConfigError, "PORT must be"):
                    config.load({"PORT": text})


class ProcessTests(unittest.TestCase):
    def test_it_serves_and_ends_cleanly_on_sigterm(self):
        with tempfile.TemporaryDirectory() as folder, start(PORT="0", DATA_DIR=folder) as program:
            port = int(program.stdout.readline().rsplit(":", 1)[1])
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().read(), b'{"status": "ok"}')
            program.send_signal(signal.SIGTERM)
            _, errors = program.communicate(timeout=30)
            connection.close()
            self.assertEqual((program.returncode, errors), (0, ""))

    def test_a_bad_port_ends_with_one_clear_line(self):
        with start(PORT="eighty") as program:
            _, errors = program.communicate(timeout=30)
        self.assertEqual(program.returncode, 2)
        self.assertEqual(errors, "error: PORT must be a number from 0 to 65535, not 'eighty'\n")
