#!/usr/bin/env python3
"""Runs everything that proves Terukur, in order, and ends with "N passed, N failed".

    tests/run.py             all of it
    tests/run.py STEP…       some of it: check unit golden oracle contract integration browser faults

The programs must be built: `make test` does that, and runs this in .run/venv.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNIT = ROOT / "build/asan/unit"
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1"}


def check():
    """Formatting and static analysis."""
    done = subprocess.run(["make", "--no-print-directory", "check"], cwd=ROOT)
    return Counter(failed=1) if done.returncode else Counter(passed=1)


def unit():
    """Every cmocka program, under the sanitizers."""
    programs = sorted(path for path in UNIT.glob("test_*") if not path.suffix)
    if not programs:
        print(f"there is nothing in {UNIT.relative_to(ROOT)}: make unit-programs")
        return Counter(failed=1)
    return sum((cmocka(program) for program in programs), Counter())


def golden():
    """Scores worked by hand; make bless rewrites what they want."""
    done = subprocess.run([UNIT / "score_golden", "tests/golden"], cwd=ROOT, env={**os.environ, **SANITIZERS},
                          capture_output=True, text=True)
    print(done.stdout + done.stderr, flush=True)
    found = re.search(r"(\d+) passed, (\d+) failed", done.stdout)
    passed, failed = map(int, found.groups()) if found else (0, 0)
    return Counter(passed=passed, failed=failed or int(done.returncode != 0 or not found))


def cmocka(program):
    env = {**os.environ, **SANITIZERS, "CMOCKA_MESSAGE_OUTPUT": "TAP"}
    done = subprocess.run([program], cwd=ROOT, env=env, capture_output=True, text=True, errors="replace")
    said = done.stdout + done.stderr
    found = Counter(passed=len(re.findall(r"^ok ", said, re.MULTILINE)),
                    failed=len(re.findall(r"^not ok ", said, re.MULTILINE)))
    if done.returncode and not found["failed"] or not found.total():
        found["failed"] += 1  # it broke off
    print(f"{program.name:24} {found['passed']:4} passed {found['failed']:4} failed", flush=True)
    if found["failed"]:
        print(said)
    return found


def pytest(*args):
    """Runs pytest with these and counts what its report says."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = subprocess.run([sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "--durations=5", *args],
                              cwd=ROOT).returncode
        suites = ElementTree.parse(report).getroot().iter("testsuite") if report.exists() else ()
        found = Counter()
        for suite in suites:
            failed = int(suite.get("failures")) + int(suite.get("errors"))
            skipped = int(suite.get("skipped"))
            found += Counter(failed=failed, skipped=skipped, passed=int(suite.get("tests")) - failed - skipped)
    if code and not found["failed"]:
        found["failed"] += 1  # it broke off, or there was no test
    return found


STEPS = {
    "check": check,
    "unit": unit,
    "golden": golden,
    "oracle": lambda: pytest("tests/oracle"),
    "contract": lambda: pytest("tests/contract"),
    "integration": lambda: pytest("-n", "3", "--dist", "loadfile", "-m", "not toolchain",  # mostly they wait
                                  "tests/integration", "tests/clients"),
    "browser": lambda: pytest("tests/browser"),
    "faults": lambda: pytest("tests/faults"),
}


def main():
    names = sys.argv[1:] or [*STEPS]
    if unknown := {*names} - {*STEPS}:
        sys.exit(f"{', '.join(unknown)}? The steps are {', '.join(STEPS)}")
    total, began = Counter(), time.monotonic()
    for name in names:
        print(f"\n== {name}", flush=True)
        since = time.monotonic()
        found = STEPS[name]()
        total += found
        counts = ", ".join(f"{found[what]} {what}" for what in ("passed", "failed", "skipped") if found[what])
        print(f"-- {name}: {counts} ({time.monotonic() - since:.0f} s)", flush=True)
    print(f"\nall of it took {time.monotonic() - began:.0f} s\n")
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {total['failed']} failed{skipped}", flush=True)
    sys.exit(1 if total["failed"] else 0)


if __name__ == "__main__":
    main()
