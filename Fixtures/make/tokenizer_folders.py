"""Small tokenizer folders of the encoder families as people have them, and what Transformers makes of texts and pairs with each.

    python Fixtures/make/tokenizer_folders.py

Writes Tests/HoneTextTests/Fixtures/folders/<name>/: the files of the folder and cases.json, which holds the header and rows of
`[text, pair, input_ids, what the model gets as token_type_ids, offsets flattened]`, and of words with
`[words, input_ids, the word that each token belongs to or -1]` where Transformers takes words. Needs: transformers, tokenizers. Seed 11.
"""

import json
import math
import shutil
from collections import Counter

import _fixture

import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

import tokenizer_bpe as bpe

SEED = 11
# Without an empty second text, which Transformers takes for none.
PAIRS = [("the card", " answered"), ("", " "), ("é", "  中  x"), ("What is measured?", "The customer wrote\n\n\n  that measuring is work."),
         ("x <mask> y", "the<mask> <mask>"), ("<s>the</s>", "[CLS] the [SEP]"), ("the", "the")]


def byte_level(folder, config: dict | None, mask: str = "<mask>") -> None:
    """vocab.json and merges.txt alone, and at most a tokenizer_config.json."""
    pre = pre_tokenizers.ByteLevel(add_prefix_space=False)
    vocab, merges = bpe.train(bpe.words(pre), ["<s>", "<pad>", "</s>", "<unk>"] + bpe.BYTES, 150)
    vocab[mask] = len(vocab)
    (folder / "vocab.json").write_text(json.dumps(vocab, separators=(",", ":")))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    (folder / "config.json").write_text('{"model_type": "roberta"}\n')
    if config is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(config) + "\n")


def saved_roberta(folder) -> None:
    byte_level(folder, {"tokenizer_class": "RobertaTokenizer"})
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for name in ("vocab.json", "merges.txt"):
        (folder / name).unlink()
    tokenizer.save_pretrained(folder)


def distilbert(folder) -> None:
    words = Counter(word.lower() for word in bpe.CORPUS.split() if word.isascii() and word.isalpha())
    pieces = [word for word, _ in words.most_common(60)]
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789.,!?()中文é")
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters + ["##" + letter for letter in letters] + ["##ing", "##ed"]
    vocab += [piece for piece in pieces if piece not in vocab]
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n")
    (folder / "config.json").write_text('{"model_type": "distilbert"}\n')
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": true, "model_max_length": 512}\n')


def modernbert(folder) -> None:
    tokenizer = bpe.byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), merges=150, normalizer=normalizers.NFC())
    tokenizer.add_tokens([AddedToken("  ", normalized=True), AddedToken("   ", normalized=True)])
    tokenizer.add_special_tokens(bpe.SPECIAL("[UNK]", "[CLS]", "[SEP]", "[PAD]") + bpe.SPECIAL("[MASK]", lstrip=True))
    bpe.template(tokenizer, "[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", ["[CLS]", "[SEP]"])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "config.json").write_text('{"model_type": "modernbert"}\n')
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": ["input_ids", "attention_mask"], "cls_token": "[CLS]",
              "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config) + "\n")


def unigram(folder, family: str, name: str) -> None:
    """As XLM-RoBERTa and CamemBERT are saved: Metaspace, `<s> A</s></s> B</s>`."""
    counts = Counter("▁" + word for word in bpe.CORPUS.split())
    pieces = [piece for piece, _ in counts.most_common(80)]
    pieces += sorted(set("".join(counts)) - set(pieces) - set("漢語👍"))
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocab += [(piece, -6 - len(piece) / 7 - math.log(1 + place)) for place, piece in enumerate(pieces)] + [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("  ", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.add_special_tokens(bpe.SPECIAL("<s>", "<pad>", "</s>", "<unk>") + bpe.SPECIAL("<mask>", lstrip=True))
    bpe.template(tokenizer, "<s> $A </s>", "<s> $A </s> </s> $B </s>", ["<s>", "</s>"])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "config.json").write_text(json.dumps({"model_type": family}) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": name, "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
        "pad_token": "<pad>", "mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": True, "normalized": False,
                                             "rstrip": False, "single_word": False}}) + "\n")


FOLDERS = {
    "roberta": lambda folder: byte_level(folder, None),
    "roberta-prefix": lambda folder: byte_level(folder, {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True}),
    "roberta-saved": saved_roberta,
    "distilbert": distilbert,
    "modernbert": modernbert,
    "xlm-roberta": lambda folder: unigram(folder, "xlm-roberta", "PreTrainedTokenizerFast"),
    "camembert": lambda folder: unigram(folder, "camembert", "PreTrainedTokenizerFast"),
}


def case(tokenizer, text: str, pair: str | None) -> list:
    found = tokenizer(text, pair, return_offsets_mapping=True)
    ids = found["input_ids"]
    return [text, pair, ids, found.get("token_type_ids", [0] * len(ids)), [n for offset in found["offset_mapping"] for n in offset]]


SENTENCES = [["The", "customer", "wrote"], ["isn't", "it", "?"], ["café", "12.50", "—", "#tag", "中文"], ["the"], ["HELLO", "World", "and", "of"]]


def sentence(tokenizer, words: list[str]) -> list:
    found = tokenizer(words, is_split_into_words=True)
    return [words, found["input_ids"], [-1 if word is None else word for word in found.word_ids()]]


def main() -> None:
    for name, build in FOLDERS.items():
        folder = _fixture.folder("HoneText", "folders", name)
        shutil.rmtree(folder)
        folder.mkdir()
        build(folder)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        rows = [case(tokenizer, line, None) for line in bpe.lines(40, SEED)] + [case(tokenizer, *pair) for pair in PAIRS]
        head = _fixture.header(SEED, "transformers", "tokenizers", note="input_ids, token_type_ids and offsets of Transformers")
        body = {"class": type(tokenizer).__name__, "cases": rows}
        if name in ("roberta-prefix", "distilbert", "xlm-roberta", "camembert"):
            body["sentences"] = [sentence(tokenizer, words) for words in SENTENCES]
        _fixture.write_json(folder / "cases.json", head, body)


if __name__ == "__main__":
    main()
