"""Seeded lines of mixed text, and lines of ../shared, on which verify_tokenizers.py and verify_sentencepiece.py compare tokenizers."""

import json
import random

import tokenizer_bpe
import tokenizer_unigram
from _fixture import ROOT

SHARED = ROOT / ".." / "shared" / "data"
SCRIPTS = [
    (0x61, 0x7A), (0x41, 0x5A), (0xC0, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x531, 0x587), (0x5D0, 0x5EA), (0x620, 0x64A), (0x904, 0x939),
    (0x985, 0x9B9), (0xB85, 0xBB9), (0xE01, 0xE3A), (0x10D0, 0x10F0), (0x1100, 0x1175), (0x1200, 0x1248), (0x13A0, 0x13F4), (0x1780, 0x17B3),
    (0x1E00, 0x1EFF), (0x1F00, 0x1FFE), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0xFB50, 0xFBB1), (0xFF01, 0xFF9F),
    (0x1D400, 0x1D7CB), (0x20000, 0x20100),
]
MARKS = [(0x300, 0x36F), (0x591, 0x5BD), (0x64B, 0x652), (0x93E, 0x94D), (0xE47, 0xE4E), (0x20D0, 0x20DC), (0xFE00, 0xFE0F)]
EMOJI = [(0x1F300, 0x1F5FF), (0x1F600, 0x1F64F), (0x1F900, 0x1F9FF), (0x2600, 0x27BF), (0x1F1E6, 0x1F1FF), (0x1F3FB, 0x1F3FF)]
SIGNS = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + ["...", "—", "–", "“", "”", "«", "»", "¿", "¡", "€", "£", "·", "…", "->", "==", "!=", "&&", "//", "'s", "'LL", "n't"]
SPACE = [" "] * 12 + ["", "", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\u00a0", "\u3000", "\u2009", "\u200b", "\u2028", " \n ", "\u200d", "\x0c"]
CODE = ["def f(x):\n    return x**2", "for (int i = 0; i < 10; ++i) {", "a[i] += b->c;", "import os.path as p", "\tif not x: pass", "let s = \"\\n\"", "/* note */", "0xFF & ~mask",
        "SELECT * FROM t WHERE a = 'b';", "<div class=\"x\">&amp;</div>", "https://example.org/a?b=c&d=%20#e", "name_of_thing", "camelCaseName", "{\"k\": [1, null]}", "$ ls -la | grep x"]
SPECIAL = ["<s>", "</s>", "<unk>", "<pad>", "<mask>", "[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<bos>", "[INST]", "<0x41>", "<extra_id_0>",
           "<sep>", "▁", "▁the", "##ing", "Ġ", "@@"]


def piece(source):
    kind = source.random()
    if kind < 0.3:
        return source.choice(tokenizer_unigram.WORDS)
    if kind < 0.5:
        first, last = source.choice(SCRIPTS)
        word = "".join(chr(source.randint(first, last)) for _ in range(source.randint(1, 6)))
        return word + (chr(source.randint(*source.choice(MARKS))) if source.random() < 0.2 else "")
    if kind < 0.6:
        return str(source.randrange(10 ** source.randint(1, 9))) + source.choice(["", "", ".5", "%", "²", "½", "٣", "-"])
    if kind < 0.7:
        return source.choice(SIGNS) * source.choice([1, 1, 1, 2, 5])
    if kind < 0.76:
        return "".join(chr(source.randint(*source.choice(EMOJI))) for _ in range(source.randint(1, 3))) + source.choice(["", "\u200d", "\ufe0f"])
    if kind < 0.83:
        return source.choice(CODE)
    if kind < 0.89:
        return source.choice(SPECIAL)
    return source.choice(tokenizer_bpe.PIECES if kind < 0.95 else tokenizer_unigram.NASTY)


def shared(source, count):
    """Lines of public texts where they lie beside the checkout."""
    found = []
    for name in ("tok-sentencepiece/botchan.txt", "lm-text-wikitext2/valid.txt", "lm-text-tinyshakespeare/input.txt", "instruct-self-instruct/seed_tasks.jsonl"):
        path = SHARED / name
        if path.is_file():
            found += [line for line in path.read_text().split("\n") if line]
    path = SHARED / "tok-bert/question_tokens.json"
    if path.is_file():
        found += [row["original"] for row in json.loads(path.read_text())]
    path = SHARED / "tok-llamacpp-vectors/ggml-vocab-gpt-2.gguf.inp"
    hard = path.read_bytes().decode().split("\n__ggml_vocab_test__\n") if path.is_file() else []
    return hard + source.sample(found, min(count, len(found)))


def lines(count, seed):
    """`count` lines from the seed, a long one of the first of them, and a fifth as many of ../shared."""
    source = random.Random(seed)
    made = ["".join(piece(source) + source.choice(SPACE) for _ in range(source.randint(1, 16))) for _ in range(count)]
    return made + [" ".join(made[:500])] + shared(source, count // 5)
