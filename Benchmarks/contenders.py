"""How each contender is started on one job, and how what it prints becomes the same record."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Job:
    """One line of the table: what is trained, and which of the two settings."""

    method: str  # full | lora
    line: str  # like-for-like | defaults | best
    learning_rate: float
    epochs: int
    batch_size: int
    threads: int
    prepared: Path
    label_column: str
    steps: int | None = None
    hone_precision: str | None = None  # stands in for the line's own, in the check of losses

    @property
    def name(self) -> str:
        return f"{self.method}, {self.line}"


@dataclass
class Measured:
    """What one process did. Memory and the whole wall time are measured here, the same way for both."""

    contender: str
    ok: bool
    wall_seconds: float
    peak_bytes: int
    facts: dict = field(default_factory=dict)
    error: str | None = None

    def record(self) -> dict:
        body = {"contender": self.contender, "ok": self.ok, "wallSeconds": round(self.wall_seconds, 3), "peakBytes": self.peak_bytes}
        return {**body, **self.facts, **({"error": self.error} if self.error else {})}


def launch(contender: str, command: list[str], job: Job, log: Path, on_line) -> Measured:
    """Starts the process with the job's threads, gives each line of its output to `on_line(text, seconds)`, and waits."""
    threads = str(job.threads)
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "HF_HUB_OFFLINE": "1"}
    cores = sorted(os.sched_getaffinity(0))[: job.threads]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cores))
        for line in process.stdout:
            on_line(line, time.monotonic() - began)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    measured = Measured(contender, process.returncode == 0, wall, usage.ru_maxrss * 1024)
    if not measured.ok:
        tail = " | ".join(log.read_text().strip().splitlines()[-5:])
        measured.error = f"exit code {process.returncode}; last lines of {log.name}: {tail}"
    return measured


def run_peer(job: Job, python: str, place: Path) -> Measured:
    command = [
        python, str(HERE / "peer_trainer.py"), "--method", job.method, "--train", str(job.prepared / "train.csv"),
        "--test", str(job.prepared / "test.csv"), "--label-column", job.label_column, "--model", str(job.prepared / "start"),
        "--adapter", str(job.prepared / "adapter"), "--learning-rate", str(job.learning_rate), "--epochs", str(job.epochs),
        "--batch-size", str(job.batch_size), "--threads", str(job.threads), "--output", str(place)]
    command += {"like-for-like": ["--like-for-like"], "defaults": ["--defaults"],
                "best": ["--defaults", "--order", "grouped", "--precision", "bf16"]}[job.line]
    if job.steps:
        command += ["--max-steps", str(job.steps)]
    lines: list[str] = []
    measured = launch("peer", command, job, place / "peer.log", lambda text, _: lines.append(text))
    if measured.ok:
        told = json.loads(lines[-1])
        keep = ("rows", "tokens", "steps", "firstStepSeconds", "lastStepSeconds", "savedSeconds", "losses", "finalLoss", "accuracy",
                "versions", "settings")
        measured.facts = {key: told[key] for key in keep if key in told}
        add_speed(measured, job)
    return measured


def recipe(job: Job, place: Path) -> dict:
    """Hone's recipe of the job. Hyperparameters are the peer's; the lines differ in precision, batching, order, saving and dropout."""
    alike = job.line == "like-for-like"
    tuning: dict = {"method": "full"}
    if job.method == "lora":
        tuning = {"method": "lora", "rank": 8, "alpha": 16, "dropout": 0, "targets": ["query", "value"],
                  "initialAdapter": str(job.prepared / "adapter")}
    training = {
        **({"steps": job.steps} if job.steps else {"epochs": job.epochs}), "batchSize": job.batch_size, "threads": job.threads,
        "learningRate": job.learning_rate, "schedule": "linear", "warmupFraction": 0, "weightDecay": 0, "maximumGradientNorm": 1,
        "seed": 17, "evaluateEvery": "never",
        "precision": job.hone_precision or ("float32" if alike else "auto"),
        "batching": "padded" if alike else "packed", "shuffle": not alike,
    }
    if alike or job.hone_precision:
        training.update(shuffle=False, saveEvery="never")
    still = alike or job.hone_precision
    return {
        "model": {"path": str(job.prepared / ("start-nodropout" if still else "start")), "head": "checkpoint"},
        "task": {"kind": "classification", "labels": json.loads((job.prepared / "labels.json").read_text())},
        "data": {"train": str(job.prepared / "train.csv"), "test": str(job.prepared / "test.csv"), "text": "text",
                 "label": job.label_column, "validationFraction": 0},
        "tuning": tuning, "training": training, "output": {"folder": str(place / "runs")},
    }


def run_hone(job: Job, hone: str, place: Path) -> Measured:
    place.mkdir(parents=True, exist_ok=True)
    path = place / "recipe.json"
    path.write_text(json.dumps(recipe(job, place), indent=2) + "\n")
    events = Events()
    measured = launch("hone", [hone, "train", str(path), "--json"], job, place / "hone.log", events.take)
    if measured.ok:
        measured.facts = events.facts()
        absent = {"firstStepSeconds", "losses"} - measured.facts.keys()
        if events.stray:
            measured.ok, measured.error = False, f"hone train --json printed a line that is no JSON: {events.stray}"
        elif absent:
            measured.ok, measured.error = False, f"hone train --json said nothing of: {', '.join(sorted(absent))}"
        else:
            add_speed(measured, job)
    return measured


class Events:
    """Reads the lines of `hone train --json`."""

    def __init__(self):
        self.steps: list[tuple[float, float, int]] = []  # seconds, loss, rows
        self.saved: float | None = None
        self.test: dict = {}
        self.result: dict = {}
        self.stray: str | None = None  # a line that is no JSON: `--json` promises there is none

    def take(self, text: str, arrival: float) -> None:
        try:
            event = json.loads(text)
        except ValueError:
            self.stray = self.stray or text.strip()
            return
        kind = event.get("type")
        if kind == "step":
            seconds = event.get("elapsed", event.get("seconds", arrival))
            self.steps.append((float(seconds), float(event["loss"]), int(event.get("rows", 0))))
        elif kind == "checkpoint":
            self.saved = arrival
        elif kind == "evaluation" and event.get("split") == "test":
            self.test = event.get("metrics", {})
        elif kind == "result":
            self.result = event

    def facts(self) -> dict:
        if not self.steps:
            return {}
        metrics = self.test or self.result.get("test") or self.result.get("metrics") or {}
        facts = {
            "steps": len(self.steps), "firstStepSeconds": self.steps[0][0], "lastStepSeconds": self.steps[-1][0],
            "losses": [loss for _, loss, _ in self.steps[:20]], "finalLoss": self.steps[-1][1],
            "savedSeconds": self.result.get("savedSeconds", self.saved), "accuracy": metrics.get("accuracy"),
            "versions": self.result.get("versions"),
        }
        return {key: value for key, value in facts.items() if value is not None}


def add_speed(measured: Measured, job: Job) -> None:
    """Examples per second between the end of the first and the end of the last optimizer step, the same for both."""
    facts = measured.facts
    with (job.prepared / "prepared.json").open() as file:
        rows = json.load(file)["counts"]["train"]
    steps_per_epoch = -(-rows // job.batch_size)
    full, rest = divmod(facts["steps"], steps_per_epoch)
    examples = full * rows + min(rest * job.batch_size, rows) - min(job.batch_size, rows)
    spent = facts["lastStepSeconds"] - facts["firstStepSeconds"]
    if spent > 0:
        facts["examplesPerSecond"] = examples / spent
