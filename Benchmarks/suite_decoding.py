"""Greedy text with a key/value cache: 128 new tokens after 128, one prompt and eight at a time, beside Transformers' `generate` and llama.cpp."""

from __future__ import annotations

import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

import report
from frame import HERE, Contender, Line, Measured, Suite, launch, run_script
from report import HONE, Metric
from shapes import LAST_MESSAGE, SMOLLM

PEER, LLAMA = "Transformers", "llama.cpp"
SEED = 17
SPEED_TARGET = {PEER: 3.0, LLAMA: 1.0}
SAME_BEGINNING = 0.75  # of the answers in bfloat16 must begin with the same word; rounding may part them anywhere


@dataclass(frozen=True)
class Case:
    model: str  # the folder below models/, or stories260K
    batch_size: int
    dtype: str

    @property
    def name(self) -> str:
        return f"{'SmolLM2-135M shape' if self.model == 'smollm-words' else self.model}, {self.dtype}, {self.batch_size} at a time"


CASES = [Case("smollm-words", batch, dtype) for dtype in ("float32", "bfloat16") for batch in (1, 8)] + [Case("stories260K", 8, "float32")]


class Decoding(Suite):
    name = "decoding"
    metrics = {"tokensPerSecond": Metric("speed", "tokens/s"), "peakBytes": Metric("peak memory", "MB", 1e6)}

    def __init__(self, options):
        super().__init__(options)
        self.prompt, self.new = 128, 32 if options.quick else 128
        # A package that is built from source: compared with where it is installed.
        self.has_llama = not subprocess.run([options.python, "-c", "import llama_cpp, gguf"], capture_output=True).returncode
        self.models = {"smollm-words": options.work / "models/smollm-words", "stories260K": options.shared / "models/stories260K"}

    def missing(self) -> str | None:
        story, text = self.models["stories260K"] / "config.json", self.options.shared / "data/lm-text-tinyshakespeare/input.txt"
        return next((f"{path} does not exist; pass --shared" for path in (story, text) if not path.exists()), None)

    def prepare(self) -> None:
        command = [self.options.python, str(HERE / "shapes.py"), "--shared", str(self.options.shared), "--into",
                   str(self.models["smollm-words"].parent), "smollm-words"]
        subprocess.run(command, check=True)
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / "last-message.jinja").write_text(LAST_MESSAGE)
        words = random.Random(SEED)
        prompts = [" ".join(f"w{words.randrange(SMOLLM['vocab_size'])}" for _ in range(self.prompt)) for _ in range(24)]
        lines = (self.options.shared / "data/lm-text-tinyshakespeare/input.txt").read_text(encoding="utf-8").split("\n\n")
        spoken = [" ".join(line.split()) for line in lines if 120 <= len(line) <= 240]
        self.write("smollm-words", prompts)
        self.write("stories260K", words.sample(spoken, 24))

    def write(self, model: str, prompts: list[str]) -> None:
        for size, chosen in ((1, prompts[:4]), (8, prompts)):  # the first call of each contender is for warming up
            text = "".join(json.dumps({"prompt": prompt}) + "\n" for prompt in chosen)
            (self.work / f"{model}-{size}.jsonl").write_text(text, encoding="utf-8")

    def prompts(self, case: Case) -> Path:
        return self.work / f"{case.model}-{case.batch_size}.jsonl"

    def workload(self) -> dict:
        return {"promptTokens": self.prompt, "newTokens": self.new}

    def describe(self) -> str:
        return (f"{self.new} new tokens after {self.prompt}, the likeliest each time, weights of SmolLM2-135M's shape drawn from a seed; and "
                f"stories260K, a real model of 260K parameters, after lines of Shakespeare. New tokens over the time of reading the prompt and "
                f"writing, without loading and without a first call. Transformers' cache is dynamic or static, whichever is faster in a trial; "
                f"llama.cpp keeps keys and values in float32 in the float32 lines, in its usual float16 in the others.")

    def lines(self) -> list[Line]:
        return [self.line(case) for case in CASES]

    def line(self, case: Case) -> Line:
        contenders = [Contender(PEER, lambda place: self.run_peer(PEER, "peer_generation.py", case, place))]
        if case.model == "smollm-words" and self.has_llama:
            contenders.append(Contender(LLAMA, lambda place: self.run_peer(LLAMA, "peer_llamacpp.py", case, place)))
        if not self.options.peer_only:
            contenders.insert(0, Contender(HONE, lambda place: self.run_hone(case, place)))
        return Line(
            name=case.name, contenders=contenders, gate=lambda rounds: same_texts(rounds, case.dtype == "float32"),
            targets=lambda summary: report.judge_ratio(summary, "tokensPerSecond", "speed", SPEED_TARGET))

    def table(self, results: dict) -> list[str]:
        return report.rows(results, self.metrics)

    def speak(self, run: Measured) -> str:
        return f"{run.facts['tokensPerSecond']:.1f} tokens/s, {run.peak_bytes / 1e6:.0f} MB"

    def run_peer(self, name: str, script: str, case: Case, place: Path) -> Measured:
        arguments = ["--model", str(self.models[case.model]), "--prompts", str(self.prompts(case)), "--batch-size", str(case.batch_size),
                     "--dtype", case.dtype, "--new-tokens", str(self.new), "--threads", str(self.options.threads)]
        return run_script(name, self.options.python, script, arguments, self.options.threads, place)

    def run_hone(self, case: Case, place: Path) -> Measured:
        return (self.chat if case.batch_size == 1 else self.predict)(case, place)

    def common(self, case: Case) -> list[str]:
        return ["--temperature", "0", "--max-tokens", str(self.new), "--precision", case.dtype, "--threads", str(self.options.threads), "--json"]

    def chat(self, case: Case, place: Path) -> Measured:
        """One prompt after another: a chat whose template writes the last message and nothing else."""
        answers: list[dict] = []
        prompts = [json.loads(line)["prompt"] for line in self.prompts(case).open(encoding="utf-8")]
        command = [self.options.hone, "chat", str(self.models[case.model]), "--template", str(self.work / "last-message.jinja"),
                   *self.common(case)]
        measured = launch(HONE, command, self.options.threads, place / "hone.log", lambda text, *_: keep(answers, text, "answer"),
                          given="\n".join(prompts) + "\n")
        if measured.ok:
            measured.facts = facts([answer["text"] for answer in answers], answers[1:], sum(answer["seconds"] for answer in answers[1:]))
        return measured

    def predict(self, case: Case, place: Path) -> Measured:
        """Eight at a time, as `hone predict` answers a file: the time from one group's answers to the next."""
        answers: list[dict] = []
        command = [self.options.hone, "predict", str(self.models[case.model]), "--file", str(self.prompts(case)), "--no-template",
                   *self.common(case)]
        measured = launch(HONE, command, self.options.threads, place / "hone.log",
                          lambda text, arrival, _: keep(answers, text, "prediction", arrival))
        if measured.ok:
            size = case.batch_size
            measured.facts = facts([answer["answer"] for answer in answers], answers[size:], answers[-1]["arrival"] - answers[size - 1]["arrival"])
        return measured


def keep(answers: list[dict], text: str, kind: str, arrival: float = 0) -> None:
    event = json.loads(text)
    if event.get("type") == kind:
        answers.append({**event, "arrival": arrival})


def facts(texts: list[str], timed: list[dict], seconds: float) -> dict:
    tokens = sum(answer["tokens"] for answer in timed)
    return {"tokensPerSecond": tokens / seconds, "newTokens": tokens, "texts": texts}


def same_texts(rounds: list[dict], whole: bool) -> dict:
    """In float32 every text must be that of Transformers. In bfloat16, and in llama.cpp, whose arithmetic is another, most must begin alike."""
    gates = [gate for name in (PEER, LLAMA) if (gate := same_as(name, rounds, whole and name == PEER))]
    if not gates:
        return {"agree": False, "compared": 0}
    return {"agree": all(gate["agree"] for gate in gates), "compared": sum(gate["compared"] for gate in gates),
            "what": "; ".join(gate["what"] for gate in gates)}


def same_as(name: str, rounds: list[dict], whole: bool) -> dict | None:
    pairs = [pair for records in rounds if records.get(HONE, {}).get("ok") and records.get(name, {}).get("ok")
             for pair in zip(records[HONE]["texts"], records[name]["texts"], strict=True)]
    if not pairs:
        return None
    if whole:
        same = sum(ours == theirs for ours, theirs in pairs)
        return {"agree": same == len(pairs), "compared": len(pairs), "what": f"{same} of {len(pairs)} texts are those of {name}"}
    same = sum(ours.split()[:1] == theirs.split()[:1] for ours, theirs in pairs)
    return {"agree": same >= SAME_BEGINNING * len(pairs), "compared": len(pairs),
            "what": f"{same} of {len(pairs)} texts begin with the same word as those of {name}"}
