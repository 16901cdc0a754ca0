"""A tiny random BERT classifier, its bare encoder, and what Transformers computes with them.

Writes HoneModelsTests/Fixtures/tiny-bert/ (classifier) and tiny-bert-base/ (the same encoder, keys without `bert.`).
Sizes are awkward and all different, so that a swapped axis shows.
"""

import json

from _fixture import deterministic, folder, header, write_tensors

import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel
from transformers.activations import ACT2FN

SEED = 20_261_123
LENGTHS = (11, 5, 8)
ACTIVATIONS = ("gelu_new", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu")


def configuration() -> BertConfig:
    labels = ["activate", "block", "charge", "dispute", "exchange", "fees", "greeting"]
    return BertConfig(
        vocab_size=97,
        hidden_size=30,
        num_attention_heads=5,
        num_hidden_layers=3,
        intermediate_size=41,
        max_position_embeddings=37,
        type_vocab_size=2,
        hidden_act="gelu",
        layer_norm_eps=1e-12,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )


def randomise(model: torch.nn.Module, seed: int) -> None:
    """Every parameter random: LayerNorm weights around 1, biases around 0, none of them trivial."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("LayerNorm.weight"):
                parameter.copy_(1 + 0.2 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            else:
                parameter.copy_(0.2 * noise)


def batch(seed: int) -> dict[str, torch.Tensor]:
    """Three padded rows of lengths 11, 5 and 8; the second segment starts somewhere inside each row."""
    generator = torch.Generator().manual_seed(seed)
    longest = max(LENGTHS)
    ids = torch.zeros(len(LENGTHS), longest, dtype=torch.int64)
    types = torch.zeros_like(ids)
    mask = torch.zeros_like(ids)
    for row, (length, segment) in enumerate(zip(LENGTHS, (7, 2, 5))):
        ids[row, :length] = torch.randint(1, 97, (length,), generator=generator)
        types[row, segment:length] = 1
        mask[row, :length] = 1
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}


def build() -> BertForSequenceClassification:
    config = configuration()
    config._attn_implementation = "eager"
    model = BertForSequenceClassification(config).eval()
    randomise(model, SEED)
    return model


LABELS = torch.tensor([4, 0, 6])


def expected(model: BertForSequenceClassification) -> dict[str, torch.Tensor]:
    inputs = batch(SEED + 1)
    model.zero_grad()
    output = model(**inputs, labels=LABELS, output_hidden_states=True)
    output.loss.backward()
    weights = inputs["attention_mask"].unsqueeze(-1).float()
    pooled = (output.hidden_states[-1] * weights).sum(1) / weights.sum(1)
    tensors = {
        **inputs,
        "labels": LABELS,
        "logits": output.logits,
        "loss": output.loss,
        "mean_pooled": pooled,
        "mean_pooled_normalized": torch.nn.functional.normalize(pooled, dim=-1),
    }
    for index, hidden in enumerate(output.hidden_states):
        tensors["hidden.embeddings" if index == 0 else f"hidden.layer.{index - 1}"] = hidden
    for name, parameter in model.named_parameters():
        tensors[f"grad.{name}"] = parameter.grad
    return tensors


def activations(model: BertForSequenceClassification) -> dict[str, torch.Tensor]:
    """Logits of the same weights under the other activations a BERT checkpoint may name."""
    tensors = {}
    for name in ACTIVATIONS:
        for layer in model.bert.encoder.layer:
            layer.intermediate.intermediate_act_fn = ACT2FN[name]
        with torch.no_grad():
            tensors[f"logits.{name}"] = model(**batch(SEED + 1)).logits
    return tensors


def write_json_like_transformers(path, body: dict) -> None:
    path.write_text(json.dumps(body, indent=2, sort_keys=True) + "\n")


def older_spelling(config: dict) -> dict:
    """The same configuration as Transformers 4 spells it."""
    older = {key: value for key, value in config.items() if key not in {"dtype", "add_cross_attention", "is_decoder",
                                                                        "bos_token_id", "eos_token_id", "tie_word_embeddings"}}
    older.update(torch_dtype="float32", position_embedding_type="absolute", transformers_version="4.57.6")
    return older


def save(model, path) -> None:
    model.save_pretrained(path)
    config = json.loads((path / "config.json").read_text())
    config.pop("_name_or_path", None)
    write_json_like_transformers(path / "config.json", config)
    write_json_like_transformers(path / "config-v4.json", older_spelling(config))
    write_json_like_transformers(path / "ORIGIN.json", header(SEED, "torch", "transformers", "safetensors"))


def main() -> None:
    deterministic()
    head = header(SEED, "torch", "transformers", "safetensors", note="eager attention, float32, evaluation mode")
    model = build()
    target = folder("HoneModels", "tiny-bert")
    save(model, target)
    write_tensors(target / "expected.safetensors", head, {**expected(model), **activations(build())})

    base = BertModel.from_pretrained(target, attn_implementation="eager").eval()
    target = folder("HoneModels", "tiny-bert-base")
    save(base, target)
    with torch.no_grad():
        output = base(**batch(SEED + 1))
    write_tensors(
        target / "expected.safetensors", head,
        {**batch(SEED + 1), "last_hidden_state": output.last_hidden_state, "pooler_output": output.pooler_output})


if __name__ == "__main__":
    main()
