"""Starts the tool: python3 -m tool."""
from __future__ import annotations

import os
import sys

from tool.commands import main
from tool.streams import Streams


def run() -> int:
    """Run with the streams of the process; a reader that goes away early is not an error."""
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        code = main(sys.argv[1:], Streams(sys.stdin.buffer, sys.stdout, sys.stderr))
        sys.stdout.flush()
        return code
    except OSError as error:
        # Python writes what is left when it ends; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0
        print(f"<< slug >>: standard output: {error.strerror}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
