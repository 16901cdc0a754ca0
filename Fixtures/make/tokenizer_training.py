"""Writes Tests/HoneTextTests/Fixtures/trained.json: what `tokenizers.trainers.BpeTrainer` learns from mixed text.

    python Fixtures/make/tokenizer_training.py

Most texts are made of the pieces below by a generator of whole numbers that the test has too, about 300 KB for each of the large cases; the
small ones use few letters in long runs, where counts overlap. Tokens and merges are kept as hashes (64-bit FNV-1a of the tokens in the order
of their ids, and of the merges, each with a line feed behind it), the first merges in full. One case holds the whole tokenizer.json. The
cases on `../shared/data` are made where that folder is. Needs: tokenizers. Seeds are in the cases.
"""

import json
from pathlib import Path

from _fixture import ROOT, folder, header, write_json

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

SHARED = ROOT.parent / "shared" / "data"
MASK = (1 << 64) - 1
PIECES = [
    "the", " the", " and", " of", " to", " in", "ing", "ed", " customer", " answered", " card", " isn't", " we've", " THEY'LL", "Hello", " World", "world",
    " telephone", " waiting", " unbelievable", " reliability", " 1", "2", " 2024", "12345", " $12.50", "%", ".", ",", "!", "?", "...", ";", ":", "(", ")", " {", "}\n",
    "\n", "\n\n", "\n    ", "\t", "  ", "   ", "\r\n", " \n", "def f(x):", " return", " x", " = ", " == ", "_name", "__init__", "a.b@c.org", "https://", "#", "-", "—", "–", "“", "”",
    " caf\u00e9", " \u00fcber", "stra\u00dfe", " \u043f\u0440\u0438\u0432\u0435\u0442", " \u043c\u0438\u0440", " \u03b5\u03bb\u03bb\u03ac\u03b4\u03b1", "\u65e5\u672c\u8a9e", "\u6587\u5b57",
    " \u0645\u0631\u062d\u0628\u0627", " \u05e9\u05dc\u05d5\u05dd", "\u0928\u092e\u0938\u094d\u0924\u0947", "e\u0301", "\U0001f44d\U0001f3fd", "\U0001f999", "\u200d", "\u00a0", "\u3000", "<|endoftext|>",
    " \u0661\u0662", "\u00bd", "'s", "'S", "'re", "''", "///", "=====", "aaaaaaaa", "abababab", " 0000", "\x00",
]


class Numbers:
    def __init__(self, seed: int):
        self.state = seed

    def below(self, count: int) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 33) % count


def texts(kind: str, seed: int, count: int) -> list[str]:
    """`count` texts; of the pieces the first are the most frequent."""
    numbers = Numbers(seed)
    made = []
    for _ in range(count):
        if kind == "pieces":
            length = 20 + numbers.below(900)
            made.append("".join(PIECES[numbers.below(len(PIECES)) * numbers.below(len(PIECES)) // len(PIECES)] for _ in range(length)))
        else:
            words = ["".join("abc"[numbers.below(1 + numbers.below(3))] * (1 + numbers.below(9)) for _ in range(1 + numbers.below(6))) for _ in range(12)]
            made.append(" ".join(words))
    return made


def pre_tokenizer(pattern: str):
    if pattern == "gpt2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False)
    digits = {"llama3": r"\p{N}{1,3}", "qwen2": r"\p{N}"}[pattern]
    expression = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|" + digits + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(expression), "isolated"), bytes_])


def fnv(lines: list[str]) -> str:
    value = 0xCBF29CE484222325
    for byte in "".join(line + "\n" for line in lines).encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return f"{value:016x}"


def train(data: list[str], pattern: str, size: int, minimum: int, special: list[str], alphabet: str) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer(pattern)
    tokenizer.decoder = decoders.ByteLevel()
    first = pre_tokenizers.ByteLevel.alphabet() if alphabet == "bytes" else []
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=minimum, special_tokens=special, initial_alphabet=first, show_progress=False)
    tokenizer.train_from_iterator(data, trainer)
    return tokenizer


def learned(tokenizer: Tokenizer) -> dict:
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [" ".join(pair) for pair in model["merges"]]
    return {"tokens": len(tokens), "merges": len(merges), "tokensHash": fnv(tokens), "mergesHash": fnv(merges), "first": merges[:12]}


def case(kind: str, seed: int, count: int, pattern="gpt2", size=2000, minimum=0, special=("<|endoftext|>",), alphabet="bytes") -> dict:
    data = texts(kind, seed, count)
    found = learned(train(data, pattern, size, minimum, list(special), alphabet))
    settings = {"kind": kind, "seed": seed, "count": count, "pattern": pattern, "size": size, "minimum": minimum, "special": list(special), "alphabet": alphabet}
    return {**settings, "bytes": sum(len(text.encode()) for text in data), **found}


def shared(path: str, pattern: str, size: int) -> dict:
    found = learned(train([(SHARED / path).read_bytes().decode()], pattern, size, 0, ["<|endoftext|>"], "bytes"))
    return {"path": path, "pattern": pattern, "size": size, **found}


def whole(frame: str) -> dict:
    special = ["<|endoftext|>"] if frame == "causal" else ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pattern = "gpt2" if frame == "causal" else "llama3"
    tokenizer = train(texts("pieces", 5, 6), pattern, 300, 0, special, "bytes")
    if frame == "causal":
        one, two, named = "<|endoftext|> $A", "<|endoftext|> $A <|endoftext|> $B", [("<|endoftext|>", 0)]
    else:
        one, two, named = "<s> $A </s>", "<s> $A </s> </s> $B </s>", [("<s>", 0), ("</s>", 2)]
    tokenizer.post_processor = processors.TemplateProcessing(single=one, pair=two, special_tokens=named)
    return {"frame": frame, "pattern": pattern, "seed": 5, "count": 6, "size": 300, "json": tokenizer.to_str()}


def main() -> None:
    large = [
        case("pieces", 11, 190, size=2000),
        case("pieces", 12, 190, pattern="llama3", size=3000),
        case("pieces", 13, 190, pattern="qwen2", size=3000, minimum=3),
        case("pieces", 14, 40, pattern="llama3", size=100_000, minimum=2, special=("<s>", "<pad>", "the", "a")),
        case("pieces", 15, 40, size=900, alphabet="found", special=()),
        case("pieces", 16, 10, size=200),
    ]
    small = [
        case("letters", seed, 8, size=20 + 13 * seed, minimum=seed % 4, special=["<s>", "aa", "b"][: seed % 4], alphabet="found", pattern="qwen2")
        for seed in range(1, 25)
    ]
    target = folder("HoneText") / "trained.json"
    if SHARED.is_dir():
        paths = [("lm-text-tinyshakespeare/input.txt", "gpt2", 4096), ("lm-text-wikitext2/valid.txt", "llama3", 16_000), ("tok-sentencepiece/botchan.txt", "qwen2", 8000)]
        real = [shared(*row) for row in paths]
    else:
        real = json.loads(target.read_text())["shared"]
    body = {"pieces": PIECES, "cases": large + small, "whole": [whole("causal"), whole("masked")], "shared": real}
    write_json(target, header(None, "tokenizers", note="seeds are in the cases"), body)


main()
