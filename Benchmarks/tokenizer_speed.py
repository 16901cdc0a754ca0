"""Encoding speed of Hone and of the `tokenizers` library on the same tokenizer and text, side by side.

    python Benchmarks/tokenizer_speed.py TOKENIZER_JSON TEXT [PACKAGE]

PACKAGE is a folder whose release tests are built (`swift build --build-tests -c release -Xswiftc -enable-testing`); default: this repository.
Both encode the lines of TEXT, best of 5 runs: one by one to ids, with offsets, as a batch on one thread, as a batch on all cores. The library
always makes offsets. Token counts must agree. Needs: tokenizers.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

LIBRARY = """
import sys, time
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(sys.argv[1])
lines = open(sys.argv[2], encoding="utf-8", newline="").read().split("\\n")
def one(): return sum(len(tokenizer.encode(line).ids) for line in lines)
def batch(): return sum(len(e.ids) for e in tokenizer.encode_batch(lines))
def fast(): return sum(len(e.ids) for e in tokenizer.encode_batch_fast(lines))
for name, run in (("lines", one), ("batch", batch), ("batch-fast", fast)):
    best = 1e9
    for _ in range(5):
        start = time.perf_counter(); tokens = run(); best = min(best, time.perf_counter() - start)
    print("bench", name, best, sum(len(l.encode()) for l in lines), tokens)
"""


def results(command, **environment):
    out = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in out.splitlines() if line.startswith("bench ")]
    return {row[1]: (float(row[2]), int(row[3]), int(row[4])) for row in rows}


def main():
    tokenizer, text = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    package = (sys.argv[3:4] or [str(pathlib.Path(__file__).resolve().parents[1])])[0]
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(tokenizer, f"{folder}/tokenizer.json")
        os.symlink(text, f"{folder}/text.txt")
        test = ["swift", "test", "--package-path", package, "-c", "release", "-Xswiftc", "-enable-testing", "--skip-build", "--filter", "TokenizerBench"]
        hone = results(test, HONE_TOKENIZER_BENCH=folder)
    command = [sys.executable, "-c", LIBRARY, str(tokenizer), str(text)]
    single = results(command, TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")
    every = results(command, TOKENIZERS_PARALLELISM="true")
    rows = [("one by one, ids", hone["lines"], single["lines"]), ("one by one, offsets", hone["offsets"], single["lines"]),
            ("batch, one thread", hone["batch"], min(single["batch"], single["batch-fast"])),
            ("batch, all cores", hone["batch-all-cores"], min(every["batch"], every["batch-fast"]))]
    print(f"{'':22}{'Hone MB/s':>11}{'tokenizers':>12}{'ratio':>8}")
    for name, a, b in rows:
        assert a[2] == b[2], f"{name}: {a[2]} tokens against {b[2]}"
        print(f"{name:22}{a[1] / a[0] / 1e6:11.1f}{b[1] / b[0] / 1e6:12.1f}{b[0] / a[0]:8.1f}")


main()
