"""Time to learn a byte-level BPE vocabulary: Hone beside the `tokenizers` library, on the same text.

    python Benchmarks/tokenizer_training.py TEXT [PACKAGE]

PACKAGE is a folder whose release tests are built (`swift build --build-tests -c release -Xswiftc -enable-testing`); default: this repository.
Both learn 4,096 and 32,000 tokens from the whole file as one text, best of 5 runs, on one thread and on all cores. Token counts must agree.
Needs: tokenizers.
"""

import os
import pathlib
import subprocess
import sys

LIBRARY = """
import sys, time
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
text = open(sys.argv[1], encoding="utf-8", newline="").read()
for size in (4096, 32000):
    best = 1e9
    for _ in range(5):
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
        start = time.perf_counter(); tokenizer.train_from_iterator([text], trainer); best = min(best, time.perf_counter() - start)
    print("bench", size, sys.argv[2], best, tokenizer.get_vocab_size())
"""


def results(command, **environment):
    out = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in out.splitlines() if line.startswith("bench ")]
    return {(int(row[1]), int(row[2])): (float(row[3]), int(row[4])) for row in rows}


def main():
    text = str(pathlib.Path(sys.argv[1]).resolve())
    package = (sys.argv[2:3] or [str(pathlib.Path(__file__).resolve().parents[1])])[0]
    test = ["swift", "test", "--package-path", package, "-c", "release", "-Xswiftc", "-enable-testing", "--skip-build", "--filter", "BPETrainerBench"]
    hone = results(test, HONE_TRAINING_BENCH=text)
    cores = os.cpu_count()
    library = {}
    for threads in sorted({1, cores}):
        parallel = "false" if threads == 1 else "true"
        library |= results([sys.executable, "-c", LIBRARY, text, str(threads)], TOKENIZERS_PARALLELISM=parallel, RAYON_NUM_THREADS=str(threads))
    print(f"{'tokens':>8}{'threads':>9}{'Hone s':>10}{'tokenizers s':>14}{'ratio':>8}")
    for key in sorted(hone):
        assert hone[key][1] == library[key][1], f"{key}: {hone[key][1]} tokens against {library[key][1]}"
        print(f"{key[0]:8}{key[1]:9}{hone[key][0]:10.3f}{library[key][0]:14.3f}{library[key][0] / hone[key][0]:8.1f}")


main()
