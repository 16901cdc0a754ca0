"""Puts down a tokenizer.json of every kind, from published vocabularies, and the text that is encoded with them.

    python Benchmarks/prepare_tokenizers.py --shared ../shared --into .out/bench/tokenizers

Writes a folder for each kind with `tokenizer.json` and `text.txt`:
    gpt2                GPT-2's byte-level BPE, 50,257 tokens
    llama3-like         Qwen 2's byte-level BPE, 151,643 tokens, behind Llama 3's pattern
    sentencepiece-bpe   a SentencePiece BPE model of 10,000 pieces, laid out as Llama 2's tokenizer.json is
    unigram             T5's SentencePiece Unigram model, 32,000 pieces
    wordpiece           all-MiniLM-L6-v2's WordPiece, 30,522 tokens
"""

import argparse
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SOURCES = {
    "gpt2": "tok-gpt2/gpt2_tokenizer.json", "llama3-like": "tok-qwen2/vocab.json", "sentencepiece-bpe": "tok-sentencepiece/m.model",
    "unigram": "tok-sentencepiece/t5_tokenizer_base.model", "wordpiece": "tok-bert/minilm-tokenizer.json"}
TEXT = "lm-text-wikitext2/test.txt"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    return parser.parse_args()


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: number and value."""
    place = 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte, place = message[place], place + 1
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while place < len(message):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
            continue
        length = {1: 8, 5: 4}.get(key & 7) or number()
        place += length
        yield key >> 3, message[place - length:place]


def sentencepiece(path: Path) -> tuple[list[tuple[str, float]], bytes]:
    """The pieces of a SentencePiece model with their scores, and its table of character changes."""
    pieces, table = [], b""
    for number, value in fields(path.read_bytes()):
        if number == 1:
            piece = dict(fields(value))
            pieces.append((piece[1].decode(), struct.unpack("<f", piece[2])[0]))
        elif number == 3:
            table = dict(fields(value)).get(2, b"")
    return pieces, table


def llama3_like(vocabulary: Path) -> Tokenizer:
    lines = (vocabulary.parent / "merges.txt").read_text(encoding="utf-8").splitlines()
    merges = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    tokenizer = Tokenizer(models.BPE(json.loads(vocabulary.read_text(encoding="utf-8")), merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def sentencepiece_bpe(model: Path) -> Tokenizer:
    """Every way to put a piece together is a merge; the better piece goes first."""
    pieces, table = sentencepiece(model)
    identifiers = {piece: index for index, (piece, _) in enumerate(pieces)}
    merges = []
    for piece, score in pieces:
        for cut in range(1, len(piece)):
            if piece[:cut] in identifiers and piece[cut:] in identifiers:
                merges.append((-score, identifiers[piece[:cut]], identifiers[piece[cut:]], (piece[:cut], piece[cut:])))
    tokenizer = Tokenizer(models.BPE(identifiers, [pair for *_, pair in sorted(merges)], unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(table), normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return tokenizer


def unigram(model: Path) -> Tokenizer:
    pieces, table = sentencepiece(model)
    tokenizer = Tokenizer(models.Unigram(pieces, [piece for piece, _ in pieces].index("<unk>"), False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(table), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.add_special_tokens([AddedToken("</s>", special=True, normalized=False)])
    return tokenizer


def published(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


MAKERS = {"gpt2": published, "llama3-like": llama3_like, "sentencepiece-bpe": sentencepiece_bpe, "unigram": unigram, "wordpiece": published}


def main() -> int:
    options = arguments()
    text = (options.shared / "data" / TEXT).read_text(encoding="utf-8")
    for kind, source in SOURCES.items():
        folder = options.into / kind
        folder.mkdir(parents=True, exist_ok=True)
        MAKERS[kind](options.shared / "data" / source).save(str(folder / "tokenizer.json"))
        (folder / "text.txt").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
