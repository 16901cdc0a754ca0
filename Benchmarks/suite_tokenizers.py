"""Encoding speed on tokenizers of every kind, beside the `tokenizers` library."""

from __future__ import annotations

import subprocess
from pathlib import Path

import report
from frame import HERE, ROOT, Contender, Line, Measured, Suite, launch, run_script
from report import HONE, Metric

PEER = "tokenizers"
KINDS = ("gpt2", "llama3-like", "sentencepiece-bpe", "unigram", "wordpiece")
SPEED_TARGET = 2.0


class Tokenizers(Suite):
    name = "tokenizers"
    metrics = {
        "lines": Metric("one by one, ids", "MB/s"), "offsets": Metric("one by one, offsets", "MB/s"),
        "batch": Metric("batch, one thread", "MB/s"), "batchAllCores": Metric("batch, all threads", "MB/s")}

    def missing(self) -> str | None:
        text = self.options.shared / "data/lm-text-wikitext2/test.txt"
        if not text.exists():
            return f"{text} does not exist; pass --shared"
        tests = ROOT / ".build/release/honePackageTests.xctest"
        if not self.options.peer_only and not tests.exists():
            return f"{tests} does not exist; build it with `Scripts/build --build-tests`"
        return None

    def prepare(self) -> None:
        command = [self.options.python, str(HERE / "prepare_tokenizers.py"), "--shared", str(self.options.shared), "--into", str(self.work)]
        subprocess.run(command, check=True)

    def describe(self) -> str:
        size = (self.work / KINDS[0] / "text.txt").stat().st_size
        return (f"The lines of WikiText-2's test split ({size / 1e6:.2f} MB), the fastest of five runs in each process. The library makes offsets "
                f"in any case.")

    def lines(self) -> list[Line]:
        return [self.line(kind) for kind in KINDS]

    def line(self, kind: str) -> Line:
        contenders = [Contender(PEER, lambda place: self.run_peer(kind, place))]
        if not self.options.peer_only:
            contenders.insert(0, Contender(HONE, lambda place: self.run_hone(kind, place)))
        return Line(name=kind, contenders=contenders, gate=same_ids, targets=targets)

    def run_peer(self, kind: str, place: Path) -> Measured:
        arguments = [str(self.work / kind), "--threads", str(self.options.threads)]
        return run_script(PEER, self.options.python, "peer_tokenizers.py", arguments, self.options.threads, place)

    def run_hone(self, kind: str, place: Path) -> Measured:
        """`TokenizerBench` among the tests, for no verb of the program only encodes."""
        flags = subprocess.run([str(ROOT / "Scripts/swift-flags")], capture_output=True, text=True, check=True).stdout.split()
        command = ["swift", "test", "--package-path", str(ROOT), *flags, "--skip-build", "--filter", "TokenizerBench"]
        facts: dict = {}
        measured = launch(HONE, command, self.options.threads, place / "hone.log", lambda text, *_: read(text, facts),
                          HONE_TOKENIZER_BENCH=str(self.work / kind))
        measured.facts = facts
        if measured.ok and not self.metrics.keys() <= facts.keys():
            measured.ok, measured.error = False, "TokenizerBench did not run; `Scripts/build --build-tests`"
        return measured

    def speak(self, run: Measured) -> str:
        return ", ".join(f"{metric.title} {run.facts[key]:.1f} MB/s" for key, metric in self.metrics.items())


def read(text: str, facts: dict) -> None:
    """Lines of TokenizerBench: `bench NAME SECONDS BYTES TOKENS` and `bench digest NUMBER`."""
    words = text.split()
    if words[:2] == ["bench", "digest"]:
        facts["digest"] = words[2]
    elif words[:1] == ["bench"]:
        facts[words[1]] = int(words[3]) / float(words[2]) / 1e6
        facts["tokens"] = int(words[4])


def same_ids(rounds: list[dict]) -> dict:
    pairs = [(records[HONE], records[PEER]) for records in rounds if all(records.get(name, {}).get("ok") for name in (HONE, PEER))]
    agree = bool(pairs) and all(ours["digest"] == theirs["digest"] for ours, theirs in pairs)
    count = pairs[0][1]["tokens"] if pairs else 0
    return {"agree": agree, "compared": count, "what": f"{count:,} token ids are {'equal' if agree else 'not equal'}"}


def targets(summary: dict) -> list[dict]:
    return [verdict for key in ("lines", "batch")
            for verdict in report.judge_ratio(summary, key, Tokenizers.metrics[key].title, SPEED_TARGET)]
