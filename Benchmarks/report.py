"""From the records of a benchmark to medians, ratios, verdicts and Markdown tables."""

from __future__ import annotations

import math
from statistics import median
from typing import NamedTuple

TOLERANCE = {"fp32": 1e-4, "bf16": 1e-2}  # relative, over the first 20 losses: rounding order; 8 bits of mantissa
HONE = "hone"


class Metric(NamedTuple):
    """How a number of the records is shown."""

    title: str
    unit: str
    divisor: float = 1


def compare_losses(ours: list[float], theirs: list[float], tolerance: float) -> dict:
    """Whether the first losses agree; the worst relative difference and its step (from 1)."""
    count = min(len(ours), len(theirs), 20)
    if count == 0:
        return {"agree": False, "compared": 0, "worst": None, "step": None, "tolerance": tolerance}
    differences = [abs(a - b) / max(abs(b), 1e-12) for a, b in zip(ours[:count], theirs[:count])]
    worst = max(range(count), key=lambda index: differences[index] if math.isfinite(differences[index]) else math.inf)
    agree = all(difference <= tolerance for difference in differences)
    return {"agree": agree, "compared": count, "worst": differences[worst], "step": worst + 1, "tolerance": tolerance}


def worst_of(gates: list[dict]) -> dict:
    """The gate that agrees least; one that compared nothing if there is none."""
    if not gates:
        return {"agree": False, "compared": 0}
    return max(gates, key=lambda gate: (not gate["agree"], gate.get("worst") or 0))


def equal_losses(rounds: list[dict], tolerance: float) -> dict:
    """Like for like, the rounds themselves are the proof: Hone's losses against every peer's, and the worst counts."""
    gates = []
    for records in rounds:
        ours = records.get(HONE, {})
        for name, theirs in records.items():
            if name not in ("round", HONE) and ours.get("ok") and theirs["ok"]:
                gates.append(compare_losses(ours.get("losses", []), theirs.get("losses", []), tolerance))
    return worst_of(gates)


def spread(values: list[float]) -> dict:
    middle = median(values)
    return {"median": middle, "least": min(values), "most": max(values), "mad": median(abs(v - middle) for v in values), "runs": len(values)}


def summarise(rounds: list[dict], metrics: dict[str, Metric], names: list[str]) -> dict:
    """By metric: each contender's spread, and for each peer Hone's value over its own, taken within a round."""
    summary = {}
    for key in metrics:
        entry: dict = {}
        for name in names:
            values = [r[name][key] for r in rounds if r.get(name, {}).get("ok") and r[name].get(key) is not None]
            if values:
                entry[name] = spread(values)
        entry["ratios"] = {}
        for name in names:
            both = [(r[HONE].get(key), r[name].get(key)) for r in rounds
                    if name != HONE and r.get(HONE, {}).get("ok") and r.get(name, {}).get("ok")]
            ratios = [ours / theirs for ours, theirs in both if ours is not None and theirs]
            if ratios:
                apart = abs(entry[HONE]["median"] - entry[name]["median"])
                entry["ratios"][name] = {**spread(ratios), "clear": apart > 2 * max(entry[HONE]["mad"], entry[name]["mad"])}
        summary[key] = entry
    return summary


def judge(text: str, value: float, reached: bool) -> dict:
    """One target: what was wanted, what was measured, whether it was reached."""
    return {"target": text, "measured": value, "reached": reached}


def judge_ratio(
    summary: dict, key: str, what: str, wanted: float | dict[str, float], at_most: bool = False
) -> list[dict]:
    """A target for Hone's value over each peer's, or another for each; nothing where it was not measured."""
    found = []
    for name, ratio in summary.get(key, {}).get("ratios", {}).items():
        if isinstance(wanted, dict):
            found += judge_ratio({key: {"ratios": {name: ratio}}}, key, what, wanted[name], at_most) if name in wanted else []
            continue
        reached = ratio["median"] <= wanted if at_most else ratio["median"] >= wanted
        whose = "the peer's" if name == "peer" else f"that of {name}"
        found.append(judge(f"{what} at {'most' if at_most else 'least'} {wanted:g} times {whose}", ratio["median"], reached))
    return found


def judge_own(summary: dict, key: str, text: str, most: float) -> list[dict]:
    """A target for Hone's own value; nothing where it was not measured."""
    own = summary.get(key, {}).get(HONE)
    return [judge(text, own["median"], own["median"] <= most)] if own else []


def cell(entry: dict | None, divisor: float = 1) -> str:
    if not entry:
        return "not measured"
    middle, least, most = (entry[key] / divisor for key in ("median", "least", "most"))
    digits = 0 if middle >= 1000 else 1 if middle >= 20 else 2
    text = f"{middle:,.{digits}f}"
    return text if entry["runs"] == 1 else f"{text} ({least:,.{digits}f} to {most:,.{digits}f})"


def ratio_cell(entry: dict, name: str, counts: bool) -> str:
    """A ratio, or why there is none; differences within the noise are marked."""
    if not counts:
        return "not counted"
    ratio = entry["ratios"].get(name)
    noisy = ratio and ratio["runs"] > 1 and not ratio["clear"]
    return cell(ratio) + (" (within noise)" if noisy else "")


def shown(name: str) -> str:
    return "Hone" if name == HONE else name


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def header(cells: list[str]) -> list[str]:
    return [row(cells), "|---|" + "---:|" * (len(cells) - 1)]


def gate_text(gate: dict) -> str:
    if not gate.get("compared"):
        return "Nothing was compared: no speed counts."
    if "what" in gate:
        return f"{gate['what']}{'' if gate['agree'] else ': **no speed counts**'}."
    verdict = "agree" if gate["agree"] else "**do not agree: no speed counts**"
    return (f"First {gate['compared']} losses {verdict}: largest relative difference {gate['worst']:.2g} at step {gate['step']} "
            f"(at most {gate['tolerance']:g}){gate.get('note', '')}.")


def verdicts(state: dict) -> list[str]:
    lines = [f"- {'reached' if item['reached'] else '**missed**'}: {item['target']}; measured {item['measured']:.3g}"
             for item in state["targets"]]
    return lines + [f"- problem: {problem}" for problem in state["problems"]]


def names_of(state: dict) -> list[str]:
    """The contenders of a line, Hone first."""
    found = [name for name in state["rounds"][0] if name != "round"]
    return sorted(found, key=lambda name: (name != HONE, found.index(name)))


def sections(results: dict, metrics: dict[str, Metric], always: tuple[str, ...] = ()) -> list[str]:
    """One section for each line, one row for each metric; ratios of `always` are shown whatever the gate says."""
    out = []
    for state in results["lines"]:
        names = names_of(state)
        peers = [name for name in names if name != HONE]
        out += [f"## {state['name']}", "", gate_text(state["gate"]), ""]
        if state.get("note"):
            out += [state["note"], ""]
        out += header(["", *map(shown, names), *(f"Hone / {name}" for name in peers if HONE in names)])
        for key, metric in metrics.items():
            entry = state["summary"].get(key, {"ratios": {}})
            if not any(name in entry for name in names):
                continue
            counts = state["gate"].get("agree", False) or key in always
            ratios = [ratio_cell(entry, name, counts) for name in peers if HONE in names]
            out.append(row([f"{metric.title}, {metric.unit}", *(cell(entry.get(name), metric.divisor) for name in names), *ratios]))
        out += ["", *verdicts(state), ""]
    return out


def rows(results: dict, metrics: dict[str, Metric]) -> list[str]:
    """One table: a row for each line, columns for each metric of each contender; what was compared follows."""
    names = names_of(results["lines"][0])
    peers = [name for name in names if name != HONE and HONE in names]
    titles = [text for metric in metrics.values()
              for text in (*(f"{shown(name)}, {metric.unit}" for name in names), *(f"Hone / {name}" for name in peers))]
    out = header(["", *titles])
    for state in results["lines"]:
        cells = []
        for key, metric in metrics.items():
            entry = state["summary"].get(key, {"ratios": {}})
            cells += [cell(entry.get(name), metric.divisor) for name in names]
            cells += [ratio_cell(entry, name, state["gate"].get("agree", False)) for name in peers]
        out.append(row([state["name"], *cells]))
    out.append("")
    for state in results["lines"]:
        out += [f"- {state['name']}: {gate_text(state['gate'])}", *(f"  {text}" for text in verdicts(state))]
    return [*out, ""]


def head(results: dict, description: str) -> list[str]:
    host = results["host"]
    return [
        f"# {results['name']}, {results['date']}", "", description, "",
        f"{results['threads']} threads each, {results['rounds']} round(s), in turns. {host['cpu']}, {host['cores']} cores, {host['system']}. "
        "Medians (least to most). A ratio is Hone's value over the peer's in the same round.", "",
    ]


def foot(results: dict) -> list[str]:
    out = ["## What ran", "", f"Command: `{results['command']}`", "", f"Load before the first run: {results['host']['loadBefore']:.2f}.", ""]
    return out + [f"- {name}: {text}" for name, text in results["versions"].items()]
