# SPDX-License-Identifier: BSD-3-Clause
"""What a phase of `./dev test` is doing and how long is left, from the lines that its program prints."""

import re

STEP = re.compile(r"^\[(\d+)/(\d+)\]")  # ninja
START = re.compile(r"^\s+Start\s+\d+: (\S+)")  # ctest
RESULT = re.compile(r"^\s*\d+/(\d+) Test\s+#\d+: (\S+) [. ]*(.*)$")  # ctest
PERCENT = re.compile(r"^\[\s*(\d+)%\] (\S+) \.\.\. (.*)$")  # btest
# What ctest says at its end stands in our own sums.
NOISE = re.compile(r"^(Test project |Internal ctest changing|\d+% tests passed|Label Time Summary|\S+ += +[\d.]+ sec\*proc"
                   r"|Total Test time|The following tests|\s*\d+ - \S+ \(|Errors while running CTest|\s*$)")


def duration(seconds):
    """As a reader wants it: "under 1 min", "7 min", "1 h 5 min"."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under 1 min"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class Phase:
    """`expected`: seconds that it takes on two cores."""

    # How much the expectation counts against what was seen.
    PRIOR = 0.03

    def __init__(self, name, expected):
        self.name = name
        self.expected = expected
        self._weights = {}
        self._finished = 0.0
        self._count = 0
        self._total = 0
        self._running = []

    def weigh(self, weights):
        """`weights`: seconds of each test. Without, all count the same."""
        self._weights = weights

    def read(self, line):
        """Takes a line of the program; returns what the user should see of it, or None."""
        if match := STEP.match(line):
            self._count, self._total = int(match[1]), int(match[2])
            return None
        if match := START.match(line):
            self._running.append(match[1])
            return None
        if match := RESULT.match(line):
            self._end_test(match[2])
            self._total = int(match[1])
            return None if match[3].startswith(("Passed", "***Skipped")) else line
        if match := PERCENT.match(line):
            self._count += 1
            self._total = max(self._count, round(100 * self._count / max(1, int(match[1]))))
            return line if match[3].startswith("failed") else None
        return None if NOISE.match(line) else line

    def _end_test(self, name):
        self._count += 1
        self._finished += self._weights.get(name, 0.0)
        if name in self._running:
            self._running.remove(name)

    def share(self):
        """How much of it is done, 0 to 1."""
        if self._total == 0:
            return 0.0
        if not self._weights:
            return self._count / self._total
        return min(1.0, self._finished / sum(self._weights.values()))

    def left(self, elapsed):
        """Seconds until its end, `elapsed` seconds after its start."""
        share = self.share()
        total = (elapsed + self.PRIOR * self.expected) / (share + self.PRIOR)
        return max(0.0, total * (1 - share))

    def doing(self):
        if self._total == 0:
            return self.name
        text = f"{self.name}: {self._count} of {self._total}"
        return text + (f", now {', '.join(self._running[:2])}" if self._running else "")


class Plan:
    """Phases one after the other. Times are seconds of a steady clock."""

    def __init__(self, phases, now):
        self._phases = list(phases)
        self._start = self._phase_start = now
        self._at = 0
        self._expected_done = 0.0

    def phase(self):
        return self._phases[self._at]

    def end_phase(self, now):
        self._expected_done += self.phase().expected
        self._phase_start = now
        self._at += 1

    def left(self, now):
        later = sum(phase.expected for phase in self._phases[self._at + 1:])
        # A slow machine is slow at what is to come, too.
        pace = (self._phase_start - self._start) / self._expected_done if self._at else 1.0
        return self.phase().left(now - self._phase_start) + later * max(1.0, pace)

    def line(self, now):
        return (f"==> {self.phase().doing()} ({duration(now - self._start)} so far, "
                f"about {duration(self.left(now))} left)")
