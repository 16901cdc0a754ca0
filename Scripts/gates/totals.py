"""Prints a test run's totals as its last lines: what failed, what was skipped and why, and the counts."""

import re
import sys
from pathlib import Path

STARTED = re.compile(r"Test (?!run|case)(.+?) started\.$")
SKIPPED = re.compile(r"(?:Test|Suite) (.+?) skipped(?:: (.*?))?\.?$")
FAILED = re.compile(r"Test (?!run|case)(.+?)(?: with \d+ test cases?)? failed after")
RUN = re.compile(r"Test run with (\d+) tests?(?: in (\d+) suites?)? (passed|failed) after ([\d.]+) seconds")


def main() -> int:
    log, status = Path(sys.argv[1]), int(sys.argv[2])
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    failed = list(dict.fromkeys(found[1] for line in lines if (found := FAILED.search(line))))
    skipped = [(found[1], found[2] or "no reason given") for line in lines if (found := SKIPPED.search(line))]
    runs = [found for line in lines if (found := RUN.search(line))]
    print()
    for name in failed:
        print(f"FAILED   {name}")
    for name, reason in skipped:
        print(f"SKIPPED  {name}: {reason}")
    tests, seconds = sum(int(run[1]) for run in runs), sum(float(run[4]) for run in runs)
    if not runs:
        print(f"the test run ended without its totals (exit code {status}): it crashed or was stopped; the log is {log}")
        return status or 1
    verdict = "failed" if status or failed else "passed"
    print(f"Tests {verdict}: {tests - len(skipped)} run, {len(failed)} failed, {len(skipped)} skipped, {seconds:.1f} s. Log: {log}")
    return status or (1 if failed else 0)


if __name__ == "__main__":
    sys.exit(main())
