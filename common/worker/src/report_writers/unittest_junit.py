"""Run unittest and write a JUnit report to $SLIPWAY_REPORT.

Takes the arguments that follow `python3 -m unittest`. The exit code is unittest's own.
"""

import os
import sys
import time
import unittest
import xml.etree.ElementTree as ElementTree

UNPRINTABLE = {code: None for code in range(32) if code not in (9, 10, 13)}


class ReportingResult(unittest.TextTestResult):
    """Keeps every case's end beside what unittest prints."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.suite = ElementTree.Element("testsuite", name="unittest")
        self.began = {}

    def startTest(self, test):
        self.began[test.id()] = time.monotonic()
        super().startTest(test)

    def keep(self, test, kind=None, message=""):
        """Add one case; without a kind it passed."""
        seconds = time.monotonic() - self.began.get(test.id(), time.monotonic())
        case = ElementTree.SubElement(self.suite, "testcase", name=test.id(), time=f"{seconds:.6f}")
        if kind:
            ElementTree.SubElement(case, kind).text = message.translate(UNPRINTABLE)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.keep(test)

    def addError(self, test, err):
        super().addError(test, err)
        self.keep(test, "error", self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.keep(test, "failure", self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.keep(test, "skipped", str(reason))

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.keep(test, "skipped", "expected failure")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.keep(test, "failure", "unexpected success")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.keep(subtest, "failure", self._exc_info_to_string(err, test))


def main():
    sys.path.insert(0, os.getcwd())
    runner = unittest.TextTestRunner(resultclass=ReportingResult, verbosity=2)
    program = unittest.main(module=None, argv=["python3 -m unittest", *sys.argv[1:]], testRunner=runner, exit=False)
    ElementTree.ElementTree(program.result.suite).write(os.environ["SLIPWAY_REPORT"], encoding="utf-8", xml_declaration=True)
    if not program.result.testsRun:
        print("no test was found", file=sys.stderr)
        return 5
    return 0 if program.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
