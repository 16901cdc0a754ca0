"""Separated values as Python's csv module writes and reads them, and pair truncation as `tokenizers` does it.

Writes HoneDataTests/Fixtures/csv.json (texts of tables and the records in them) and truncation.json (how many tokens of each
text of a pair stay under LongestFirst).
"""

import csv
import io
import random

from _fixture import folder, header, write_json

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing

SEED = 20_261_123
PIECES = ["a", "bc", " ", ",", ";", "|", "\t", '"', '""', "\n", "\r\n", "'", "é", "日本", "🙂", "0", "\\", "#", ""]


def tables() -> list[dict]:
    random.seed(SEED)
    cases = []
    for index in range(24):
        separator, line_end = [(",", "\r\n"), (",", "\n"), ("\t", "\n")][index % 3]
        quoting = csv.QUOTE_ALL if index % 4 == 0 else csv.QUOTE_MINIMAL
        width = 1 + index % 5
        rows = [["".join(random.choices(PIECES, k=random.randint(0, 6))) for _ in range(width)] for _ in range(5)]
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=quoting).writerows(rows)
        read = list(csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=separator, strict=True))
        assert read == rows
        cases.append({"separator": separator, "text": text.getvalue(), "records": rows})
    return cases


def truncations() -> list[dict]:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    cases = []
    for first in (1, 2, 3, 5, 8, 13):
        for second in (0, 1, 2, 3, 5, 8, 13):
            for maximum in (5, 6, 7, 9, 12, 17):
                tokenizer.enable_truncation(maximum, strategy="longest_first")
                pair = " ".join("b" * second) if second else None
                ids = tokenizer.encode(" ".join("a" * first), pair).ids
                kept = [ids.count(3), ids.count(4)]
                cases.append({"first": first, "second": second, "maximum": maximum, "kept": kept})
    return cases


def main() -> None:
    target = folder("HoneData")
    write_json(target / "csv.json", header(SEED, note="python csv module"), {"cases": tables()})
    write_json(target / "truncation.json", header(None, "tokenizers"), {"cases": truncations()})


if __name__ == "__main__":
    main()
