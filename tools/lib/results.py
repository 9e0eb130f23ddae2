# SPDX-License-Identifier: BSD-3-Clause
"""Sums up the JUnit files of ctest and btest."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field


@dataclass
class Results:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    skips: list = field(default_factory=list)  # "NAME (REASON)"
    failures: list = field(default_factory=list)

    def fail(self, name):
        self.failed += 1
        self.failures.append(name)

    def skip(self, name, reason, count=1):
        self.skipped += count
        self.skips.append(f"{name} ({reason})")

    def add_junit(self, path, what):
        """A run that left no file failed."""
        try:
            cases = list(ElementTree.parse(path).iter("testcase"))
        except (OSError, ElementTree.ParseError):
            self.fail(f"{what} left no results")
            return
        for case in cases:
            name, folder = case.get("name"), case.get("classname")
            if folder and folder != name:
                name = f"{folder}.{name}"
            self._add(name, case)

    def _add(self, name, case):
        skipped = case.find("skipped")
        missing = skipped is not None and "executable" in skipped.get("message", "")
        # A program that is not there was not skipped by choice.
        if missing or case.find("failure") is not None or case.find("error") is not None:
            self.fail(name)
        elif skipped is not None:
            self.skip(name, _reason(skipped, "\n".join(case.itertext())))
        elif case.get("status") == "disabled":
            self.skip(name, "disabled")
        else:
            self.passed += 1

    def print(self):
        for skip in self.skips:
            print(f"skipped: {skip}")
        for failure in self.failures:
            print(f"FAILED: {failure}")
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)


def _reason(skipped, output):
    """GTEST_SKIP and our scripts say it in the test's output."""
    if match := re.search(r"^skipped: (.*)$", output, re.MULTILINE):
        return match[1]
    if match := re.search(r": Skipped\n\s*([^\s\[].*)", output):
        return match[1]
    return "what it requires is not there" if skipped.get("type") else "no reason given"
