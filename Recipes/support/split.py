#!/usr/bin/env python3
"""Write train.csv, validation.csv and test.csv from utterances/<intent>.txt.

Run from anywhere:  python3 Recipes/support/split.py [--check]

The split is stratified by intent, about 70 / 10 / 20, and depends only on SEED
and on the text of the utterances: not on file order, line order or the Python
version. Standard library only.

Nothing is dropped or repaired: an empty line, stray white space, an exact
duplicate or a near duplicate is an error that names both places. With --check
the CSV files on disk are compared with what would be written; nothing is written.
"""

import csv
import hashlib
import io
import pathlib
import re
import sys
import unicodedata

SEED = 17
VALIDATION_FRACTION = 0.10
TEST_FRACTION = 0.20
NEAR_DUPLICATE = 0.75  # Jaccard overlap of word sets, for texts of at least MINIMUM_WORDS words
NEAR_DUPLICATE_CHARACTERS = 0.80  # Jaccard overlap of character trigrams
MINIMUM_WORDS = 4
LONGEST = 400  # characters

FOLDER = pathlib.Path(__file__).resolve().parent


class SourceError(Exception):
    """A fault in the source files, with the place and what to do."""


def normalised(text):
    """The text in lower case, without accents, punctuation, emoji or repeated spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    plain = re.sub(r"['’]", "", plain)
    return " ".join(re.sub(r"[^0-9a-z]+", " ", plain).split())


def read_rows():
    """Every utterance as (intent, text, place), faults raised as SourceError."""
    rows = []
    for path in sorted((FOLDER / "utterances").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").split("\n")
        if lines[-1] != "":
            raise SourceError(f"{path.name}: the last line has no line feed; add one.")
        for number, text in enumerate(lines[:-1], start=1):
            place = f"utterances/{path.name}:{number}"
            if not normalised(text):
                raise SourceError(f"{place}: the line {text!r} has no letter or digit; remove it.")
            if text != text.strip() or "\r" in text or "\t" in text:
                raise SourceError(f"{place}: white space at an end, a tab or a carriage return; remove it.")
            if len(text) > LONGEST:
                raise SourceError(f"{place}: {len(text)} characters, at most {LONGEST} expected; shorten it.")
            rows.append((path.stem, text, place))
    if not rows:
        raise SourceError(f"no utterances found in {FOLDER.name}/utterances; expected <intent>.txt files.")
    return rows


def overlaps(a, b, limit):
    """Whether the Jaccard overlap of two sets reaches the limit; the sizes alone often say no."""
    if min(len(a), len(b)) < limit * max(len(a), len(b)):
        return False
    return len(a & b) >= limit * len(a | b)


def refuse_duplicates(rows):
    """Raise SourceError naming every pair that is the same or nearly the same, across all intents."""
    faults = []
    seen = []
    for _, text, place in rows:
        plain = normalised(text)
        words = frozenset(plain.split())
        padded = f"  {plain} "
        trigrams = frozenset(padded[i : i + 3] for i in range(len(padded) - 2))
        for other_plain, other_words, other_trigrams, other_place in seen:
            if plain == other_plain:
                faults.append(f"{place} repeats {other_place}: {text!r}")
                continue
            if min(len(words), len(other_words)) < MINIMUM_WORDS:
                continue
            near_words = overlaps(words, other_words, NEAR_DUPLICATE)
            if near_words or overlaps(trigrams, other_trigrams, NEAR_DUPLICATE_CHARACTERS):
                faults.append(f"{place} is nearly {other_place}: {text!r}")
        seen.append((plain, words, trigrams, place))
    if faults:
        raise SourceError("duplicates; rewrite or remove one of each pair:\n  " + "\n  ".join(faults))


def split(rows):
    """The rows of each file: within an intent ordered by a seeded hash, then cut."""

    def rank(text):
        return hashlib.sha256(f"{SEED}\n{text}".encode("utf-8")).digest()

    files = {"train.csv": [], "validation.csv": [], "test.csv": []}
    for intent in sorted({row[0] for row in rows}):
        texts = sorted((text for label, text, _ in rows if label == intent), key=rank)
        test = round(len(texts) * TEST_FRACTION)
        validation = round(len(texts) * VALIDATION_FRACTION)
        files["test.csv"] += [(text, intent) for text in texts[:test]]
        files["validation.csv"] += [(text, intent) for text in texts[test : test + validation]]
        files["train.csv"] += [(text, intent) for text in texts[test + validation :]]
    return {name: sorted(part, key=lambda row: rank(row[0])) for name, part in files.items()}


def as_csv(part):
    """RFC 4180: a header, quotes only where needed, lines ended by CR LF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["text", "label"])
    writer.writerows(part)
    return out.getvalue().encode("utf-8")


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit("usage: split.py [--check]")
    try:
        rows = read_rows()
        refuse_duplicates(rows)
    except SourceError as error:
        sys.exit(f"split.py: {error}")
    stale = []
    for name, part in split(rows).items():
        path = FOLDER / name
        data = as_csv(part)
        if arguments and (not path.exists() or path.read_bytes() != data):
            stale.append(name)
        elif not arguments:
            path.write_bytes(data)
        print(f"{name}: {len(part)} rows, {len({label for _, label in part})} intents")
    if stale:
        sys.exit(f"split.py: {', '.join(stale)} differ from the sources; run split.py without --check.")


if __name__ == "__main__":
    main(sys.argv[1:])
