"""Hone as a contender: one `hone train` on a recipe, and what its lines of JSON say."""

from __future__ import annotations

import json
from pathlib import Path

from frame import Measured, launch
from process import peak_bytes
from report import HONE


def train(hone: str, recipe: dict, threads: int, place: Path) -> Measured:
    """Trains by the recipe, whose runs go into `place`."""
    recipe = {**recipe, "output": {"folder": str(place / "runs")}}
    path = place / "recipe.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(recipe, indent=2) + "\n")
    events = Events()
    measured = launch(HONE, [hone, "train", str(path), "--json"], threads, place / "hone.log", events.take)
    if not measured.ok:
        return measured
    measured.facts = events.facts()
    absent = {"firstStepSeconds", "losses"} - measured.facts.keys()
    if events.stray:
        measured.ok, measured.error = False, f"hone train --json printed a line that is no JSON: {events.stray}"
    elif absent:
        measured.ok, measured.error = False, f"hone train --json said nothing of: {', '.join(sorted(absent))}"
    return measured


class Events:
    """Reads the lines of `hone train --json`."""

    def __init__(self):
        self.steps: list[dict] = []
        self.plan: dict = {}
        self.test: dict = {}
        self.result: dict = {}
        self.training_peak: int | None = None  # while steps were made, before the model was written and tested
        self.stray: str | None = None  # a line that is no JSON: `--json` promises there is none

    def take(self, text: str, arrival: float, process: int) -> None:
        try:
            event = json.loads(text)
        except ValueError:
            self.stray = self.stray or text.strip()
            return
        kind = event.get("type")
        if kind == "step":
            self.steps.append({**event, "seconds": float(event.get("seconds", arrival))})
            self.training_peak = peak_bytes(process)
        elif kind == "plan":
            self.plan = event
        elif kind == "evaluation" and event.get("split") == "test":
            self.test = event.get("metrics", {})
        elif kind == "result":
            self.result = event

    def facts(self) -> dict:
        if not self.steps:
            return {}
        metrics = self.test or self.result.get("metrics") or {}
        tokens = [step["tokens"] for step in self.steps]
        facts = {
            "steps": len(self.steps), "firstStepSeconds": self.steps[0]["seconds"], "lastStepSeconds": self.steps[-1]["seconds"],
            "losses": [float(step["loss"]) for step in self.steps[:20]], "finalLoss": float(self.steps[-1]["loss"]),
            "meanLoss": sum(float(step["loss"]) * count for step, count in zip(self.steps, tokens)) / sum(tokens),
            "tokensAfterFirst": sum(tokens[1:]), "trainPeakBytes": self.training_peak,
            "predictedBytes": self.plan.get("predictedBytes"), "savedSeconds": self.result.get("savedSeconds"),
            "accuracy": metrics.get("accuracy"), "versions": self.result.get("versions"),
        }
        return {key: value for key, value in facts.items() if value is not None}
