# SPDX-License-Identifier: BSD-3-Clause
"""What `./dev test` says while it works and at its end."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/lib"))

from progress import Phase, Plan, duration  # noqa: E402
from results import Results  # noqa: E402


class ProgressTest(unittest.TestCase):
    def test_durations_are_short(self):
        self.assertEqual([duration(seconds) for seconds in (0, 29, 61, 3540, 3900)],
                         ["under 1 min", "under 1 min", "1 min", "59 min", "1 h 5 min"])

    def test_a_build_shows_counts_and_hides_commands(self):
        phase = Phase("building", 100)
        self.assertIsNone(phase.read("[20/80] Building CXX object x.o"))
        self.assertEqual(phase.doing(), "building: 20 of 80")
        self.assertEqual(phase.read("x.cc:1: error: no"), "x.cc:1: error: no")
        self.assertAlmostEqual(phase.share(), 0.25)

    def test_ctest_shows_what_runs_and_what_failed(self):
        phase = Phase("running tests", 100)
        phase.weigh({"a.b": 1.0, "c": 9.0})
        for line in ("Test project /x", "      Start  1: a.b", "      Start 22: c",
                     " 1/22 Test  #1: a.b ......   Passed    0.01 sec"):
            self.assertIsNone(phase.read(line))
        self.assertEqual(phase.doing(), "running tests: 1 of 22, now c")
        for line in ("75% tests passed, 1 tests failed out of 4", "Label Time Summary:", "e2e    =  25.01 sec*proc (1 test)"):
            self.assertIsNone(phase.read(line))
        self.assertAlmostEqual(phase.share(), 0.1)
        failed = " 2/22 Test #22: c ....***Failed    9.01 sec"
        self.assertEqual(phase.read(failed), failed)
        self.assertAlmostEqual(phase.share(), 1.0)

    def test_btest_is_understood(self):
        phase = Phase("package", 100)
        self.assertIsNone(phase.read("[ 50%] tests.x ... ok"))
        self.assertEqual(phase.doing(), "package: 1 of 2")
        self.assertEqual(phase.read("[100%] tests.y ... failed"), "[100%] tests.y ... failed")

    def test_time_left_goes_from_expected_to_seen(self):
        phase = Phase("building", 100)
        self.assertAlmostEqual(phase.left(0), 100)
        phase.read("[50/100] x")
        # Twice as slow as expected: 100 s for the first half.
        self.assertGreater(phase.left(100), 90)
        phase.read("[100/100] x")
        self.assertAlmostEqual(phase.left(200), 0)

    def test_phases_to_come_are_counted_at_the_pace_so_far(self):
        plan = Plan([Phase("building", 100), Phase("running tests", 200)], now=0)
        self.assertAlmostEqual(plan.left(0), 300)
        plan.end_phase(150)
        self.assertAlmostEqual(plan.left(150), 200)
        plan = Plan([Phase("a", 100), Phase("b", 200), Phase("c", 300)], now=0)
        plan.end_phase(150)
        self.assertAlmostEqual(plan.left(150), 200 + 450)
        self.assertEqual(plan.line(150), "==> b (2 min so far, about 11 min left)")


CASES = """<testsuite>
<testcase name="S.passes" classname="S.passes" status="run"><system-out/></testcase>
<testcase name="t" classname="folder" status="fail"><failure message="Failed"/></testcase>
<testcase name="gtest" classname="gtest" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION"/>
<system-out>[ RUN      ] gtest
/a/b.cc:7: Skipped
no tool &amp; no fun

[  SKIPPED ] gtest (0 ms)</system-out></testcase>
<testcase name="script" classname="script" status="notrun">
	<skipped message="SKIP_RETURN_CODE=77"/>
	<system-out>skipped: no docker
</system-out></testcase>
<testcase name="gone" classname="gone" status="notrun"><skipped message="Unable to find executable: x"/></testcase>
<testcase name="off" classname="off" status="disabled"/>
<testcase name="needs" classname="btest"><skipped type="btest"/></testcase>
</testsuite>"""


class ResultsTest(unittest.TestCase):
    def test_sums_and_reasons(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "junit.xml"
            file.write_text(CASES, encoding="utf-8")
            results = Results()
            results.add_junit(file, "ctest")
        self.assertEqual((results.passed, results.failed, results.skipped), (1, 2, 4))
        self.assertEqual(results.failures, ["folder.t", "gone"])
        self.assertEqual(results.skips, [
            "gtest (no tool & no fun)", "script (no docker)", "off (disabled)",
            "btest.needs (what it requires is not there)"])

    def test_no_results_are_a_failure(self):
        results = Results()
        results.add_junit("/nowhere/junit.xml", "ctest")
        self.assertEqual(results.failures, ["ctest left no results"])


if __name__ == "__main__":
    unittest.main()
