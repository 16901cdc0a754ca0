"""Writes Tests/HoneTextTests/Fixtures/bpe-*.json: small BPE tokenizers of every common kind and what the `tokenizers` library makes of hard text.

    python Fixtures/make/tokenizer_bpe.py

The vocabularies are trained here, on the text below, by a few lines that give the same merges on every run (the library's trainer does not).
Each file holds a header, a whole tokenizer.json and cases of
`[text, pair, addSpecialTokens, ids, typeIDs, offsets flattened, isSpecial, decoded without and with special tokens]`.
`verify_tokenizers.py` makes the same for as many lines as one likes. Needs: tokenizers. Seed 7.
"""

import json
import pathlib
import random
from collections import Counter

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/HoneTextTests/Fixtures"
CORPUS = """The customer wrote that the card did not arrive and that nobody answered the telephone, which isn't what we've been told.
She isn't sure whether they're coming; we've waited, and I'm tired of waiting, don't you see? HELLO WORLD, Hello World, helloWorld.
Unbelievable results are not reliable results; reliability is measured, measuring is work. The the the and and of of to to in in.
def main(args):\n    for i in range(10):\n        if args[i] == "x":\n            print(f"{i}: {args[i]}")\n\n\nint main(void) { return 0; }
Numbers: 0 1 2 3 4 5 6 7 8 9, 10 100 1000 2024 2025 1999, prices like $12.50, 100% and 3/4, e-mail a@b.org, #tag & more!
日本語の文字 中文字 漢字 日本語の文字 中文 한국어 한국어 привет мир привет мир שלום עולם مرحبا بالعالم ελλάδα ελλάδα नमस्ते दुनिया สวัสดี
café naïve über Zürich Malmö café naïve über déjà vu œuvre straße ĲSSEL Ωμέγα ÉCOLE école ''' ``` --- === ... !!! ??? /// \\\\ <b>bold</b>
👍🏽 👍🏽 👩\u200d👩\u200d👧 🦙 🦙 ▁ ▁▁ a\u0301 e\u0301 n\u0303 \t\t \t  \n\n \r\n \u00a0 \u3000
""" * 2
PIECES = [
    "the", " the", " The", "customer", " answered", " HELLO", "World", "helloWorld", "isn't", "I'M", "we'VE", "they'Re", "x'ſ", "'ll", "'", "''", " '", "s't",
    "0", "1", "12", "123", "1234", " 99", "3.14", "½", "²", "Ⅷ", "٣٤", "１２", " ", " ", " ", "  ", "   ", "      ", "\n", "\n\n", "\n\n\n", "\r\n", "\r", "\t",
    "\t\t", " \n", "\n ", " \t \n  ", "\u00a0", "\u3000", "\u2009", "\u2028", "\u2029", "\x85", "\u1680", "\u180e", "\u200b", "\u200c", "\u200d", "\ufeff", "\x00", "\x07",
    "\x0b", "\x0c", "\x1c", "\x1f", "\x7f", ".", ",", "!", "?", "...", "//", "/", " /\n/", "(", ")", "{}", "[x]", "==", " != ", "->", "$", "%", "&&", "_", "__init__", "a_b",
    "def ", "return", ";\n", "<b>", "</b>", "#", "@", "\\", "`", "~", "^", "|", "+", "=", "-", "—", "…", "«", "»", "“", "”", "¿", "¡", "§", "€", "é", "e\u0301", "É", "ü", "ñ",
    "n\u0303", "\u0301", "\u0323\u0301", "a\u0323\u0301b", "ß", "ẞ", "ﬁ", "ǅ", "ǆ", "Ǆ", "ʰ", "ˈ", "İ", "ı", "œ", "Ω", "ς", "Σ", "привет", "Мир", " мир", "שלום", "שָׁלוֹם", "مرحبا",
    "مَرْحَبًا", "नमस्ते", "क्ष", "สวัสดี", "กำ", "日本語", "中文", "漢", "字", "か\u3099", "が", "ｱﾞ", "한국어", "\u1112\u1161\u11ab", "각", "𠀀", "𝔘𝔫𝔦", "🦙", "👍🏽", "👩\u200d👩\u200d👧", "🏳️\u200d🌈",
    "🇩🇪", "☃", "①", "㍿", "\ue000", "\U0010ffff", "\ufffd", "\u202e", "\u00ad", "\u2060", "Å", "\u212b", "\uf900", "\u0344", "▁", "▁▁", "▁the", "Ġ", "ĠtheĊ", "<0x0A>", "<s>", "</s>", "<unk>",
    "<mask>", " <mask> ", "<|endoftext|>", "<|im_start|>", "<|assistant|>", "  <|assistant|>  \n", "<bos>", "[INST]", "word", "new word", " New York ", "ﷺ", "x" * 40, "the" * 25,
    "日本" * 20, "\u0378", "\U000e0100", "\u0600", "᠎", "ꙮ", "𞤀", "𞤢", "Ꭰ", "ꭰ", "ა", "Ა", "ⓐ", "Ⓐ", "ª", "º", "々", "ー", "ﾞ", "\u0903", "\u20dd",
]


def lines(count, seed):
    """Fixed lines of every kind of trouble, then random mixtures."""
    random_ = random.Random(seed)
    fixed = ["", " ", "  ", "\n", "the", " the", "the ", "  the customer  answered ", "a\n\n\n  b", "don't DON'T don'T", "x=1\n\tif y:\n\t\treturn 12345678\n",
             "日本語の文字 中文字", "привет мир", "👩\u200d👩\u200d👧 👍🏽", "e\u0301 é", "<s>the</s>", " <mask>", "x <mask> y", "the <mask>the", CORPUS[:300]]
    out = fixed[:count]
    while len(out) < count:
        text = "".join(random_.choice(PIECES) for _ in range(random_.randint(1, 14)))
        if random_.random() < 0.15:
            text += chr(random_.choice([random_.randint(0, 0xD7FF), random_.randint(0xE000, 0x10FFFF), random_.randint(0, 0x2FFF)])) + random_.choice(PIECES)
        out.append(text)
    return out


def train(words, alphabet, count):
    """The most frequent pair first, ties by spelling; returns vocabulary and merges."""
    vocab = {token: id for id, token in enumerate(dict.fromkeys(alphabet))}
    state = [(list(word), n) for word, n in sorted(words.items())]
    for symbols, _ in state:
        for symbol in symbols:
            vocab.setdefault(symbol, len(vocab))
    merges = []
    for _ in range(count):
        pairs = Counter()
        for symbols, n in state:
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        vocab.setdefault("".join(best), len(vocab))
        for symbols, _ in state:
            i = 0
            while i + 1 < len(symbols):
                if (symbols[i], symbols[i + 1]) == best:
                    symbols[i : i + 2] = ["".join(best)]
                i += 1
    return vocab, merges


def words(pre, normalizer=None, text=CORPUS):
    if normalizer:
        text = normalizer.normalize_str(text)
    return Counter(piece for piece, _ in pre.pre_tokenize_str(text))


HEAD, SPACE = r"[^\r\n\p{L}\p{N}]?", r"|\s*[\r\n]+|\s+(?!\S)|\s+"
ENGLISH = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = ENGLISH + "|" + HEAD + r"\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + SPACE
QWEN2 = LLAMA3.replace("{1,3}", "")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASED = lambda end, digits: f"{HEAD}{UPPER}*{LOWER}+{end}|{HEAD}{UPPER}+{LOWER}*{end}|{digits}" + r"| ?[^\s\p{L}\p{N}]+[\r\n/]*" + SPACE
TEKKEN, O200K = CASED("", r"\p{N}"), CASED(ENGLISH + "?", r"\p{N}{1,3}")
SPECIAL = lambda *texts, **options: [AddedToken(text, special=True, normalized=False, **options) for text in texts]
BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())


def byte_level(pre, merges=330, front=(), normalizer=None, **options):
    vocab, found = train(words(pre, normalizer), list(front) + BYTES, merges)
    tokenizer = Tokenizer(models.BPE(vocab, found, **options))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre, decoders.ByteLevel()
    if normalizer:
        tokenizer.normalizer = normalizer
    return tokenizer


def split_bytes(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def template(tokenizer, single, pair, names):
    tokenizer.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=[(n, tokenizer.token_to_id(n)) for n in names])
    return tokenizer


def sentence_piece(merges=350, spaces=True, byte_fallback=True, front=("<unk>", "<s>", "</s>"), across=False):
    text = CORPUS.replace(" ", "▁")
    found = Counter(text.split("\n")) if across else words(pre_tokenizers.Split("▁", "merged_with_next"), text=text)
    vocab, merges = train(found, list(front) + ([f"<0x{b:02X}>" for b in range(256)] if byte_fallback else []), merges)
    # Characters without a token of their own, for the bytes and the unknown token to stand in.
    gone = set("漢語éΩש👍q7") & set(vocab)
    kept = [m for m in merges if not gone & set("".join(m))]
    vocab = {t: i for i, t in enumerate(t for t in vocab if len(t) > 4 and t.startswith("<0x") or not gone & set(t) or t in front)}
    return Tokenizer(models.BPE(vocab, kept, byte_fallback=byte_fallback, unk_token="<unk>", fuse_unk=True))


def llama_decoder():
    return decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])


def kinds():
    """Name and tokenizer."""
    out = {}
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    t.add_special_tokens(["<|endoftext|>"])
    out["gpt2"] = t
    for name, prefix in (("roberta", False), ("roberta-prefix", True)):
        t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=prefix), front=("<s>", "<pad>", "</s>", "<unk>"), unk_token="<unk>")
        t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=prefix)
        t.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"] + [AddedToken("<mask>", lstrip=True, special=True, normalized=False)])
        out[name] = t
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), normalizer=normalizers.NFC())
    t.add_tokens([AddedToken("  ", normalized=True), AddedToken("   ", normalized=True), AddedToken("word", single_word=True), AddedToken("new word", normalized=True)])
    t.add_special_tokens(SPECIAL("<s>", "</s>") + SPECIAL("<mask>", lstrip=True))
    out["modernbert"] = template(t, "<s> $A </s>", "<s> $A </s> $B </s>", ["<s>", "</s>"])
    t = byte_level(split_bytes(LLAMA3), ignore_merges=True)
    t.add_special_tokens(SPECIAL("<|endoftext|>", "<s>", "<|im_start|>"))
    template(t, "<s> $A", "<s> $A <s>:1 $B:1", ["<s>"])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), t.post_processor])
    out["llama3"] = t
    t = byte_level(split_bytes(QWEN2), normalizer=normalizers.NFC())
    t.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False)
    t.add_special_tokens(SPECIAL("<|endoftext|>", "<|im_start|>"))
    out["qwen2"] = t
    t = byte_level(split_bytes(TEKKEN), front=("<unk>", "<s>", "</s>", "[INST]"), ignore_merges=True)
    t.add_special_tokens(SPECIAL("<unk>", "<s>", "</s>", "[INST]"))
    out["tekken"] = template(t, "<s> $A", "<s> $A <s> $B", ["<s>"])
    t = byte_level(split_bytes(O200K))
    t.post_processor = processors.ByteLevel(trim_offsets=True)
    t.add_special_tokens(SPECIAL("<|endoftext|>"))
    out["o200k"] = t
    for name in ("llama2", "phi3", "llama2-metaspace", "mistral-across"):
        t = sentence_piece(across=name == "mistral-across")
        if name == "llama2-metaspace":
            t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        else:
            t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        t.decoder = llama_decoder()
        t.add_special_tokens(SPECIAL("<unk>", "<s>", "</s>"))
        if name == "phi3":
            t.add_tokens([AddedToken("<|assistant|>", special=True, normalized=False, rstrip=True), AddedToken("<|endoftext|>", special=True, normalized=False)])
        out[name] = template(t, "<s> $A", "<s> $A <s>:1 $B:1", ["<s>"])
    t = sentence_piece(front=("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "\n\n", "\n\n\n", "▁▁▁", "<b>"))
    t.normalizer = normalizers.Replace(" ", "▁")
    t.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    t.add_special_tokens(SPECIAL("<pad>", "<eos>", "<bos>", "<unk>"))
    t.add_tokens([AddedToken(x, normalized=False) for x in ("<mask>", "\n\n", "\n\n\n", "▁▁▁", "<b>")])
    out["gemma"] = template(t, "<bos> $A", "<bos> $A <bos>:1 $B:1", ["<bos>"])
    t = sentence_piece(byte_fallback=False)
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.decoder = decoders.Metaspace()
    out["metaspace"] = t
    out.update(others())
    return out


def others():
    """Settings that no common model has all of."""
    out = {}
    pre = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.Digits(individual_digits=True)])
    found = Counter()
    for word, n in words(pre).items():
        found[tuple(word[:1] + "".join(word[1:]) if len(word) == 1 else word)] += n
    alphabet, merges, seen = ["[UNK]"], [], set()
    for c in sorted({c for w in found for c in w} - set("éΩ漢")):
        alphabet += [c, "~~" + c, c + "</w>", "~~" + c + "</w>"]
    vocab = {token: id for id, token in enumerate(alphabet)}
    for word, n in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        spelt = [("~~" if i else "") + c + ("</w>" if i == len(word) - 1 else "") for i, c in enumerate(word)]
        while len(spelt) > 1 and len(merges) < 300 and all(s in vocab for s in spelt):
            joined = spelt[0] + spelt[1][2:]
            if tuple(spelt[:2]) not in seen:
                seen.add(tuple(spelt[:2]))
                merges.append(tuple(spelt[:2]))
                vocab.setdefault(joined, len(vocab))
            spelt[:2] = [joined]
    for name, fuse in (("affixes", False), ("affixes-fused", True)):
        t = Tokenizer(models.BPE(vocab, merges, unk_token="[UNK]", continuing_subword_prefix="~~", end_of_word_suffix="</w>", fuse_unk=fuse))
        t.pre_tokenizer, t.decoder = pre, decoders.BPEDecoder("</w>")
        out[name] = t
    level = {w: i for i, w in enumerate(["[UNK]"] + sorted({w for w in words(pre_tokenizers.Whitespace()) if len(w) < 9})[:150])}
    splits = {
        "whitespace": pre_tokenizers.Whitespace(), "digits": pre_tokenizers.Sequence([pre_tokenizers.Digits(False), pre_tokenizers.CharDelimiterSplit("e")]),
        "bert": pre_tokenizers.BertPreTokenizer(),
        "metaspace-splits": pre_tokenizers.Sequence([pre_tokenizers.Punctuation("merged_with_previous"), pre_tokenizers.Metaspace(prepend_scheme="first")]),
    }
    for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
        for invert in (False, True):
            splits[f"{behavior}-{invert}"] = pre_tokenizers.Split("e", behavior, invert)
        splits[f"punctuation-{behavior}"] = pre_tokenizers.Punctuation(behavior)
    for name, pre in splits.items():
        t = Tokenizer(models.WordLevel(level, unk_token="[UNK]"))
        t.pre_tokenizer = pre
        out["words-" + name.replace("_", "-").lower()] = t
    return out


def case(tokenizer, text, pair=None, special=True):
    e = tokenizer.encode(text, pair, add_special_tokens=special)
    return [text, pair, special, e.ids, e.type_ids, [n for o in e.offsets for n in o], e.special_tokens_mask,
            tokenizer.decode(e.ids), tokenizer.decode(e.ids, skip_special_tokens=False)]


def dump(value):
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def write(path, tokenizer, rows, maker="tokenizer_bpe.py"):
    command = f"python Fixtures/make/{maker}"
    header = {"maker": f"Fixtures/make/{maker}", "tokenizers": tokenizers.__version__, "command": command, "seed": 7}
    text = '{"header":%s,\n"tokenizer":%s,\n"cases":[\n%s\n]}\n' % (
        dump(header), dump(json.loads(tokenizer.to_str())), ",\n".join(dump(row) for row in rows))
    path.write_text(text)
    return len(text)


PAIRS = [("the card", " answered", True), ("the card", " answered", False), ("", "", True), (" a", "", True), ("é<mask>", "  中 <s> x", True)]


def main():
    total = 0
    for name, tokenizer in kinds().items():
        count = 24 if name.startswith("words-") else 70
        rows = [case(tokenizer, line) for line in lines(count, 7)]
        if count > 24:
            rows += [case(tokenizer, *pair) for pair in PAIRS]
        size = write(FOLDER / f"bpe-{name}.json", tokenizer, rows)
        assert size < 150_000, (name, size)
        total += size
    print(total, "bytes")


if __name__ == "__main__":
    main()
