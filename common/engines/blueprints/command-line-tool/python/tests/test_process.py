"""Tests of the tool as a process: help, usage, encoding and pipes."""
import subprocess
import sys
import unittest

from tests.support import ROOT, ToolTest


class ProcessTest(ToolTest):
    """The tool as its users start it."""

    def test_help_names_every_command_and_the_exit_codes(self):
        run = self.run_process("--help")
        self.assertEqual((run.code, run.errors), (0, ""))
        self.assertTrue(run.output.startswith("usage: << slug >> "))
        for words in ("count lines, words and characters", "find ", "convert ", "slug ", "exit codes: 0 done, 1 nothing found"):
            self.assertIn(words, " ".join(run.output.split()) + " ")

    def test_the_help_of_a_command_names_its_options(self):
        run = self.run_process("find", "--help")
        self.assertEqual(run.code, 0)
        for option in ("PATTERN", "--ignore-case", "--count", "--json"):
            self.assertIn(option, run.output)

    def test_version(self):
        run = self.run_process("--version")
        self.assertEqual((run.code, run.output), (0, "<< slug >> 1.0.0\n"))

    def test_wrong_usage_is_exit_code_2_with_a_hint_on_standard_error(self):
        for arguments in ([], ["unknown"], ["find"], ["count", "--top", "0"], ["convert", "--to", "xml"], ["slug", "--no"]):
            with self.subTest(arguments=arguments):
                run = self.run_process(*arguments)
                self.assertEqual((run.code, run.output), (2, ""))
                self.assertIn("usage: << slug >>", run.errors)

    def test_input_that_is_not_utf8_is_exit_code_3(self):
        run = self.run_process("count", stdin=b"\xff\xfe")
        self.assertEqual((run.code, run.errors), (3, "<< slug >>: standard input: is not text in UTF-8\n"))

    def test_utf8_goes_through_and_a_byte_order_mark_does_not(self):
        run = self.run_process("find", "Zoë", stdin="\ufeffZoë 😀\n".encode())
        self.assertEqual((run.code, run.output), (0, "1:Zoë 😀\n"))

    def test_a_reader_that_goes_away_is_no_error(self):
        path = self.write("long.txt", "line\n" * 100_000)
        command = [sys.executable, "-m", "tool", "find", "line", path]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.readline(), b"1:line\n")
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.wait(timeout=30), 0)


if __name__ == "__main__":
    unittest.main()
