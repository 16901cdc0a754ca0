"""Compares Hone with `sentencepiece`, `tiktoken` and Transformers on many lines of hard text, for every SentencePiece model, file of ranks and
tokenizer folder: those of the committed fixtures, those of ../shared and those named.

    Scripts/verify-tokenizers [LINES] [SEED]
    python Fixtures/make/verify_sentencepiece.py FOLDER [LINES] [SEED] [MODEL_OR_FOLDER ...]

A MODEL ends in .model or .tiktoken; a folder is what AutoTokenizer reads. Writes what the library makes of the lines and prints its speed on
one thread; the Swift test that HONE_VERIFY_SENTENCEPIECE=FOLDER switches on compares. Needs: sentencepiece, tiktoken, transformers.
"""

import json
import pathlib
import sys
import time

import _hard_lines
import sentencepiece
import shared_vectors
import tokenizer_bpe
import transformers

FIXTURES = tokenizer_bpe.FOLDER


def standard():
    """Every model that is at hand."""
    yield from sorted(FIXTURES.glob("*.model"))
    yield from sorted(_hard_lines.SHARED.glob("tok-*/*.model"))
    yield from (_hard_lines.SHARED / name for name in shared_vectors.RANKS)
    yield from sorted(path.parent for path in FIXTURES.glob("folders/*/cases.json"))


def library(path):
    """Two functions: text to ids, ids to text."""
    if path.suffix == ".model":
        model = sentencepiece.SentencePieceProcessor(model_file=str(path))
        return model.encode, model.decode
    if path.suffix == ".tiktoken":
        model = shared_vectors.ranks(path, shared_vectors.RANKS["/".join(path.parts[-2:])])
        return model.encode_ordinary, model.decode
    model = transformers.AutoTokenizer.from_pretrained(path)
    return lambda text: model(text)["input_ids"], lambda ids: model.backend_tokenizer.decode(ids, skip_special_tokens=True)


def main():
    folder = pathlib.Path(sys.argv[1])
    count, seed = int((sys.argv[2:3] or [10000])[0]), int((sys.argv[3:4] or [11])[0])
    folder.mkdir(parents=True, exist_ok=True)
    lines = _hard_lines.lines(count, seed)
    for path in list(filter(pathlib.Path.exists, standard())) + list(map(pathlib.Path, sys.argv[4:])):
        encode, decode = library(path)
        rows = [line for line in lines if path.suffix != ".model" or "\0" not in line]
        began = time.perf_counter()
        ids = [encode(row) for row in rows]
        seconds = time.perf_counter() - began
        cases = [[row, None, i, decode(i)] for row, i in zip(rows, ids)]
        (folder / f"{path.parent.name}-{path.stem}.json").write_text(json.dumps({"model": str(path.resolve()), "cases": cases}))
        print(path.name, len(rows), f"{sum(len(row.encode()) for row in rows) / 1e6 / seconds:.2f} MB/s", flush=True)


main()
