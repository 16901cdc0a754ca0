"""Runs Hone and the peer in turns on the same job and writes a JSON and a Markdown table into Benchmarks/results/.

    python Benchmarks/run.py                      # the workload of the README: five rounds, takes hours
    python Benchmarks/run.py --quick              # 640 rows, one round: does it work, do the losses agree
    python Benchmarks/run.py --quick --peer-only  # without Hone

Exit code: 0 done (a missed target is reported, not an error), 1 losses disagree or a run failed, 2 something is missing.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import report
from contenders import Job, run_hone, run_peer
from process import cpu_name

ROOT = Path(__file__).resolve().parent.parent
PEER_PYTHON = ROOT / ".deps/venv/bin/python"
LEARNING_RATE = {"full": 1e-4, "lora": 1e-3}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, help="default: 5, with --quick 1")
    parser.add_argument("--quick", action="store_true", help="640 rows, 1 epoch, 1 round")
    parser.add_argument("--methods", nargs="+", choices=("full", "lora"), default=["full", "lora"])
    parser.add_argument("--lines", nargs="+", choices=("like-for-like", "defaults", "best"), default=["like-for-like", "defaults"],
                        help="best: the peer with bf16 and batches grouped by length, against Hone's defaults")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--rows", type=int, help="train on N rows only")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hone", default=str(ROOT / ".build/release/hone"), help="default: %(default)s")
    parser.add_argument("--python", default=str(PEER_PYTHON if PEER_PYTHON.exists() else sys.executable),
                        help="the Python of the peer (default: %(default)s)")
    parser.add_argument("--peer-only", action="store_true")
    parser.add_argument("--encoder", type=Path, default=ROOT / ".deps/minilm/model")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/intent-banking77")
    parser.add_argument("--label-column", default="category")
    parser.add_argument("--work", type=Path, help="default: .out/bench in the checkout")
    parser.add_argument("--results", type=Path, default=ROOT / "Benchmarks/results")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.rows = options.rows or (640 if options.quick else None)
    options.epochs = options.epochs or (1 if options.quick else 3)
    options.work = (options.work or ROOT / ".out" / ("bench" if options.rows is None else f"bench-{options.rows}")).resolve()
    return options


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def missing(options: argparse.Namespace) -> str | None:
    if not options.peer_only and not os.access(options.hone, os.X_OK):
        return f"{options.hone} does not exist; build it with `swift build -c release --product hone`, or pass --peer-only"
    if not (options.encoder / "config.json").exists():
        return f"no encoder in {options.encoder}; `Scripts/bootstrap` puts it there, or pass --encoder"
    if not (options.data / "train.csv").exists():
        return f"no train.csv in {options.data}; pass --data"
    test = subprocess.run([options.python, "-c", "import torch, transformers, peft"], capture_output=True)
    if test.returncode:
        return f"{options.python} lacks the peer's libraries; install Benchmarks/requirements.txt"
    return None


def prepare(options: argparse.Namespace) -> dict:
    command = [options.python, str(ROOT / "Benchmarks/prepare.py"), "--encoder", str(options.encoder), "--data", str(options.data),
               "--into", str(options.work), "--label-column", options.label_column]
    if options.rows:
        command += ["--rows", str(options.rows)]
    subprocess.run(command, check=True)
    return json.loads((options.work / "prepared.json").read_text())


def job_of(options: argparse.Namespace, method: str, line: str) -> Job:
    return Job(method=method, line=line, learning_rate=LEARNING_RATE[method], epochs=options.epochs, batch_size=options.batch_size,
               threads=options.threads, prepared=options.work, label_column=options.label_column)


def check_losses(options: argparse.Namespace, method: str, place: Path) -> dict:
    """Twenty steps of Hone as it is by default, but in the file's order and without dropout, against the peer's fp32 losses."""
    plain = replace(job_of(options, method, "like-for-like"), steps=20)
    ours = run_hone(replace(plain, line="defaults", hone_precision="auto"), options.hone, place / "hone")
    theirs = run_peer(plain, options.python, place / "peer")
    if not (ours.ok and theirs.ok):
        return {"agree": False, "compared": 0, "error": ours.error or theirs.error}
    gate = report.compare_losses(ours.facts["losses"], theirs.facts["losses"], report.TOLERANCE["bf16"])
    return {**gate, "note": ", Hone's default precision and batching against the peer's fp32, file order, no dropout"}


def one_round(options: argparse.Namespace, job: Job, number: int, place: Path) -> dict:
    """Both contenders once; who goes first changes from round to round."""
    contenders = ["peer"] if options.peer_only else ["hone", "peer"]
    result = {"round": number}
    for name in contenders if number % 2 else reversed(contenders):
        say(f"{job.name}, round {number}: {name}")
        run = run_hone(job, options.hone, place / "hone") if name == "hone" else run_peer(job, options.python, place / "peer")
        result[name] = run.record()
        if run.ok:
            facts = run.facts
            say(f"  {facts.get('examplesPerSecond', 0):.1f} examples/s, first step {facts['firstStepSeconds']:.2f} s, whole process "
                f"{run.wall_seconds:.1f} s, {run.peak_bytes / 1e6:.0f} MB, accuracy {facts.get('accuracy')}")
        else:
            say(f"  failed: {run.error}")
    return result


def gate_of(line: dict, rounds: list[dict]) -> dict:
    """Like for like, the rounds themselves are the proof: the worst of them counts."""
    gates = [report.compare_losses(r["hone"].get("losses", []), r["peer"].get("losses", []), report.TOLERANCE["fp32"])
             for r in rounds if r.get("hone", {}).get("ok") and r.get("peer", {}).get("ok")]
    if not gates:
        return {"agree": False, "compared": 0}
    return max(gates, key=lambda gate: (not gate["agree"], gate["worst"] or 0))


def finish_line(line: dict, test_rows: int, peer_only: bool) -> None:
    rounds = line["rounds"]
    if line["line"] == "like-for-like":
        line["gate"] = gate_of(line, rounds)
    line["summary"] = report.summarise(rounds)
    line["targets"] = report.targets(line["line"], line["summary"], test_rows) if line["gate"]["agree"] else []
    line["problems"] = [f"round {r['round']}, {name}: {r[name]['error']}" for r in rounds for name in ("hone", "peer")
                        if name in r and not r[name]["ok"]]
    if line["gate"].get("error"):
        line["problems"].append(f"check of losses: {line['gate']['error']}")
    if peer_only:
        line["problems"].append("only the peer ran")


def versions(lines: list[dict], hone: str, peer_only: bool) -> dict:
    found = {}
    for line in lines:
        for record in line["rounds"]:
            told = record.get("peer", {}).get("versions")
            if told:
                found["peer"] = ", ".join(f"{name} {text}" for name, text in told.items())
    if not peer_only:
        told = subprocess.run([hone, "--version"], capture_output=True, text=True).stdout.strip()
        found["hone"] = told or "unknown"
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return {**found, "commit": commit or "unknown"}


def write(options: argparse.Namespace, results: dict) -> Path:
    options.results.mkdir(parents=True, exist_ok=True)
    stem = options.results / f"{results['date']}-{results['workload']['name']}"
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    stem.with_suffix(".md").write_text(report.table(results))
    return stem.with_suffix(".md")


def main() -> int:
    options = arguments()
    if problem := missing(options):
        say(problem)
        return 2
    counts = prepare(options)["counts"]
    load = os.getloadavg()[0]
    if load > 0.3:
        say(f"the machine is not idle (load {load:.2f}): numbers will be worse than they should")
    name = "banking77-minilm" + (f"-{options.rows}" if options.rows else "") + ("-peer" if options.peer_only else "")
    results = {
        "date": datetime.date.today().isoformat(), "command": "python " + shlex.join([f"Benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "rounds": options.rounds, "versions": {},
        "host": {"cpu": cpu_name(), "cores": len(os.sched_getaffinity(0)), "system": platform.platform(), "loadBefore": load},
        "workload": {"name": name, "trainRows": counts["train"], "testRows": counts["test"], "epochs": options.epochs,
                     "batchSize": options.batch_size, "threads": options.threads, "learningRates": LEARNING_RATE},
        "lines": [],
    }
    for method in options.methods:
        for kind in options.lines:
            line = {"name": f"{method}, {kind}", "method": method, "line": kind, "rounds": [], "gate": {"agree": False, "compared": 0}}
            if kind != "like-for-like" and not options.peer_only:
                say(f"{method}, {kind}: first 20 losses")
                line["gate"] = check_losses(options, method, options.work / f"check-{method}")
            results["lines"].append(line)
    path = None
    for number in range(1, options.rounds + 1):
        for line in results["lines"]:
            place = options.work / f"{line['method']}-{line['line']}"
            line["rounds"].append(one_round(options, job_of(options, line["method"], line["line"]), number, place))
            finish_line(line, counts["test"], options.peer_only)
            done = [each for each in results["lines"] if each["rounds"]]
            results["versions"] = versions(done, options.hone, options.peer_only)
            path = write(options, {**results, "lines": done, "rounds": number})  # after every run: an interruption loses nothing
    print(path.read_text())
    failed = any(not each["gate"]["agree"] or each["problems"] for each in results["lines"])
    return 1 if failed and not options.peer_only else 0


if __name__ == "__main__":
    sys.exit(main())
