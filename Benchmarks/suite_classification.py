"""Fine-tuning an encoder to classify: Banking77 on all-MiniLM-L6-v2, full and LoRA, beside Transformers' Trainer and PEFT."""

from __future__ import annotations

import json
import math
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import hone
import report
from frame import HERE, Contender, Line, Measured, Suite, run_script
from report import HONE, Metric

LEARNING_RATE = {"full": 1e-4, "lora": 1e-3}
SPEED_TARGET = {"like-for-like": 1.1, "defaults": 4.5}


@dataclass(frozen=True)
class Job:
    """One line of the table: what is trained, and which of the settings."""

    method: str  # full | lora
    line: str  # like-for-like | defaults | best
    epochs: int
    batch_size: int
    threads: int
    prepared: Path
    label_column: str
    steps: int | None = None
    is_check: bool = False  # Hone as by default, but without anything random, so that losses can be compared


def run_peer(job: Job, python: str, place: Path) -> Measured:
    arguments = [
        "--method", job.method, "--train", str(job.prepared / "train.csv"), "--test", str(job.prepared / "test.csv"),
        "--label-column", job.label_column, "--model", str(job.prepared / "start"), "--adapter", str(job.prepared / "adapter"),
        "--learning-rate", str(LEARNING_RATE[job.method]), "--epochs", str(job.epochs), "--batch-size", str(job.batch_size),
        "--threads", str(job.threads), "--output", str(place)]
    arguments += {"like-for-like": ["--like-for-like"], "defaults": ["--defaults"],
                  "best": ["--defaults", "--order", "grouped", "--precision", "bf16"]}[job.line]
    if job.steps:
        arguments += ["--max-steps", str(job.steps)]
    return with_speed(run_script("peer", python, "peer_classification.py", arguments, job.threads, place), job)


def recipe(job: Job) -> dict:
    """Hone's recipe of the job. Hyperparameters are the peer's; the lines differ in precision, batching, order, saving and dropout."""
    alike, still = job.line == "like-for-like", job.line == "like-for-like" or job.is_check
    tuning: dict = {"method": "full"}
    if job.method == "lora":
        tuning = {"method": "lora", "rank": 8, "alpha": 16, "dropout": 0, "targets": ["query", "value"],
                  "initialAdapter": str(job.prepared / "adapter")}
    training = {
        **({"steps": job.steps} if job.steps else {"epochs": job.epochs}), "batchSize": job.batch_size, "threads": job.threads,
        "learningRate": LEARNING_RATE[job.method], "schedule": "linear", "warmupFraction": 0, "weightDecay": 0, "maximumGradientNorm": 1,
        "seed": 17, "evaluateEvery": "never", "precision": "float32" if alike else "auto", "batching": "padded" if alike else "packed",
        "shuffle": not still, **({"saveEvery": "never"} if still else {}),
    }
    return {
        "model": {"path": str(job.prepared / ("start-nodropout" if still else "start")), "head": "checkpoint"},
        "task": {"kind": "classification", "labels": json.loads((job.prepared / "labels.json").read_text())},
        "data": {"train": str(job.prepared / "train.csv"), "test": str(job.prepared / "test.csv"), "text": "text",
                 "label": job.label_column, "validationFraction": 0},
        "tuning": tuning, "training": training,
    }


def run_hone(job: Job, program: str, place: Path) -> Measured:
    return with_speed(hone.train(program, recipe(job), job.threads, place), job)


def with_speed(measured: Measured, job: Job) -> Measured:
    """Examples per second between the end of the first and the end of the last optimizer step, the same for both."""
    facts = measured.facts
    if not measured.ok:
        return measured
    rows = json.loads((job.prepared / "prepared.json").read_text())["counts"]["train"]
    full, rest = divmod(facts["steps"], -(-rows // job.batch_size))
    examples = full * rows + min(rest * job.batch_size, rows) - min(job.batch_size, rows)
    spent = facts["lastStepSeconds"] - facts["firstStepSeconds"]
    if spent > 0:
        facts["examplesPerSecond"] = examples / spent
    return measured


def interval(accuracy: float, rows: int) -> float:
    """The width of the 95 % Wilson interval of a share."""
    z = 1.959964
    return 2 * z / (1 + z * z / rows) * math.sqrt(accuracy * (1 - accuracy) / rows + z * z / (4 * rows * rows))


class Classification(Suite):
    name = "classification"
    metrics = {
        "examplesPerSecond": Metric("training speed", "examples/s"),
        "savedSeconds": Metric("job, start to saved model", "s"),
        "wallSeconds": Metric("process, with the test set", "s"),
        "peakBytes": Metric("peak memory", "MB", 1e6),
        "firstStepSeconds": Metric("time to first step", "s"),
        "accuracy": Metric("test accuracy", "%", 0.01),
    }

    def __init__(self, options):
        super().__init__(options)
        self.rows = options.rows or (640 if options.quick else None if options.whole else 1280)
        self.epochs = options.epochs or (3 if options.whole else 1)
        self.batch_size = options.batch_size
        self.work = options.work / (self.name if self.rows is None else f"{self.name}-{self.rows}")
        self.counts: dict = {}

    @property
    def title(self) -> str:
        return "banking77-minilm" + (f"-{self.rows}" if self.rows else "") + ("-peer" if self.options.peer_only else "")

    def missing(self) -> str | None:
        if not (self.options.encoder / "config.json").exists():
            return f"no encoder in {self.options.encoder}; `Scripts/bootstrap` puts it there, or pass --encoder"
        if not (self.options.data / "train.csv").exists():
            return f"no train.csv in {self.options.data}; pass --data"
        return None

    def prepare(self) -> None:
        options = self.options
        command = [options.python, str(HERE / "prepare_classification.py"), "--encoder", str(options.encoder), "--data", str(options.data),
                   "--into", str(self.work), "--label-column", options.label_column]
        subprocess.run(command + (["--rows", str(self.rows)] if self.rows else []), check=True)
        self.counts = json.loads((self.work / "prepared.json").read_text())["counts"]

    def describe(self) -> str:
        return (f"{self.counts['train']:,} training and {self.counts['test']:,} test rows of Banking77, all-MiniLM-L6-v2, {self.epochs} "
                f"epoch(s) of batches of {self.batch_size}.")

    def workload(self) -> dict:
        return {"trainRows": self.counts["train"], "testRows": self.counts["test"], "epochs": self.epochs, "batchSize": self.batch_size,
                "learningRates": LEARNING_RATE}

    def lines(self) -> list[Line]:
        kinds = self.options.lines or ["like-for-like", "defaults"]
        return [self.line(method, kind) for method in self.options.methods for kind in kinds]

    def line(self, method: str, kind: str) -> Line:
        options = self.options
        job = Job(method, kind, self.epochs, self.batch_size, options.threads, self.work, options.label_column)
        contenders = [Contender("peer", lambda place: run_peer(job, options.python, place))]
        if not options.peer_only:
            contenders.insert(0, Contender(HONE, lambda place: run_hone(job, options.hone, place)))
        alike = kind == "like-for-like"
        return Line(
            name=f"{method}, {kind}", contenders=contenders, targets=lambda summary: self.targets(kind, summary),
            gate=(lambda rounds: report.equal_losses(rounds, report.TOLERANCE["fp32"])) if alike else None,
            check=None if alike or options.peer_only else lambda: self.check(job), facts={"method": method, "line": kind})

    def check(self, job: Job) -> dict:
        """Twenty steps of Hone as it is by default, but in the file's order and without dropout, against the peer's fp32 losses."""
        place = self.work / f"check-{job.method}"
        ours = run_hone(replace(job, steps=20, is_check=True), self.options.hone, place / "hone")
        theirs = run_peer(replace(job, line="like-for-like", steps=20), self.options.python, place / "peer")
        if not (ours.ok and theirs.ok):
            return {"agree": False, "compared": 0, "error": ours.error or theirs.error}
        gate = report.compare_losses(ours.facts["losses"], theirs.facts["losses"], report.TOLERANCE["bf16"])
        return {**gate, "note": ", Hone's default precision and batching against the peer's fp32, file order, no dropout"}

    def targets(self, kind: str, summary: dict) -> list[dict]:
        found = []
        if kind in SPEED_TARGET:
            found += report.judge_ratio(summary, "examplesPerSecond", "training speed", SPEED_TARGET[kind])
        found += report.judge_ratio(summary, "peakBytes", "peak memory", 0.5, at_most=True)
        found += report.judge_own(summary, "firstStepSeconds", "first optimizer step within 2 s", 2.0)
        ours, theirs = (summary["accuracy"].get(name, {}).get("median") for name in (HONE, "peer"))
        if ours is not None and theirs is not None:
            width = interval(theirs, self.counts["test"])
            text = f"accuracy not below the peer's by more than the interval's width ({100 * width:.1f} points)"
            found.append(report.judge(text, ours - theirs, ours >= theirs - width))
        return found

    def table(self, results: dict) -> list[str]:
        return report.sections(results, self.metrics, always=("accuracy",))

    def speak(self, run: Measured) -> str:
        facts = run.facts
        return (f"{facts.get('examplesPerSecond', 0):.1f} examples/s, first step {facts['firstStepSeconds']:.2f} s, whole process "
                f"{run.wall_seconds:.1f} s, {run.peak_bytes / 1e6:.0f} MB, accuracy {facts.get('accuracy')}")
