"""Writes Tests/HoneTextTests/Fixtures/shared-vectors.json: what `sentencepiece` and `tiktoken` make of public texts with public vocabularies.

    python Fixtures/make/shared_vectors.py

Vocabularies and texts lie in ../shared/data and are not committed. Of every 200 lines the ids, and the texts decoded from them, are kept as
one 64-bit FNV-1a hash. Needs: sentencepiece, tiktoken. No randomness.
"""

import base64
import json

from _fixture import ROOT, fnv, folder, header, write_json

import sentencepiece
import tiktoken

SHARED = ROOT / ".." / "shared" / "data"
GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
QWEN = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
RANKS = {"tok-gpt2/gpt2.tiktoken": GPT2, "tok-gpt2/multilingual.tiktoken": GPT2, "tok-qwen2/qwen.tiktoken": QWEN}
BLOCK = 200


def ranks(path, pattern: str) -> tiktoken.Encoding:
    """The ranks of a file; Whisper's has one that no bytes belong to."""
    pairs = [line.split() for line in path.read_bytes().splitlines()]
    found = {base64.b64decode(token): int(rank) for token, rank in pairs if token != b"="}
    return tiktoken.Encoding(path.name, pat_str=pattern, mergeable_ranks=found, special_tokens={})


def lines() -> list[str]:
    """A novel, questions, and texts made to be hard."""
    texts = (SHARED / "tok-sentencepiece/botchan.txt").read_bytes().decode().split("\n")
    texts += [row["original"] for row in json.loads((SHARED / "tok-bert/question_tokens.json").read_text())[:1500]]
    return texts + (SHARED / "tok-llamacpp-vectors/ggml-vocab-gpt-2.gguf.inp").read_bytes().decode().split("\n__ggml_vocab_test__\n")


def main() -> None:
    texts = lines()
    rows = []
    for path in sorted(SHARED.glob("tok-*/*.model")) + [SHARED / name for name in RANKS]:
        name = str(path.relative_to(SHARED))
        if path.suffix == ".model":
            library = sentencepiece.SentencePieceProcessor(model_file=str(path))
            ids = [library.encode(text) for text in texts]
        else:
            library = ranks(path, RANKS[name])
            ids = [library.encode_ordinary(text) for text in texts]
        blocks = []
        for start in range(0, len(texts), BLOCK):
            part = ids[start : start + BLOCK]
            blocks.append(fnv("".join(" ".join(map(str, row)) + "\n" + library.decode(row) + "\n" for row in part)))
        rows.append({"file": name, "lines": len(texts), "ids": sum(map(len, ids)), "hashes": " ".join(blocks)})
    head = header(None, "sentencepiece", "tiktoken")
    write_json(folder("HoneText") / "shared-vectors.json", head, {"block": BLOCK, "models": rows})


if __name__ == "__main__":
    main()
