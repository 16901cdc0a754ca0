"""Compares Hone with the `sentencepiece` and `tiktoken` libraries on many lines of hard text and of a text file.

    python Fixtures/make/verify_sentencepiece.py FOLDER LINES TEXTFILE MODEL_OR_FOLDER...
    HONE_VERIFY_SENTENCEPIECE=FOLDER swift test -c release -Xswiftc -enable-testing --filter SentencePiece

A MODEL ends in .model; a folder holds ranks (*.tiktoken) and a config.json whose model_type Hone knows. The first command writes what the
library makes of the lines and prints its speed on one thread; the second compares. Needs: sentencepiece, tiktoken.
"""

import json
import pathlib
import sys
import time

import sentencepiece
import tiktoken
from tiktoken.load import load_tiktoken_bpe
import tokenizer_unigram

GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
QWEN = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""


def main():
    folder, count, texts = pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3]).read_text().split("\n")
    folder.mkdir(parents=True, exist_ok=True)
    lines = tokenizer_unigram.NASTY + tokenizer_unigram.lines(13, count) + texts
    for path in map(pathlib.Path, sys.argv[4:]):
        if path.suffix == ".model":
            library = sentencepiece.SentencePieceProcessor(model_file=str(path))
            encode, decode = library.encode, library.decode
            rows = [line for line in lines if "\0" not in line]
        else:
            kind = json.loads((path / "config.json").read_text())["model_type"]
            ranks = load_tiktoken_bpe(str(next(path.glob("*.tiktoken"))))
            library = tiktoken.Encoding("x", pat_str=GPT2 if kind == "gpt2" else QWEN, mergeable_ranks=ranks, special_tokens={})
            encode, decode, rows = library.encode_ordinary, library.decode, lines
        began = time.perf_counter()
        ids = [encode(row) for row in rows]
        seconds = time.perf_counter() - began
        cases = [[row, None, i, decode(i)] for row, i in zip(rows, ids)]
        (folder / f"{path.parent.name}-{path.stem}.json").write_text(json.dumps({"model": str(path.resolve()), "cases": cases}))
        print(path.name, len(rows), f"{sum(len(row.encode()) for row in rows) / 1e6 / seconds:.2f} MB/s")


main()
