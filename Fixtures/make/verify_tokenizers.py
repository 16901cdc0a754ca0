"""Compares Hone with the `tokenizers` library on many lines of hard text, for every tokenizer.json: those of the committed fixtures, those of
../shared and those named.

    Scripts/verify-tokenizers [LINES] [SEED] [tokenizer.json ...]
    python Fixtures/make/verify_tokenizers.py FOLDER [LINES] [SEED] [tokenizer.json ...]

The first runs this script and verify_sentencepiece.py, then the Swift tests that compare ids, type ids, offsets, masks and decoded text with
what these wrote, and print the number of lines that differ for each kind. Needs: tokenizers.
"""

import json
import pathlib
import sys

import _hard_lines
import tokenizer_bpe
from tokenizers import Tokenizer

FIXTURES = tokenizer_bpe.FOLDER
SHARED = [_hard_lines.SHARED / "tok-bert/minilm-tokenizer.json", _hard_lines.SHARED / "tok-gpt2/gpt2_tokenizer.json"]


def committed():
    """The tokenizers of the fixtures, by file."""
    for path in sorted(FIXTURES.glob("*-*.json")):
        content = json.loads(path.read_text())
        if "tokenizer" in content:
            yield path.stem, Tokenizer.from_str(json.dumps(content["tokenizer"]))


def main():
    folder = pathlib.Path(sys.argv[1])
    count, seed = int((sys.argv[2:3] or [10000])[0]), int((sys.argv[3:4] or [11])[0])
    folder.mkdir(parents=True, exist_ok=True)
    found = dict(committed())
    for path in [path for path in SHARED if path.is_file()] + list(map(pathlib.Path, sys.argv[4:])):
        found[f"{path.parent.name}-{path.stem}"] = Tokenizer.from_file(str(path))
    lines = _hard_lines.lines(count, seed)
    for name, tokenizer in found.items():
        tokenizer.no_truncation()  # Hone leaves both to the recipe
        tokenizer.no_padding()
        rows = [tokenizer_bpe.case(tokenizer, line) for line in lines]
        rows += [tokenizer_bpe.case(tokenizer, *pair) for pair in tokenizer_bpe.PAIRS]
        tokenizer_bpe.write(folder / f"{name}.json", tokenizer, rows, "verify_tokenizers.py")
        print(name, len(rows), flush=True)


main()
