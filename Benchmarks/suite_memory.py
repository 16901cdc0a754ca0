"""Hone's prediction of its peak memory against the measured one, over methods, types, shapes and layouts."""

from __future__ import annotations

import csv
import json
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import hone
import report
from frame import HERE, Contender, Line, Measured, Suite
from report import HONE, Metric
from shapes import needed

TOLERANCE = 0.15
SEED = 17


@dataclass(frozen=True)
class Case:
    """What is trained; keys that a recipe's `training` section has beside the common ones."""

    model: str
    method: str  # full | lora
    rows: str  # banking | texts | chats | abstracts
    training: dict = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        words = [self.model, self.method, self.rows, self.training["precision"], self.training.get("batching", "packed")]
        return ", ".join(words + (["checkpointing"] if self.training.get("activationCheckpointing") == "always" else []))


def case(model: str, method: str, rows: str, precision: str, **training: str) -> Case:
    return Case(model, method, rows, {"precision": precision, **training})


CASES = [
    case("minilm", "full", "banking", "bfloat16"),
    case("minilm", "lora", "banking", "float32", batching="padded"),
    case("smollm", "lora", "texts", "bfloat16"),
    case("smollm", "lora", "texts", "float32"),
    case("smollm", "lora", "texts", "bfloat16", activationCheckpointing="always"),
    case("smollm", "full", "texts", "bfloat16"),
    case("smollm", "full", "texts", "float32"),
    case("smollm", "full", "texts", "float32", activationCheckpointing="always"),
    case("smollm", "lora", "chats", "bfloat16", batching="padded"),
    case("smollm", "lora", "chats", "bfloat16"),
    case("smollm-small-vocabulary", "full", "texts", "bfloat16"),
    case("gpt2", "full", "texts", "bfloat16"),
    case("gpt2", "lora", "texts", "float32"),
    case("t5", "full", "abstracts", "float32"),
]
QUICK = [CASES[0], CASES[4], CASES[13]]


class Memory(Suite):
    name = "memory"
    metrics = {
        "predictedBytes": Metric("predicted", "MB", 1e6), "trainPeakBytes": Metric("while training", "MB", 1e6),
        "peakBytes": Metric("at the end", "MB", 1e6), "share": Metric("predicted / measured", "")}

    def __init__(self, options):
        super().__init__(options)
        self.models = options.work / "models"
        self.steps, self.length, self.longest = 2, 512, 1024

    def missing(self) -> str | None:
        if self.options.peer_only:
            return "the memory suite has no peer"
        shared = self.options.shared
        paths = [needed(shape, shared) for shape in ("smollm", "t5")]
        paths += [self.options.data / "train.csv", shared / "data/summ-scitldr/train.jsonl", shared / "data/lm-text-wikitext2/valid.txt"]
        if not (self.options.encoder / "config.json").exists():
            return f"no encoder in {self.options.encoder}; `Scripts/bootstrap` puts it there, or pass --encoder"
        return next((f"{path} does not exist; pass --shared" for path in paths if not path.exists()), None)

    def prepare(self) -> None:
        shared, python = str(self.options.shared), self.options.python
        shapes = sorted({each.model for each in self.cases if each.model != "minilm"})
        subprocess.run([python, str(HERE / "shapes.py"), "--shared", shared, "--into", str(self.models), *shapes], check=True)
        for shape in shapes:
            if shape != "t5":
                command = [python, str(HERE / "prepare_language.py"), "--model", str(self.models / shape), "--shared", shared, "--into",
                           str(self.work / shape), "--steps", str(self.steps), "--length", str(self.length), "--longest", str(self.longest)]
                subprocess.run(command, check=True)
        self.work.mkdir(parents=True, exist_ok=True)
        self.write_intents(640)
        self.write_abstracts(16)

    def write_intents(self, count: int) -> None:
        """Some rows of all intents; all of them are trained on, so that the heaviest batch is among them."""
        with (self.options.data / "train.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        with (self.work / "banking.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(random.Random(SEED).sample(rows, count))

    def write_abstracts(self, count: int) -> None:
        with (self.options.shared / "data/summ-scitldr/train.jsonl").open(encoding="utf-8") as file:
            rows = [json.loads(next(file)) for _ in range(count)]
        text = "".join(json.dumps({"source": " ".join(row["source"]), "target": row["target"][0]}) + "\n" for row in rows)
        (self.work / "abstracts.jsonl").write_text(text, encoding="utf-8")

    @property
    def cases(self) -> list[Case]:
        return QUICK if self.options.quick else CASES

    def describe(self) -> str:
        return (f"`hone train` for {self.steps} steps (Banking77: 20): what its plan says beforehand, the largest resident set while it made steps, and at the end "
                f"of the process, when the model was written and looked at. Real shapes, random weights; rows of {self.length} tokens by 4, "
                f"conversations by 8, Banking77 by 32, SciTLDR by 8. The whole process counts. At most {100 * TOLERANCE:.0f} % off is wanted.")

    def lines(self) -> list[Line]:
        return [self.line(each) for each in self.cases]

    def line(self, each: Case) -> Line:
        return Line(name=each.name, contenders=[Contender(HONE, lambda place: self.run(each, place))], gate=was_measured, targets=targets)

    def run(self, each: Case, place: Path) -> Measured:
        measured = hone.train(self.options.hone, self.recipe(each), self.options.threads, place)
        if measured.ok:
            measured.facts["share"] = measured.facts["predictedBytes"] / measured.peak_bytes
        return measured

    def recipe(self, each: Case) -> dict:
        length = {"epochs": 1} if each.rows == "banking" else {"steps": self.steps}
        training = {**length, "batchSize": {"texts": 4, "chats": 8, "banking": 32, "abstracts": 8}[each.rows],
                    "threads": self.options.threads, "learningRate": 1e-4, "saveEvery": "never", "activationCheckpointing": "never", **each.training}
        folder = self.work / each.model
        tasks = {
            "banking": ({"kind": "classification"}, {"train": str(self.work / "banking.csv"), "text": "text", "label": self.options.label_column}),
            "texts": ({"kind": "text"}, {"train": str(folder / "texts.jsonl"), "maximumTokens": self.length}),
            "chats": ({"kind": "instruction"}, {"train": str(folder / "chats.jsonl"), "maximumTokens": self.longest}),
            "abstracts": ({"kind": "sequenceToSequence"}, {"train": str(self.work / "abstracts.jsonl"), "maximumTokens": 512}),
        }
        task, data = tasks[each.rows]
        tuning: dict = {"method": each.method}
        if each.method == "lora":
            tuning |= {"rank": 16, "alpha": 16}
        return {
            "model": {"path": str(self.options.encoder if each.model == "minilm" else self.models / each.model)}, "task": task,
            "data": {**data, "tooLong": "truncate", "validationFraction": 0, "testFraction": 0}, "tuning": tuning, "training": training,
        }

    def table(self, results: dict) -> list[str]:
        out = report.header(["", *(metric.title + (f", {metric.unit}" if metric.unit else "") for metric in self.metrics.values()), ""])
        for state in results["lines"]:
            cells = [report.cell(state["summary"].get(key, {}).get(HONE), metric.divisor) for key, metric in self.metrics.items()]
            missed = not all(target["reached"] for target in state["targets"]) or not state["gate"]["agree"]
            out.append(report.row([state["name"], *cells, "**missed**" if missed else ""]))
        problems = [f"- {state['name']}: {problem}" for state in results["lines"] for problem in state["problems"]]
        return [*out, "", *problems, ""]

    def speak(self, run: Measured) -> str:
        return f"predicted {run.facts['predictedBytes'] / 1e6:.0f} MB, measured {run.peak_bytes / 1e6:.0f} MB"


def was_measured(rounds: list[dict]) -> dict:
    measured = [records[HONE] for records in rounds if records[HONE]["ok"]]
    return {"agree": bool(measured), "compared": len(measured)}


def targets(summary: dict) -> list[dict]:
    own = summary["share"].get(HONE)
    if not own:
        return []
    text = f"prediction within {100 * TOLERANCE:.0f} % of the measurement"
    return [report.judge(text, own["median"], abs(own["median"] - 1) <= TOLERANCE)]
