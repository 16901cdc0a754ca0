"""From the records of a benchmark to medians, ratios, targets and a Markdown table."""

from __future__ import annotations

import math
from statistics import median

TOLERANCE = {"fp32": 1e-4, "bf16": 1e-2}  # relative, over the first 20 losses: rounding order; 8 bits of mantissa

METRICS = {  # key: (title, unit, divisor, larger is better)
    "examplesPerSecond": ("training speed", "examples/s", 1, True),
    "savedSeconds": ("job, start to saved model", "s", 1, False),
    "wallSeconds": ("process, with the test set", "s", 1, False),
    "peakBytes": ("peak memory", "MB", 1e6, False),
    "firstStepSeconds": ("time to first step", "s", 1, False),
    "accuracy": ("test accuracy", "%", 0.01, True),
}

SPEED_TARGET = {"like-for-like": 1.1, "defaults": 4.5}
MEMORY_TARGET, FIRST_STEP_TARGET = 0.5, 2.0


def compare_losses(ours: list[float], theirs: list[float], tolerance: float) -> dict:
    """Whether the first losses agree; the worst relative difference and its step (from 1)."""
    count = min(len(ours), len(theirs), 20)
    if count == 0:
        return {"agree": False, "compared": 0, "worst": None, "step": None, "tolerance": tolerance}
    differences = [abs(a - b) / max(abs(b), 1e-12) for a, b in zip(ours[:count], theirs[:count])]
    worst = max(range(count), key=lambda index: differences[index] if math.isfinite(differences[index]) else math.inf)
    agree = all(difference <= tolerance for difference in differences)
    return {"agree": agree, "compared": count, "worst": differences[worst], "step": worst + 1, "tolerance": tolerance}


def spread(values: list[float]) -> dict:
    middle = median(values)
    return {"median": middle, "least": min(values), "most": max(values), "mad": median(abs(v - middle) for v in values), "runs": len(values)}


def summarise(rounds: list[dict]) -> dict:
    """`rounds`: [{"hone": record, "peer": record}]. Ratios are taken within a round, then their median."""
    summary = {}
    for key in METRICS:
        entry = {}
        for name in ("hone", "peer"):
            values = [r[name][key] for r in rounds if r.get(name, {}).get("ok") and r[name].get(key) is not None]
            if values:
                entry[name] = spread(values)
        pairs = [(r["hone"].get(key), r["peer"].get(key)) for r in rounds if r.get("hone", {}).get("ok") and r.get("peer", {}).get("ok")]
        ratios = [ours / theirs for ours, theirs in pairs if ours is not None and theirs]
        if ratios:
            entry["ratio"] = spread(ratios)
            apart = abs(entry["hone"]["median"] - entry["peer"]["median"])
            entry["clear"] = apart > 2 * max(entry["hone"]["mad"], entry["peer"]["mad"])
        summary[key] = entry
    return summary


def interval(accuracy: float, rows: int) -> float:
    """The width of the 95 % Wilson interval of a share."""
    z = 1.959964
    return 2 * z / (1 + z * z / rows) * math.sqrt(accuracy * (1 - accuracy) / rows + z * z / (4 * rows * rows))


def targets(line: str, summary: dict, test_rows: int) -> list[dict]:
    """Each target of the line: what was wanted, what was measured, whether it was reached."""
    found = []

    def judge(text: str, value: float | None, reached: bool) -> None:
        found.append({"target": text, "measured": value, "reached": reached})

    speed = summary["examplesPerSecond"].get("ratio", {}).get("median")
    wanted = SPEED_TARGET.get(line)
    if wanted and speed is not None:
        judge(f"training speed at least {wanted} times the peer's", speed, speed >= wanted)
    memory = summary["peakBytes"].get("ratio", {}).get("median")
    if memory is not None:
        judge(f"peak memory at most {MEMORY_TARGET} times the peer's", memory, memory <= MEMORY_TARGET)
    first = summary["firstStepSeconds"].get("hone", {}).get("median")
    if first is not None:
        judge(f"first optimizer step within {FIRST_STEP_TARGET:g} s", first, first <= FIRST_STEP_TARGET)
    ours = summary["accuracy"].get("hone", {}).get("median")
    theirs = summary["accuracy"].get("peer", {}).get("median")
    if ours is not None and theirs is not None:
        width = interval(theirs, test_rows)
        judge(f"accuracy not below the peer's by more than the interval's width ({100 * width:.1f} points)", ours - theirs, ours >= theirs - width)
    return found


def cell(entry: dict | None, divisor: float) -> str:
    if not entry:
        return "not measured"
    middle, least, most = (entry[key] / divisor for key in ("median", "least", "most"))
    digits = 0 if middle >= 1000 else 1 if middle >= 20 else 2
    text = f"{middle:,.{digits}f}"
    return text if entry["runs"] == 1 else f"{text} ({least:,.{digits}f} to {most:,.{digits}f})"


def table(results: dict) -> str:
    """The whole Markdown report."""
    host, workload = results["host"], results["workload"]
    out = [
        f"# {workload['name']}, {results['date']}", "",
        f"{workload['trainRows']:,} training and {workload['testRows']:,} test rows, {workload['epochs']} epochs of batches of "
        f"{workload['batchSize']}, {workload['threads']} threads each, {results['rounds']} round(s), in turns. "
        f"{host['cpu']}, {host['cores']} cores, {host['system']}.", "",
        "Medians (least to most). A ratio is Hone's value over the peer's in the same round.", "",
    ]
    for line in results["lines"]:
        out += [f"## {line['name']}", "", gate_text(line["gate"]), ""]
        out += ["| | Hone | peer | Hone / peer |", "|---|---:|---:|---:|"]
        for key, (title, unit, divisor, _) in METRICS.items():
            entry = line["summary"].get(key, {})
            counted = line["gate"].get("agree", False) or key == "accuracy"
            ratio = cell(entry.get("ratio"), 1) if counted else "not counted"
            if counted and entry.get("ratio") and not entry.get("clear") and results["rounds"] > 1:
                ratio += " (within noise)"
            out.append(f"| {title}, {unit} | {cell(entry.get('hone'), divisor)} | {cell(entry.get('peer'), divisor)} | {ratio} |")
        out.append("")
        for item in line["targets"]:
            word = "reached" if item["reached"] else "**missed**"
            out.append(f"- {word}: {item['target']}; measured {item['measured']:.3g}")
        for problem in line["problems"]:
            out.append(f"- problem: {problem}")
        out.append("")
    out += ["## What ran", "", f"Command: `{results['command']}`", "",
            f"Load before the first run: {host['loadBefore']:.2f}.", ""]
    out += [f"- {name}: {text}" for name, text in results["versions"].items()]
    return "\n".join(out) + "\n"


def gate_text(gate: dict) -> str:
    if not gate.get("compared"):
        return "Losses were not compared: no speed counts."
    verdict = "agree" if gate["agree"] else "**do not agree: no speed counts**"
    return (f"First {gate['compared']} losses {verdict}: largest relative difference {gate['worst']:.2g} at step {gate['step']} "
            f"(at most {gate['tolerance']:g}){gate.get('note', '')}.")
