"""Training a language model of SmolLM2-135M's shape: LoRA and full, rows of 512 and conversations, beside Transformers, PEFT and TRL."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hone
import report
from frame import HERE, Contender, Line, Measured, Suite, run_script, say
from prepare_language import TARGETS
from report import HONE, Metric
from shapes import needed

LEARNING_RATE = {"lora": 1e-3, "full": 1e-4}
SPEED_TARGET = {"like-for-like": 1.2, "best": 1.7, "defaults": 4.0}
TRANSFORMERS, TRL = "Transformers", "TRL"


@dataclass(frozen=True)
class Workload:
    """What is trained on what."""

    name: str
    method: str  # lora | full
    rows: str  # texts | chats


WORKLOADS = (
    Workload("lora on rows of {length}", "lora", "texts"), Workload("lora on conversations", "lora", "chats"),
    Workload("full on rows of {length}", "full", "texts"))


@dataclass(frozen=True)
class PeerSettings:
    """One way to run a peer."""

    name: str
    trainer: str
    arguments: tuple[str, ...]
    keeps_order: bool = True  # a step has the rows of the file's order, so its loss can be compared by itself


LIKE_FOR_LIKE = PeerSettings(TRANSFORMERS, "transformers", ("--weights", "float32", "--order", "file"))
DEFAULTS = (
    PeerSettings(TRANSFORMERS, "transformers", ("--weights", "auto", "--defaults"), False),
    PeerSettings(TRL, "trl", ("--weights", "auto", "--defaults"), False))


def best_candidates(method: str, rows: str, packing: int) -> list[PeerSettings]:
    """The peers' documented ways to be fast in bfloat16. Rows of one length need no grouping and no packing.

    Where all weights are trained, weights that are themselves bfloat16 lose most updates to rounding: a mean loss of 10.92 nats in six steps
    where float32 has 10.57 (2026-11-30). That is another training, and its speed would not count.
    """
    half = ("--weights", "bfloat16")
    if method == "full":
        return [PeerSettings("Trainer, bf16 autocast", "transformers", ("--autocast",)),
                PeerSettings("SFTTrainer, bf16 autocast", "trl", ("--autocast",))]
    if rows == "texts":
        return [
            PeerSettings("Trainer, bf16 autocast", "transformers", ("--autocast",)),
            PeerSettings("Trainer, bf16 weights", "transformers", half), PeerSettings("SFTTrainer, bf16 weights", "trl", half)]
    return [
        PeerSettings("Trainer, bf16 autocast, grouped by length", "transformers", ("--autocast", "--order", "grouped"), False),
        PeerSettings("Trainer, bf16 weights, grouped by length", "transformers", (*half, "--order", "grouped"), False),
        PeerSettings("SFTTrainer, bf16 weights, packing", "trl", (*half, "--packing", str(packing)), False)]


class Language(Suite):
    name = "language"
    metrics = {
        "usefulPerSecond": Metric("training speed", "useful tokens/s"),
        "supervisedPerSecond": Metric("of these learned", "tokens/s"),
        "savedSeconds": Metric("job, start to saved model", "s"),
        "peakBytes": Metric("peak memory", "MB", 1e6),
        "startSeconds": Metric("start until the first step begins", "s"),
        "firstStepSeconds": Metric("until the first step is done", "s"),
        "meanLoss": Metric("mean loss", "nats/token"),
    }

    def __init__(self, options):
        super().__init__(options)
        self.steps, self.length, self.longest = (3, 128, 256) if options.quick else (6, 512, 1024)
        self.model = options.work / "models/smollm"
        self.prepared = self.work / f"{self.length}x{self.steps}"
        self.facts: dict = {}
        self.references: dict[Workload, Measured] = {}
        self.best: dict[Workload, PeerSettings] = {}

    @property
    def title(self) -> str:
        return "smollm-training" + ("-quick" if self.options.quick else "") + ("-peer" if self.options.peer_only else "")

    def missing(self) -> str | None:
        data = self.options.shared / "data"
        for path in (needed("smollm", self.options.shared), data / "lm-text-wikitext2/valid.txt",
                     data / "instruct-self-instruct/seed_tasks.jsonl", data / "math-gsm8k/train.jsonl"):
            if not path.exists():
                return f"{path} does not exist; pass --shared"
        return None

    def prepare(self) -> None:
        shared = str(self.options.shared)
        make = [self.options.python, str(HERE / "shapes.py"), "--shared", shared, "--into", str(self.model.parent), "smollm"]
        rows = [self.options.python, str(HERE / "prepare_language.py"), "--model", str(self.model), "--shared", shared, "--into",
                str(self.prepared), "--steps", str(self.steps), "--length", str(self.length), "--longest", str(self.longest), "--adapter"]
        for command in (make, rows):
            subprocess.run(command, check=True)
        self.facts = json.loads((self.prepared / "prepared.json").read_text())

    def workload(self) -> dict:
        return {"model": "SmolLM2-135M's shape, random weights", "learningRates": LEARNING_RATE, "rank": 8, "alpha": 16, "rows": self.facts}

    def describe(self) -> str:
        texts, chats = self.facts["texts"], self.facts["chats"]
        padding = 1 - sum(chats["tokens"]) / sum(chats["padded"])
        return (f"SmolLM2-135M's shape with random weights stored in bfloat16; LoRA r8 on all linear layers of the blocks, or all weights. "
                f"{self.steps} steps of {texts['batchSize']} rows of {self.length} tokens (WikiText-2), all learned; or of "
                f"{chats['batchSize']} conversations (self-instruct seeds, GSM8K) of up to {chats['longest']} tokens, answers learned: "
                f"{sum(chats['targets']):,} of {sum(chats['tokens']):,} tokens, {100 * padding:.0f} % padding when padded.")

    def lines(self) -> list[Line]:
        kinds = self.options.lines or ["like-for-like", "best", "defaults"]
        chosen = [workload for workload in WORKLOADS if workload.method in self.options.methods]
        return [self.line(workload, kind) for workload in chosen for kind in kinds]

    def line(self, workload: Workload, kind: str) -> Line:
        make: dict[str, Callable[[], list[Contender]]] = {
            "like-for-like": lambda: [self.peer(workload, lambda: LIKE_FOR_LIKE, TRANSFORMERS)],
            "best": lambda: [self.peer(workload, lambda: self.best[workload], "best peer")],
            "defaults": lambda: [self.peer(workload, lambda settings=settings: settings, settings.name) for settings in DEFAULTS]}
        contenders = make[kind]()
        if not self.options.peer_only:
            contenders.insert(0, Contender(HONE, lambda place: self.hone(workload, kind, place)))
        line = Line(
            name=f"{workload.name.format(length=self.length)}, {kind}", contenders=contenders,
            gate=(lambda rounds: report.equal_losses(rounds, report.TOLERANCE["fp32"])) if kind == "like-for-like"
            else lambda rounds: self.gate(workload, kind, rounds),
            targets=lambda summary: self.targets(kind, summary), facts={"method": workload.method, "rows": workload.rows, "line": kind})
        if kind == "best":
            line.check = lambda: self.check(workload, line)
        return line

    # What runs

    def peer(self, workload: Workload, settings: Callable[[], PeerSettings], name: str) -> Contender:
        return Contender(name, lambda place: self.run_peer(workload, settings(), name, place))

    def run_peer(self, workload: Workload, settings: PeerSettings, name: str, place: Path, steps: int | None = None) -> Measured:
        facts = self.facts[workload.rows]
        batch = facts["batchSize"]
        if "--packing" in settings.arguments:  # as many tokens in a step as the other contenders have
            batch = max(1, round(sum(facts["tokens"]) / len(facts["tokens"]) / self.packing(workload)))
        arguments = [
            "--trainer", settings.trainer, "--model", str(self.model), "--rows", str(self.prepared / f"{workload.rows}.ids.jsonl"),
            "--batch-size", str(batch), "--learning-rate", str(LEARNING_RATE[workload.method]), "--threads", str(self.options.threads),
            "--output", str(place), *settings.arguments]
        arguments += ["--adapter", str(self.prepared / "adapter")] if workload.method == "lora" else []
        arguments += ["--max-steps", str(steps)] if steps else []
        measured = run_script(name, self.options.python, "peer_language.py", arguments, self.options.threads, place)
        measured.facts["ways"] = settings.name
        return with_speed(measured)

    def packing(self, workload: Workload) -> int:
        return self.facts[workload.rows]["longest"]

    def recipe(self, workload: Workload, kind: str) -> dict:
        """Hone's recipe. Like for like and best leave nothing to chance; defaults set what is learned, and nothing else."""
        tuning: dict = {"method": "full"}
        if workload.method == "lora":
            tuning = {"method": "lora", "rank": 8, "alpha": 16, "targets": TARGETS, "initialAdapter": str(self.prepared / "adapter")}
        training = {"epochs": 1, "batchSize": self.facts[workload.rows]["batchSize"], "threads": self.options.threads,
                    "learningRate": LEARNING_RATE[workload.method]}
        if kind != "defaults":
            alike = kind == "like-for-like"
            training |= {"schedule": "linear", "warmupFraction": 0, "weightDecay": 0, "maximumGradientNorm": 1, "shuffle": False,
                         "saveEvery": "never", "precision": "float32" if alike else "bfloat16", "batching": "padded" if alike else "packed"}
            tuning |= {"dropout": 0} if workload.method == "lora" else {}
        return {
            "model": {"path": str(self.model)}, "task": {"kind": "text" if workload.rows == "texts" else "instruction"},
            "data": {"train": str(self.prepared / f"{workload.rows}.jsonl"), "validationFraction": 0, "testFraction": 0,
                     "maximumTokens": self.facts[workload.rows]["longest"]},
            "tuning": tuning, "training": training,
        }

    def hone(self, workload: Workload, kind: str, place: Path) -> Measured:
        measured = hone.train(self.options.hone, self.recipe(workload, kind), self.options.threads, place)
        if measured.ok and kind != "defaults":  # in the file's order it is known which targets each step has
            measured.facts["targetsAfterFirst"] = sum(self.facts[workload.rows]["targets"][1:])
        return with_speed(measured)

    # What must agree

    def reference(self, workload: Workload) -> Measured:
        """The peer's float32 losses of the same rows in the file's order; run once."""
        if workload not in self.references:
            say(f"{workload.name.format(length=self.length)}: float32 losses to compare with")
            self.references[workload] = self.run_peer(workload, LIKE_FOR_LIKE, TRANSFORMERS, self.work / "reference")
        return self.references[workload]

    def gate(self, workload: Workload, kind: str, rounds: list[dict]) -> dict:
        """Losses in bfloat16 against the peer's in float32: step by step in the file's order, by their mean where the order is another.

        Defaults have schedules of their own, so they are compared with each other.
        """
        if kind == "defaults":
            return self.means(rounds)
        reference, gates = self.reference(workload), []
        if not reference.ok:
            return {"agree": False, "compared": 0}
        for records in rounds:
            for name, record in records.items():
                if name != "round" and record["ok"]:
                    ordered = name == HONE or self.best[workload].keeps_order
                    pair = (record["losses"], reference.facts["losses"]) if ordered else ([record["meanLoss"]], [reference.facts["meanLoss"]])
                    gates.append({**report.compare_losses(*pair, report.TOLERANCE["bf16"]), "ordered": ordered})
        return {**report.worst_of(gates), "note": ", bfloat16 against the float32 losses of Transformers in the file's order"}

    def means(self, rounds: list[dict]) -> dict:
        gates = []
        for records in rounds:
            losses = [record["meanLoss"] for name, record in records.items() if name != "round" and record["ok"]]
            gates += [report.compare_losses([other], losses[:1], report.TOLERANCE["bf16"]) for other in losses[1:]]
        return {**report.worst_of(gates), "note": ", means over all steps, with each other: orders and schedules differ"}

    def check(self, workload: Workload, line: Line) -> dict | None:
        """What the rounds are compared with, before they begin; and which of the peers' ways runs in them."""
        reference = self.reference(workload)
        if not reference.ok:
            return {"agree": False, "compared": 0, "error": reference.error}
        self.choose(workload, line)
        return None

    def choose(self, workload: Workload, line: Line) -> None:
        """Runs each of the peers' fast ways for two steps and takes the fastest for the rounds."""
        speeds: dict[str, float] = {}
        tried = []
        for settings in best_candidates(workload.method, workload.rows, self.packing(workload)):
            say(f"  {settings.name}")
            run = self.run_peer(workload, settings, settings.name, self.work / "candidate", steps=2)
            speed = run.facts.get("usefulPerSecond", 0) if run.ok else 0
            tried.append(f"{settings.name}: {f'{speed:.0f} tokens/s' if run.ok else f'failed, {run.error}'}")
            if speed >= max(speeds.values(), default=0):
                self.best[workload] = settings
            speeds[settings.name] = speed
        line.facts["note"] = f"The best peer is the fastest of two steps each: {'; '.join(tried)}."

    def targets(self, kind: str, summary: dict) -> list[dict]:
        return [
            *report.judge_ratio(summary, "usefulPerSecond", "training speed", SPEED_TARGET[kind]),
            *report.judge_ratio(summary, "peakBytes", "peak memory", 0.5, at_most=True),
            *report.judge_own(summary, "startSeconds", "the first optimizer step begins within 2 s", 2.0)]

    def speak(self, run: Measured) -> str:
        return (f"{run.facts.get('usefulPerSecond', 0):.0f} tokens/s, first step {run.facts['firstStepSeconds']:.2f} s, whole process "
                f"{run.wall_seconds:.1f} s, {run.peak_bytes / 1e6:.0f} MB")


def with_speed(measured: Measured) -> Measured:
    """Tokens without padding per second between the end of the first and the end of the last optimizer step, and those learned.

    The first step begins a mean step before it is done.
    """
    facts = measured.facts
    if measured.ok and (spent := facts["lastStepSeconds"] - facts["firstStepSeconds"]) > 0:
        facts["usefulPerSecond"] = facts["tokensAfterFirst"] / spent
        facts["startSeconds"] = facts["firstStepSeconds"] - spent / (facts["steps"] - 1)
        if "targetsAfterFirst" in facts:
            facts["supervisedPerSecond"] = facts["targetsAfterFirst"] / spent
    return measured
