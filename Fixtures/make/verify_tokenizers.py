"""Compares Hone with the `tokenizers` library on many lines of hard text, for every kind of tokenizer that tokenizer_bpe.py makes.

    python Fixtures/make/verify_tokenizers.py FOLDER [LINES] [SEED] [tokenizer.json ...]
    HONE_VERIFY_TOKENIZERS=FOLDER swift test -c release -Xswiftc -enable-testing --filter VerifyTokenizers

The first command writes what the library makes of the lines; the second, a test that runs where the variable is set, compares ids, type ids,
offsets, masks and decoded text, and prints the number of lines that differ for each kind. Needs: tokenizers.
"""

import pathlib
import sys

from tokenizers import Tokenizer

import tokenizer_bpe


def main():
    folder = pathlib.Path(sys.argv[1])
    count, seed = int((sys.argv[2:3] or [10000])[0]), int((sys.argv[3:4] or [11])[0])
    folder.mkdir(parents=True, exist_ok=True)
    found = tokenizer_bpe.kinds()
    for path in map(pathlib.Path, sys.argv[4:]):
        found[f"{path.parent.name}-{path.stem}"] = Tokenizer.from_file(str(path))
    lines = tokenizer_bpe.lines(count, seed)
    for name, tokenizer in found.items():
        rows = [tokenizer_bpe.case(tokenizer, line) for line in lines]
        rows += [tokenizer_bpe.case(tokenizer, *pair) for pair in tokenizer_bpe.PAIRS]
        tokenizer_bpe.write(folder / f"{name}.json", tokenizer, rows, "verify_tokenizers.py")
        print(name, len(rows))


main()
