"""Runs Hone and its peers in turns on the same jobs and writes a JSON and a Markdown table into Benchmarks/results/.

    python Benchmarks/run.py                                   # classification: three rounds, a quarter of an hour
    python Benchmarks/run.py --suite all                       # everything, about two hours: `make bench`
    python Benchmarks/run.py --suite all --quick               # small jobs, one round: does it work, does it agree
    python Benchmarks/run.py --suite language --only "lora on rows of 512, like-for-like"
    python Benchmarks/run.py --suite classification --whole    # all rows, three epochs, five rounds: hours
    python Benchmarks/run.py --quick --peer-only               # without Hone

Exit code: 0 done (a missed target is reported, not an error), 1 something disagrees or a run failed, 2 something is missing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from frame import ROOT, run_suite, say
from suite_classification import Classification
from suite_decoding import Decoding
from suite_language import Language
from suite_memory import Memory
from suite_tokenizers import Tokenizers

PEER_PYTHON = ROOT / ".deps/venv/bin/python"
SUITES = {suite.name: suite for suite in (Classification, Language, Decoding, Memory, Tokenizers)}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", nargs="+", choices=[*SUITES, "all"], default=["classification"])
    parser.add_argument("--quick", action="store_true", help="small jobs, 1 round")
    parser.add_argument("--whole", action="store_true", help="classification: all rows, 3 epochs, 5 rounds")
    parser.add_argument("--rounds", type=int, help="default: 3, with --quick 1, with --whole 5")
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT", help="lines with one of these texts in their names")
    parser.add_argument("--methods", nargs="+", choices=("full", "lora"), default=["full", "lora"], help="what is trained how")
    parser.add_argument("--lines", nargs="+", choices=("like-for-like", "best", "defaults"),
                        help="settings of trainings (default: all; classification: like-for-like and defaults)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hone", default=str(ROOT / ".build/release/hone"), help="default: %(default)s")
    parser.add_argument("--python", default=str(PEER_PYTHON if PEER_PYTHON.exists() else sys.executable),
                        help="the Python of the peers (default: %(default)s)")
    parser.add_argument("--peer-only", action="store_true")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="the folder of data and models (default: ../shared)")
    parser.add_argument("--work", type=Path, default=ROOT / ".out/bench", help="where jobs are put down (default: .out/bench)")
    parser.add_argument("--results", type=Path, default=ROOT / "Benchmarks/results")
    group = parser.add_argument_group("classification")
    group.add_argument("--rows", type=int, help="train on N rows (default: 1280, with --quick 640, with --whole all)")
    group.add_argument("--epochs", type=int, help="default: 1, with --whole 3")
    group.add_argument("--batch-size", type=int, default=32)
    group.add_argument("--encoder", type=Path, default=ROOT / ".deps/minilm/model")
    group.add_argument("--data", type=Path, help="a folder with train.csv and test.csv (default: Banking77 in --shared)")
    group.add_argument("--label-column", default="category")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5 if options.whole else 3)
    options.data = options.data or options.shared / "data/intent-banking77"
    options.work = options.work.resolve()
    return options


def missing(options: argparse.Namespace) -> str | None:
    if not options.peer_only and not os.access(options.hone, os.X_OK):
        return f"{options.hone} does not exist; build it with `make build`, or pass --peer-only"
    test = subprocess.run([options.python, "-c", "import torch, transformers, peft, trl"], capture_output=True)
    if test.returncode:
        return f"{options.python} lacks the peers' libraries; install Benchmarks/requirements.txt"
    return None


def main() -> int:
    options = arguments()
    names = list(SUITES) if "all" in options.suite else options.suite
    suites = [SUITES[name](options) for name in names]
    problems = [problem for problem in (missing(options), *(suite.missing() for suite in suites)) if problem]
    for problem in problems:
        say(problem)
    if problems:
        return 2
    good = [run_suite(suite, options) for suite in suites]
    return 0 if all(good) or options.peer_only else 1


if __name__ == "__main__":
    sys.exit(main())
