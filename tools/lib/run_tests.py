# SPDX-License-Identifier: BSD-3-Clause
"""run_tests.py BUILD_FOLDER JOBS [FOLDER_OF_ZEEK]: builds, runs the tests of the C++ side and, with btest in
Zeek's folder, those of the Zeek package. Says every 20 s what it does and how long is left; at the end what
was skipped and why, and the sums. Exit 1: something failed."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from progress import Phase, Plan, duration
from results import Results

INTERVAL = 20
# Seconds on two cores, from a fresh clone.
EXPECTED = {"building": 420, "running tests": 600, "running the Zeek package's tests": 150}
# Seconds of one test by its label, where no run was before.
LABELS = {"unit": 0.05, "integration": 0.6, "e2e": 10, "packaging": 4, "fuzz": 8, "bench": 5}
ZEEK_TESTS = Path("zeek/testing")


def lines_of(process):
    """Lines of its output, and None each second."""
    lines = queue.Queue()

    def read():
        for line in process.stdout:
            lines.put(line.rstrip("\n"))
        lines.put(EOFError)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=1)
        except queue.Empty:
            yield None
            continue
        if line is EOFError:
            return
        yield line


def run(plan, command, log, **options):
    """Runs the plan's next phase; all its output goes to `log`, too. Returns the exit status."""
    phase = plan.phase()
    print(plan.line(time.monotonic()), flush=True)
    shown = time.monotonic()
    with open(log, "w", encoding="utf-8") as file, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", **options) as process:
        for line in lines_of(process):
            if line is not None:
                file.write(line + "\n")
                if (text := phase.read(line)) is not None:
                    print(text, flush=True)
            if time.monotonic() >= shown + INTERVAL:
                shown = time.monotonic()
                print(plan.line(shown), flush=True)
    plan.end_phase(time.monotonic())
    return process.returncode


def test_weights(build):
    """Seconds of each test: of its last run, or by its label."""
    shown = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True,
                           capture_output=True, text=True).stdout
    weights = {}
    for test in json.loads(shown)["tests"]:
        labels = next((p["value"] for p in test.get("properties", []) if p["name"] == "LABELS"), [])
        weights[test["name"]] = max((LABELS.get(label, 1.0) for label in labels), default=1.0)
    try:
        costs = (build / "Testing/Temporary/CTestCostData.txt").read_text(encoding="utf-8")
    except OSError:
        return weights
    for line in costs.split("---")[0].splitlines():
        name, runs, seconds = line.rsplit(" ", 2)
        if name in weights and int(runs) > 0:
            weights[name] = float(seconds)
    return weights


def run_ctest(plan, build, results):
    junit = (build / "junit.xml").resolve()
    junit.unlink(missing_ok=True)
    before = results.failed
    status = run(plan, ["ctest", "--test-dir", str(build), "-j", "2", "--timeout", "120", "--output-on-failure",
                        "--no-tests=error", "--output-junit", str(junit)], build / "ctest.log")
    results.add_junit(junit, "ctest")
    # A test that could not even be started is in no list of failures.
    if status != 0 and results.failed == before:
        results.fail(f"ctest ended with status {status}")


def run_btest(plan, zeek, build, results):
    junit = (build / "btest.xml").resolve()
    junit.unlink(missing_ok=True)
    before = results.failed
    with tempfile.TemporaryDirectory() as folder:
        # btest does not quote paths for the shell.
        tree = Path.cwd()
        if any(character.isspace() for character in str(tree)):
            tree = Path(folder) / "tree"
            tree.symlink_to(Path.cwd())
        base = tree / ZEEK_TESTS
        environment = dict(os.environ, PATH=f"{zeek}:{os.environ['PATH']}", BTEST_TEST_BASE=str(base),
                           PWD=str(base))
        status = run(plan, ["btest", "-j", "2", "-d", "-x", str(junit)], build / "btest.log", cwd=base,
                     env=environment)
    results.add_junit(junit, "btest")
    if status != 0 and results.failed == before:
        results.fail(f"btest ended with status {status}")


def main():
    build, jobs, zeek = Path(sys.argv[1]), sys.argv[2], next(iter(sys.argv[3:]), "")
    has_btest = bool(zeek) and os.access(Path(zeek) / "btest", os.X_OK)
    names = list(EXPECTED) if has_btest else list(EXPECTED)[:2]
    phases = [Phase(name, EXPECTED[name]) for name in names]
    start = time.monotonic()
    plan = Plan(phases, start)
    if run(plan, ["cmake", "--build", str(build), "-j", jobs], build / "build.log") != 0:
        sys.exit("dev: failed while building")
    phases[1].weigh(test_weights(build))
    results = Results()
    run_ctest(plan, build, results)
    if has_btest:
        run_btest(plan, zeek, build, results)
    else:
        count = sum("@TEST-EXEC" in path.read_text(encoding="utf-8", errors="replace")
                    for path in (ZEEK_TESTS / "tests").rglob("*") if path.is_file())
        results.skip(f"{count} tests of the Zeek package", "no Zeek with btest on this machine", count)
    results.print()
    print(f"took {duration(time.monotonic() - start)}; full output in {build}/build.log and "
          f"{build}/ctest.log" + (f" and {build}/btest.log" if has_btest else ""))
    sys.exit(1 if results.failed else 0)


if __name__ == "__main__":
    main()
