"""Embeddings of texts by every way of pooling, computed by sentence-transformers over the tiny models of families.py and bert.py.

    python Fixtures/make/embeddings.py

Writes HoneModelsTests/Fixtures/embeddings/expected.safetensors: <model>.ids, .types and .mask as the models' own fixtures have them, and
<model>.<way> for each way of pooling, <model>.cls+mean for two that are joined, <model>.mean.normalized.
"""

from _fixture import deterministic, folder, header, write_tensors

import torch
from safetensors.torch import load_file
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from transformers import AutoModel

MODELS = ("tiny-bert-base", "llama", "gpt2")
WAYS = Pooling.POOLING_MODES


def pooled(states: torch.Tensor, mask: torch.Tensor, way) -> torch.Tensor:
    return Pooling(states.shape[-1], way)({"token_embeddings": states, "attention_mask": mask})["sentence_embedding"]


def embeddings(name: str) -> dict[str, torch.Tensor]:
    place = folder("HoneModels", name)
    given = load_file(place / "expected.safetensors")
    model = AutoModel.from_pretrained(place, dtype=torch.float32, attn_implementation="eager").eval()
    inputs = {key: given[key] for key in ("input_ids", "attention_mask")}
    types = given.get("token_type_ids", torch.zeros_like(given["input_ids"]))
    if name == "tiny-bert-base":
        inputs["token_type_ids"] = types
    with torch.no_grad():
        states = model(**inputs).last_hidden_state
    mask = given["attention_mask"]
    result = {"ids": given["input_ids"], "types": types, "mask": mask, "cls+mean": pooled(states, mask, ("cls", "mean"))}
    result |= {way: pooled(states, mask, way) for way in WAYS}
    result["mean.normalized"] = Normalize()({"sentence_embedding": result["mean"]})["sentence_embedding"]
    return {f"{name}.{key}": value for key, value in result.items()}


def main() -> None:
    deterministic()
    tensors: dict[str, torch.Tensor] = {}
    for name in MODELS:
        tensors |= embeddings(name)
    write_tensors(folder("HoneModels", "embeddings") / "expected.safetensors",
                  header(None, "torch", "transformers", "sentence-transformers", "safetensors"), tensors)


main()
