"""Two tiny folders as sentence-transformers saves them, and what it makes of texts with each.

    python Fixtures/make/embedder.py

Writes HoneTests/Fixtures/embedder/<name>/: the saved folder, and expected.json with the header and, for each way of asking, the vectors of
the texts; `cut` are the texts that are longer than the model reads, which it cuts without a word; `similarity` holds the matrices of the
first texts by every measure, over vectors of length 1 and over raw ones. Seed 23.
"""

import shutil

from _fixture import deterministic, folder, header, write_json

import torch
import transformers as t
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from sentence_transformers.util import SimilarityFunction
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

SEED = 23
WORDS = "the a my is where bike battery empty parcel late money back please now refund charge".split()
LETTERS = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789.,?:é中")
TEXTS = [
    "where is my parcel", "The battery is empty.", "money back, please", "a", "", "my bike is late, where is my bike now?",
    "charge the battery of the bike now and refund the money", "é 中 zebra 42", "  the   refund  ",
    "the parcel is late, " * 6 + "please", "refund my money now",
]
COMPARED = 4
MEASURES = ("cosine", "dot", "euclidean", "manhattan")


def word_pieces() -> t.PreTrainedTokenizerFast:
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + LETTERS + ["##" + letter for letter in LETTERS] + WORDS[2:]
    tokenizer = Tokenizer(models.WordPiece({text: id for id, text in enumerate(vocab)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.decoder = decoders.WordPiece()
    return t.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")


def byte_pairs() -> t.PreTrainedTokenizerFast:
    vocab = ["<pad>", "</s>", "<s>"] + sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({text: id for id, text in enumerate(vocab)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    tokenizer.decoder = decoders.ByteLevel()
    return t.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", bos_token="<s>", model_max_length=72, padding_side="right")


def scattered(model: torch.nn.Module) -> torch.nn.Module:
    """Weights wide enough that every layer matters, on a grid so that no bit depends on the machine."""
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            noise = torch.randn(weight.shape, generator=generator)
            weight.copy_(torch.round((1 + 0.1 * noise if weight.dim() == 1 and "orm" in name and "bias" not in name else 0.2 * noise) * 512) / 512)
    return model.eval()


def encoder() -> tuple[torch.nn.Module, t.PreTrainedTokenizerFast]:
    tokenizer = word_pieces()
    config = t.BertConfig(
        vocab_size=len(tokenizer), hidden_size=20, num_hidden_layers=2, num_attention_heads=5, intermediate_size=28,
        max_position_embeddings=40, type_vocab_size=2)
    return scattered(t.BertModel(config)), tokenizer


def decoder() -> tuple[torch.nn.Module, t.PreTrainedTokenizerFast]:
    tokenizer = byte_pairs()
    config = t.Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=18, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1, head_dim=6,
        intermediate_size=26, max_position_embeddings=128, pad_token_id=0, bos_token_id=2, eos_token_id=1)
    return scattered(t.Qwen3Model(config)), tokenizer


def write(name: str, body: torch.nn.Module, tokenizer, ways, normalize: bool, limit: int | None, **settings) -> None:
    path = folder("Hone", "embedder", name)
    shutil.rmtree(path)
    base = path.with_name(name + ".base")
    body.save_pretrained(base)
    tokenizer.save_pretrained(base)
    modules = [Transformer(str(base), max_seq_length=limit), Pooling(body.config.hidden_size, ways)] + ([Normalize()] if normalize else [])
    SentenceTransformer(modules=modules, device="cpu", **settings).save_pretrained(str(path), create_model_card=False)
    shutil.rmtree(base)
    model = SentenceTransformer(str(path), device="cpu")

    def vectors(**how) -> list[list[float]]:
        # One text at a time: no padding, so that nothing depends on which texts stand together.
        return [model.encode([text], show_progress_bar=False, **how)[0].tolist() for text in TEXTS]

    longest = model.max_seq_length
    lengths = [len(model.tokenizer(text)["input_ids"]) for text in TEXTS]
    compared = torch.tensor(vectors()[:COMPARED])
    similarity = {name: SimilarityFunction.to_similarity_fn(name)(compared, compared).tolist() for name in MEASURES}
    write_json(path / "expected.json", header(SEED, "torch", "transformers", "sentence-transformers", "tokenizers"), {
        "texts": TEXTS, "maximum": longest, "cut": [index for index, length in enumerate(lengths) if length > longest],
        "plain": vectors(), "query": vectors(prompt_name="query"), "literal": vectors(prompt="now: "), "similarity": similarity})


def main() -> None:
    deterministic()
    write("mean", *encoder(), "mean", True, 24, prompts={"query": "where: ", "document": ""}, similarity_fn_name="cosine")
    write("last", *decoder(), ("cls", "lasttoken"), False, None, prompts={"query": "find the ", "document": "a: "},
          default_prompt_name="document", similarity_fn_name="euclidean")


main()
