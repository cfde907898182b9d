"""What several tests need: runs of the tool inside this process and as a process of its own."""
from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, NamedTuple

from tool.commands import main
from tool.streams import Streams

ROOT = Path(__file__).resolve().parent.parent


class Run(NamedTuple):
    """What one run of the tool gave back."""

    code: int
    output: str
    errors: str

    def json(self) -> Any:
        """Return the output as JSON."""
        return json.loads(self.output)


class ToolTest(unittest.TestCase):
    """Runs the tool, with a folder for files that lasts as long as the test."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name: str, content: str) -> str:
        """Write a file and return its name."""
        path = self.folder / name
        path.write_bytes(content.encode())
        return str(path)

    def run_tool(self, *arguments: str, stdin: str = "") -> Run:
        """Run the tool inside this process."""
        output, errors = io.StringIO(), io.StringIO()
        code = main(list(arguments), Streams(io.BytesIO(stdin.encode()), output, errors))
        return Run(code, output.getvalue(), errors.getvalue())

    def run_process(self, *arguments: str, stdin: bytes = b"") -> Run:
        """Run the tool as a process of its own."""
        command = [sys.executable, "-m", "tool", *arguments]
        done = subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, timeout=30, check=False)
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode())
