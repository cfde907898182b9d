"""The whole program: started, used, stopped and started again."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from tests.client import Client

ROOT = Path(__file__).resolve().parent.parent


class AppTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.env = {**os.environ, "HOST": "127.0.0.1", "PORT": "0", "DATA_DIR": folder.name + "/new"}

    def run_module(self, module, **env):
        return subprocess.run(
            [sys.executable, "-m", module], cwd=ROOT, env={**self.env, **env},
            capture_output=True, text=True, timeout=30,
        )

    def start(self):
        """Start the server and wait for the line that says where it listens."""
        process = subprocess.Popen(
            [sys.executable, "-m", "backend"], cwd=ROOT, env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        watchdog = threading.Timer(30, process.kill)
        watchdog.start()
        self.addCleanup(watchdog.cancel)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        line = process.stdout.readline()
        port = re.search(r"http://127\.0\.0\.1:([0-9]+)$", line.strip())
        self.assertIsNotNone(port, line)
        return process, Client(int(port.group(1)))

    def stop(self, process):
        process.terminate()
        self.assertEqual(process.wait(timeout=30), 0)

    def test_what_was_added_is_there_after_a_restart(self):
        process, client = self.start()
        self.assertEqual(client.send_json("POST", "/api/notes", {"title": "Trip"}).status, 201)
        check = self.run_module("backend.healthcheck", PORT=str(client.port))
        self.assertEqual(check.returncode, 0)
        self.stop(process)
        process, client = self.start()
        self.assertIn("Trip", client.get("/").text)
        self.assertEqual(client.get("/static/app.css").status, 200)
        self.stop(process)

    def test_a_bad_port_or_bad_data_is_one_clear_line_and_an_exit_code(self):
        result = self.run_module("backend", PORT="eighty")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr, "PORT must be a number from 0 to 65535, not 'eighty'\n")
        folder = Path(self.env["DATA_DIR"])
        folder.mkdir()
        (folder / "notes.db").write_text("this is not a database, nor was it ever one")
        result = self.run_module("backend")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "^Cannot start: .+\n$")
