"""What every suite shares: processes of contenders, rounds in turns, gates before ratios, records on the disk after each run."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import report
from process import cpu_name

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


@dataclass
class Measured:
    """What one process did. Memory and the whole wall time are measured here, the same way for all."""

    contender: str
    ok: bool
    wall_seconds: float
    peak_bytes: int
    facts: dict = field(default_factory=dict)
    error: str | None = None

    def record(self) -> dict:
        body = {"contender": self.contender, "ok": self.ok, "wallSeconds": round(self.wall_seconds, 3), "peakBytes": self.peak_bytes}
        return {**body, **self.facts, **({"error": self.error} if self.error else {})}


def launch(
    contender: str, command: list[str], threads: int, log: Path, on_line: Callable[[str, float, int], None],
    given: str | None = None, **environment: str
) -> Measured:
    """Starts the process on as many cores, gives each line of its output to `on_line(text, seconds, process)`, and waits.

    `given` goes to its standard input; it must fit into a pipe.
    """
    count = str(threads)
    environment = {**os.environ, "OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count, "HF_HUB_OFFLINE": "1", **environment}
    cores = sorted(os.sched_getaffinity(0))[:threads]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cores))
        process.stdin.write(given or "")
        process.stdin.close()
        for line in process.stdout:
            on_line(line, time.monotonic() - began, process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    measured = Measured(contender, process.returncode == 0, wall, usage.ru_maxrss * 1024)
    if not measured.ok:
        tail = " | ".join(log.read_text().strip().splitlines()[-5:])
        measured.error = f"exit code {process.returncode}; last lines of {log.name}: {tail}"
    return measured


def run_script(contender: str, python: str, script: str, arguments: list[str], threads: int, place: Path) -> Measured:
    """Runs a peer's script, whose last line of output is one JSON object: its facts."""
    lines: list[str] = []
    command = [python, str(HERE / script), *arguments]
    measured = launch(contender, command, threads, place / f"{Path(script).stem}.log", lambda text, *_: lines.append(text))
    if measured.ok:
        measured.facts = json.loads(lines[-1])
    return measured


@dataclass(frozen=True)
class Contender:
    """One side of a line: its name in tables and records, and what runs it once in an empty folder."""

    name: str
    run: Callable[[Path], Measured]


@dataclass
class Line:
    """One comparison: its contenders, Hone first; what must agree; what is to be reached.

    `check` runs before the rounds and may add to `facts`, `gate` looks at their records; either may be absent, and both must agree.
    `targets` judges a summary; `facts` go into the record, and of them `note` into the report.
    """

    name: str
    contenders: list[Contender]
    gate: Callable[[list[dict]], dict] | None = None
    check: Callable[[], dict] | None = None
    targets: Callable[[dict], list[dict]] = lambda summary: []
    facts: dict = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return "".join(letter if letter.isalnum() else "-" for letter in self.name).replace("--", "-")


class Suite:
    """A group of lines with one report. `options` are those of run.py."""

    name = ""
    metrics: dict[str, report.Metric] = {}

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.work = options.work / self.name

    @property
    def title(self) -> str:
        """The name of the workload, which also names the report's file."""
        return self.name + ("-quick" if self.options.quick else "")

    def missing(self) -> str | None:
        """What is not there that the suite needs, and what to do; None if it can run."""
        return None

    def prepare(self) -> None:
        """Puts down what the contenders start from."""

    def lines(self) -> list[Line]:
        raise NotImplementedError

    def describe(self) -> str:
        """What was run, for the head of the report."""
        raise NotImplementedError

    def workload(self) -> dict:
        """The same as values, for the JSON."""
        return {}

    def table(self, results: dict) -> list[str]:
        """The body of the report."""
        return report.sections(results, self.metrics)

    def speak(self, run: Measured) -> str:
        """One run in a few words, for whoever watches."""
        return f"{run.wall_seconds:.1f} s, {run.peak_bytes / 1e6:.0f} MB"


def begin_line(line: Line) -> dict:
    if line.check:
        say(f"{line.name}: check")
    check = line.check() if line.check else None
    return {"name": line.name, **line.facts, "check": check, "rounds": []}


def one_round(line: Line, number: int, work: Path, speak: Callable[[Measured], str]) -> dict:
    """Every contender once; who goes first changes from round to round."""
    first = (number - 1) % len(line.contenders)
    result: dict = {"round": number}
    for contender in line.contenders[first:] + line.contenders[:first]:
        say(f"{line.name}, round {number}: {contender.name}")
        place = work / line.slug / contender.name.replace(" ", "-")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        run = contender.run(place)
        result[contender.name] = run.record()
        say(f"  {speak(run)}" if run.ok else f"  failed: {run.error}")
    return result


def finish_line(line: Line, state: dict, metrics: dict[str, report.Metric]) -> None:
    """Judges what a line's rounds have shown so far."""
    rounds, names = state["rounds"], [contender.name for contender in line.contenders]
    gates = [gate for gate in (state["check"], line.gate(rounds) if line.gate else None) if gate]
    state["gate"] = next((gate for gate in gates if not gate["agree"]), gates[-1]) if gates else {"agree": False, "compared": 0}
    state["summary"] = report.summarise(rounds, metrics, names)
    state["targets"] = line.targets(state["summary"]) if state["gate"]["agree"] else []
    state["problems"] = [f"round {each['round']}, {name}: {each[name]['error']}" for each in rounds for name in names
                         if name in each and not each[name]["ok"]]
    if state["gate"].get("error"):
        state["problems"].append(f"check: {state['gate']['error']}")


def run_suite(suite: Suite, options: argparse.Namespace) -> bool:
    """Prepares, checks, runs the rounds and writes the report after each run. Returns whether all ran and agreed."""
    suite.prepare()
    load = os.getloadavg()[0]
    if load > 0.3:
        say(f"the machine is not idle (load {load:.2f}): numbers will be worse than they should")
    results = {
        "suite": suite.name, "name": suite.title, "date": datetime.date.today().isoformat(),
        "command": "python " + shlex.join([f"Benchmarks/{Path(sys.argv[0]).name}", *without_places(sys.argv[1:])]), "rounds": 0, "versions": {},
        "host": {"cpu": cpu_name(), "cores": len(os.sched_getaffinity(0)), "system": platform.platform(), "loadBefore": load},
        "threads": options.threads, "workload": {}, "lines": [],
    }
    lines = [line for line in suite.lines() if not options.only or any(text in line.name for text in options.only)]
    if not lines:
        say(f"{suite.name}: no line has a name with {' or '.join(options.only)} in it")
        return False
    path = None
    for number in range(1, options.rounds + 1):
        for index, line in enumerate(lines):
            if number == 1:
                results["lines"].append(begin_line(line))
            state = results["lines"][index]
            state["rounds"].append(one_round(line, number, suite.work, suite.speak))
            finish_line(line, state, suite.metrics)
            results.update(rounds=number, versions=versions(results["lines"], options.hone), workload=suite.workload())
            path = write(suite, options.results, results)  # after every run: an interruption loses nothing
    print(path.read_text())
    return all(state["gate"]["agree"] and not state["problems"] for state in results["lines"])


def without_places(arguments: list[str]) -> list[str]:
    """The arguments without those that name folders and programs of one machine."""
    places = ("--python", "--work", "--shared", "--results", "--hone", "--encoder", "--data")
    return [text for index, text in enumerate(arguments)
            if text not in places and (index == 0 or arguments[index - 1] not in places) and not text.startswith(tuple(f"{place}=" for place in places))]


def versions(lines: list[dict], hone: str) -> dict:
    found = {}
    for line in lines:
        for records in line["rounds"]:
            for name, record in records.items():
                if name not in ("round", "hone") and record.get("versions"):
                    found[name] = ", ".join(f"{package} {text}" for package, text in record["versions"].items())
    if os.access(hone, os.X_OK):
        found["hone"] = subprocess.run([hone, "--version"], capture_output=True, text=True).stdout.strip() or "unknown"
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return {**found, "commit": commit or "unknown"}


def write(suite: Suite, folder: Path, results: dict) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{results['date']}-{results['name']}"
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    text = "\n".join([*report.head(results, suite.describe()), *suite.table(results), *report.foot(results)]) + "\n"
    stem.with_suffix(".md").write_text(text)
    return stem.with_suffix(".md")
