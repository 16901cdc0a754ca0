"""Writes Tests/HoneTextTests/Fixtures/unigram-*.json: small Unigram tokenizers, normalisers and decoders, and what `tokenizers` does with them;
and sentencepiece-*.model with sentencepiece-*.json: small SentencePiece models, and what `sentencepiece` does with them.

    python Fixtures/make/tokenizer_unigram.py

Needs: tokenizers, sentencepiece. Training is deterministic (one thread, fixed text).
"""

import io
import json
import os
import random
import tempfile

os.environ["RAYON_NUM_THREADS"] = "1"

import _fixture
import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

FOLDER = _fixture.folder("HoneText")
WORDS = """the a customer wrote that her new card did not arrive on time and she asked whether payment would still be taken from account
transfer top up balance pending refund exchange rate currency identity verify passcode blocked lost stolen contactless international
unbelievable results measured twice waiting isn't they're we've naïve café résumé Ünïcode straße Москва привет мир 日本語 東京都 中文 한국어 ไทย
مرحبا שלום हिन्दी 123 3.14 1,000 2026 $5 €10 50% C++ x_y a-b e.g. "quoted" (round) [square] {curly} <tag> #hash @at ok fine yes""".split()

NASTY = [
    "", " ", "  ", "\t", "\n", "a", " a", "a ", "  a  b  ", "a\tb\nc\r\nd", "▁", "▁▁a", "a▁b", "\u00a0x\u2003y\u3000z", "\u200b", "a\u200bb\u200d",
    "é e\u0301 É", "q\u0307\u0323 q\u0323\u0307", "ﬁ ﬀ ㎏ ① ½ ² ™ ℃", "Ａ\u0301ｂｃ", "ガ ｶﾞ が か\u3099", "가 각 \u1100\u1161\u11a8", "İstanbul ǅ ß ẞ",
    "\u0001abc", "a\u0001b\u007fc\u008f", "\ufeffx\ufffd", "\u0000", "😀", "👩\u200d👩\u200d👧 🇩🇪🇫🇷 👍🏽", "𝔘𝔫𝔦", "\U0010ffff", "\u0600a", "क्षि", "ก็", "\r\nx",
    "A\u0301\u0301\u0301", "\u0301start", "x\u20e3 #\ufe0f\u20e3", "``quoted''", "…dots...", "<unk> <s> </s> <pad> <0x41>", "aaaaaaaaaaaaaaaaaaaaaaaa",
    "zzz☃☃☃qqq", "日本語の文章です。", "ไทยภาษา", "the customer wrote that her new card did not arrive on time",
]


def lines(seed, count):
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, 10)):
            kind = rng.random()
            if kind < 0.7:
                parts.append(rng.choice(WORDS))
            elif kind < 0.85:
                parts.append(rng.choice(NASTY))
            else:
                parts.append("".join(chr(rng.choice([rng.randint(1, 0x2FF), rng.randint(0x300, 0x370), rng.randint(0x1E00, 0x33FF), rng.randint(0xF900, 0xFFEF)])) for _ in range(rng.randint(1, 4))))
            parts.append(rng.choice([" ", " ", " ", "", "  "]))
        out.append("".join(parts))
    return out


CORPUS = [" ".join(random.Random(i).choices(WORDS, k=12)) for i in range(600)]
TEXTS = NASTY + lines(5, 70)


def dump(value):
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def write(name, parts):
    head = {"maker": "Fixtures/make/tokenizer_unigram.py", "tokenizers": tokenizers.__version__, "sentencepiece": sentencepiece.__version__,
            "command": "python Fixtures/make/tokenizer_unigram.py", "seed": 5}
    body = ",\n".join(f'"{key}":{dump(value)}' if not isinstance(value, list) else f'"{key}":[\n' + ",\n".join(dump(v) for v in value) + "\n]"
                      for key, value in parts.items())
    text = f'{{"header":{dump(head)},\n{body}}}\n'
    assert len(text) < 300 * 1024, (name, len(text))
    (FOLDER / f"{name}.json").write_text(text)
    print(name, len(text))


def case(tokenizer, text, pair=None, special=True):
    e = tokenizer.encode(text, pair, add_special_tokens=special)
    return [text, pair, special, e.ids, e.type_ids, [n for o in e.offsets for n in o], e.special_tokens_mask,
            tokenizer.decode(e.ids), tokenizer.decode(e.ids, skip_special_tokens=False)]


def unigram(name, charsmap, size=220, byte_fallback=False, texts=TEXTS, **parts):
    """A tokenizer.json; its pieces come from SentencePiece, for the trainer of `tokenizers` gives others on every run."""
    stream = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS), model_writer=stream, vocab_size=size, num_threads=1, minloglevel=2,
                                             hard_vocab_limit=False, normalization_rule_tsv=rules())
    trained = sentencepiece_model_pb2.ModelProto()
    trained.ParseFromString(stream.getvalue())
    specials = ["<pad>", "</s>", "<unk>"] + ([f"<0x{b:02X}>" for b in range(256)] if byte_fallback else [])
    vocab = [(token, 0.0) for token in specials] + [(item.piece, item.score) for item in trained.pieces if item.type == item.NORMAL]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=2, byte_fallback=byte_fallback))
    tokenizer.add_special_tokens(specials)
    tokenizer.normalizer = parts.get("normalizer", normalizers.Precompiled(charsmap))
    tokenizer.pre_tokenizer = parts.get("pre", pre_tokenizers.Metaspace())
    if byte_fallback:
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    else:
        tokenizer.decoder = decoders.Metaspace()
    end = tokenizer.token_to_id("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", end)])
    rows = [case(tokenizer, t) for t in texts] + [case(tokenizer, "The card", "did not", True)]
    write(f"unigram-{name}", {"tokenizer": json.loads(tokenizer.to_str()), "cases": rows})


def normaliser_vectors(charsmap):
    """Each normaliser over each text: the text, and where each character comes from."""
    kinds = {
        "NFC": normalizers.NFC(), "NFD": normalizers.NFD(), "NFKC": normalizers.NFKC(), "NFKD": normalizers.NFKD(),
        "Lowercase": normalizers.Lowercase(), "StripAccents": normalizers.StripAccents(), "Strip": normalizers.Strip(),
        "StripLeft": normalizers.Strip(left=True, right=False), "StripRight": normalizers.Strip(left=False, right=True),
        "Replace": normalizers.Replace(" ", "▁"), "ReplaceLong": normalizers.Replace("an", "<->"), "ReplaceSpaces": normalizers.Replace(Regex(" {2,}"), " "),
        "ReplaceAny": normalizers.Replace(Regex("\\s+"), " "), "Prepend": normalizers.Prepend("▁"), "Nmt": normalizers.Nmt(),
        "ByteLevel": normalizers.ByteLevel(), "Precompiled": normalizers.Precompiled(charsmap),
        "llama": normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        "albert": normalizers.Sequence([normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(),
                                        normalizers.Lowercase(), normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]),
        "xlmr": normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip(left=False), normalizers.Replace(Regex(" {2,}"), "▁")]),
    }
    texts = NASTY + lines(9, 30)
    rows, specs = [], []
    for name, kind in kinds.items():
        tokenizer = Tokenizer(models.WordLevel({"u": 0}, unk_token="u"))
        tokenizer.normalizer = kind
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[\\s\\S]"), "isolated")
        spec = json.loads(tokenizer.to_str())["normalizer"]
        if name != "Precompiled":
            spec = json.loads(dump(spec).replace(json.loads(normalizers.Precompiled(charsmap).__getstate__())["precompiled_charsmap"], "CHARSMAP"))
        specs.append([name, spec])
        for index, text in enumerate(texts):
            out = kind.normalize_str(text)
            offsets = tokenizer.encode(text).offsets
            assert len(offsets) == len(out), (name, text)
            plain = offsets == [(i, i + 1) for i in range(len(text))]
            rows.append([name, index, None if out == text else out, None if plain else [n for o in offsets for n in o]])
    write("unigram-normalizers", {"texts": [[t] for t in texts], "normalizers": specs, "cases": rows})


def decoder_vectors():
    tokens = [
        ["▁Hello", "▁world", "!"], ["▁", "▁a"], ["a", "▁b"], ["<0xE4>", "<0xBD>", "<0xA0>", "x"], ["<0xE4>", "<0xBD>", "y", "<0x41>"], ["<0xFF>", "<0x41>"],
        ["x", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>"], [], [""], ["low", "er</w>", "the</w>"], ["a</w>"], ["Ġhello", "Ġw", "orld", "Ã©", "ðŁĺ", "Ģ"], ["ðŁĺ", "a"],
        ["Ã", "Ã©"], ["日本", "Ġx"], ["▁▁two", "▁▁"], [" a", " b "], ["  a  "], ["##un", "##able", "the", ".", "n't"], ["<0xzz>", "<0x4>", "<0x+4>"],
    ]
    kinds = [
        decoders.ByteLevel(), decoders.ByteFallback(), decoders.Fuse(), decoders.Replace("▁", " "), decoders.Replace(Regex(" {2,}"), "_"), decoders.Strip(" ", 1, 0),
        decoders.Metaspace(), decoders.Metaspace(prepend_scheme="never"), decoders.Metaspace(prepend_scheme="first"), decoders.WordPiece(),
        decoders.WordPiece(cleanup=False), decoders.BPEDecoder(), decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]), decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()]),
        decoders.Sequence([decoders.Fuse(), decoders.Replace("▁", " ")]), decoders.Sequence([decoders.Fuse(), decoders.Strip("▁", 2, 0)]),
    ]
    rows = []
    for kind in kinds:
        tokenizer = Tokenizer(models.WordLevel({"u": 0}, unk_token="u"))
        tokenizer.decoder = kind
        spec = json.loads(tokenizer.to_str())["decoder"]
        results = []
        for row in tokens:
            if not row and spec["type"] == "BPEDecoder":
                results.append("")  # the library subtracts 1 from 0 there
                continue
            results.append(kind.decode(row))
        rows.append([spec, results])
    write("unigram-decoders", {"tokens": tokens, "cases": rows})


def piece(name, count=60, seed=7, rescore=None, **options):
    """Trains a model and writes what the library makes of lines with it; `rescore` gives each piece another score first."""
    stream = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS), model_writer=stream, num_threads=1, minloglevel=2,
                                             hard_vocab_limit=False, **options)
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(stream.getvalue())
    model.normalizer_spec.normalization_rule_tsv = ""  # a path that differs with each run
    for item in model.pieces if rescore else []:
        if item.type == item.NORMAL:
            item.score = rescore(item.piece)
    (FOLDER / f"sentencepiece-{name}.model").write_bytes(model.SerializeToString())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    rows = []
    for text in NASTY + lines(seed, count):
        if "\0" in text:
            continue
        ids = processor.encode(text)
        rows.append([text, processor.normalize(text), ids, processor.decode(ids)])
    rng = random.Random(3)
    for _ in range(20):
        ids = [rng.randrange(processor.get_piece_size()) for _ in range(rng.randint(0, 12))]
        rows.append([None, None, ids, processor.decode(ids)])
    write(f"sentencepiece-{name}", {"cases": rows})


def main():
    stream = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS), model_writer=stream, vocab_size=200, minloglevel=2, hard_vocab_limit=False,
                                             normalization_rule_tsv=rules())
    small = sentencepiece_model_pb2.ModelProto()
    small.ParseFromString(stream.getvalue())
    charsmap = small.normalizer_spec.precompiled_charsmap
    unigram("t5", charsmap)
    unigram("bytes", charsmap, byte_fallback=True)
    unigram("xlmr", charsmap, normalizer=normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]),
            pre=pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]))
    normaliser_vectors(charsmap)
    decoder_vectors()
    base = dict(normalization_rule_tsv=rules())
    piece("unigram", vocab_size=220, **base)
    piece("unigram-bytes", vocab_size=480, byte_fallback=True, user_defined_symbols=["<sep>", "card", "ab c"], pad_id=3, **base)
    piece("unigram-plain", vocab_size=200, normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False)
    piece("unigram-suffix", vocab_size=200, treat_whitespace_as_suffix=True, **base)
    # Equal scores, so that rounding decides between cuts into as many pieces; and sums so far from 0 that they are counted from 0 again.
    user = ["card", "rd did", "ab c", "en"]
    piece("unigram-ties", seed=17, rescore=lambda text: -5.1, vocab_size=230, user_defined_symbols=user, **base)
    piece("unigram-far", seed=17, rescore=lambda text: -9000 * len(text) - 0.03, vocab_size=230, **base)
    piece("bpe", vocab_size=300, model_type="bpe", **base)
    piece("bpe-bytes", vocab_size=520, model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
          split_digits=True, allow_whitespace_only_pieces=True, user_defined_symbols=["<sep>", "new"])


def rules():
    """A few dozen replacements of NFKC and white space, as a map of its own: the full one is 230 KB."""
    path = os.path.join(tempfile.gettempdir(), f"hone-unigram-rules-{os.getpid()}.tsv")
    pairs = {"\u00a0": " ", "\t": " ", "\n": " ", "\r": " ", "\u3000": " ", "\u2003": " ", "\u200b": " ", "\u0001": "", "\u007f": "", "\ufeff": "", "ﬁ": "fi", "ﬀ": "ff",
             "㎏": "kg", "①": "1", "½": "1⁄2", "²": "2", "™": "TM", "℃": "°C", "Ａ": "A", "ｂ": "b", "ｃ": "c", "e\u0301": "é", "E\u0301": "É", "Ａ\u0301": "Á", "A\u0301": "Á",
             "ｶﾞ": "ガ", "か\u3099": "が", "…": "...", "İ": "I\u0307", "\u200d": "", "가\u11a8": "각", "𝔘": "U", "𝔫": "n", "a\u0300": "à"}
    with open(path, "w") as file:
        for key, value in pairs.items():
            file.write(" ".join(f"{ord(c):X}" for c in key) + "\t" + " ".join(f"{ord(c):X}" for c in value) + "\n")
    return path


if __name__ == "__main__":
    main()
