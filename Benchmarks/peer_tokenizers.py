"""The peer: encoding the lines of a text with the `tokenizers` library.

    python Benchmarks/peer_tokenizers.py FOLDER [--threads 2]

FOLDER holds tokenizer.json and text.txt. One by one, as a batch on one thread, as a batch on all; the fastest of five runs each. The
library makes offsets in any case; of its two kinds of batches the faster one counts. Prints one JSON object on standard output.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


OPTIONS = arguments()
os.environ["RAYON_NUM_THREADS"] = str(OPTIONS.threads)

from tokenizers import Tokenizer  # noqa: E402  (the thread count must be in the environment before)


def fastest(run: Callable[[], list]) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def digest(ids: list[list[int]]) -> int:
    """One number for all ids in their order, as TokenizerBench.swift makes it."""
    result = 0
    for row in ids:
        for token in row:
            result = ((result * 1_000_003) ^ token) & (2**64 - 1)
    return result


def main() -> None:
    tokenizer = Tokenizer.from_file(str(OPTIONS.folder / "tokenizer.json"))
    lines = (OPTIONS.folder / "text.txt").open(encoding="utf-8", newline="").read().split("\n")
    megabytes = sum(len(line.encode()) for line in lines) / 1e6
    seconds = {}
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    seconds["lines"] = seconds["offsets"] = fastest(lambda: [tokenizer.encode(line) for line in lines])
    for name, parallel in (("batch", "false"), ("batchAllCores", "true")):
        os.environ["TOKENIZERS_PARALLELISM"] = parallel
        seconds[name] = min(fastest(lambda: tokenizer.encode_batch(lines)), fastest(lambda: tokenizer.encode_batch_fast(lines)))
    ids = [encoding.ids for encoding in tokenizer.encode_batch(lines)]
    print(json.dumps({**{name: megabytes / value for name, value in seconds.items()}, "tokens": sum(map(len, ids)), "digest": str(digest(ids)),
                      "versions": {"tokenizers": version("tokenizers")}}))


if __name__ == "__main__":
    main()
