"""Tests of the server as a process: settings, start and stop."""
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from backend.settings import SettingsError, read_settings

ROOT = Path(__file__).resolve().parent.parent


def start(**environment):
    """Start the server as a user would."""
    return subprocess.Popen(
        [sys.executable, "-m", "backend"], cwd=ROOT, env={**os.environ, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


class SettingsTest(unittest.TestCase):
    """The environment variables."""

    def test_defaults(self):
        self.assertEqual(read_settings({}), ("127.0.0.1", << port >>))

    def test_values_from_the_environment(self):
        self.assertEqual(read_settings({"HOST": "0.0.0.0", "PORT": "9000"}), ("0.0.0.0", 9000))

    def test_ports_that_cannot_be_used(self):
        for text in ("http", "-1", "65536", "80.5", "999999"):
            with self.subTest(text=text), self.assertRaises(SettingsError):
                read_settings({"PORT": text})


class ProcessTest(unittest.TestCase):
    """Start and stop."""

    def test_a_bad_port_is_one_clear_line_and_exit_code_2(self):
        process = start(PORT="many")
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 2)
        self.assertEqual(errors.strip().splitlines(), ["<< slug >>: PORT must be a number from 0 to 65535, not 'many'"])

    def test_a_termination_signal_ends_it_cleanly(self):
        process = start(PORT="0", HOST="127.0.0.1")
        self.assertIn("listens on http://127.0.0.1:", process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        self.assertEqual((process.returncode, errors), (0, ""))


if __name__ == "__main__":
    unittest.main()
