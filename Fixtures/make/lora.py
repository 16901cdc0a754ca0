"""LoRA adapters written by PEFT over tiny-bert, and what PEFT computes with them.

Reads HoneModelsTests/Fixtures/tiny-bert/ (run bert.py first) and writes one folder per case to
HoneAdaptersTests/Fixtures/tiny-lora/: adapter_config.json, adapter_model.safetensors, expected.safetensors.
"""

import json

from _fixture import deterministic, folder, header, write_tensors

import torch
from peft import LoraConfig, TaskType, get_peft_model
from transformers import BertForSequenceClassification

from bert import LABELS, SEED, batch

CASES = {
    # The plain case. Scale 6 / 4 = 1.5.
    "query-value": dict(target_modules=["query", "value"]),
    # Scale 6 / sqrt(4) = 3.
    "rslora": dict(target_modules=["query", "value"], use_rslora=True),
    # Every linear layer but the classifier: includes the two `output.dense` of a layer and the pooler.
    "all-linear": dict(target_modules="all-linear"),
    # Rank and alpha of single modules: first matching pattern wins, a pattern matches the end of the module's name.
    "patterns": dict(
        target_modules=["query", "value"],
        rank_pattern={"layer.1.attention.self.query": 2, r"layer\.2\..*\.value": 5},
        alpha_pattern={"layer.1.attention.self.query": 5, "value": 7},
    ),
}


def randomise(model: torch.nn.Module, seed: int) -> None:
    """lora_B and the classifier's copy get random values: neither the adapter nor the head may be a no-op."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))


def saved_name(name: str) -> str:
    """The key under which PEFT saves a parameter: without the adapter's name and without `modules_to_save`."""
    return name.replace(".modules_to_save.default", "").replace(".default", "")


def make(name: str, options: dict, seed: int) -> None:
    base = BertForSequenceClassification.from_pretrained(folder("HoneModels", "tiny-bert"), attn_implementation="eager")
    torch.manual_seed(seed)
    config = LoraConfig(task_type=TaskType.SEQ_CLS, r=4, lora_alpha=6, lora_dropout=0.0, **options)
    model = get_peft_model(base, config).eval()
    randomise(model, seed)

    target = folder("HoneAdapters", "tiny-lora", name)
    model.save_pretrained(target)
    (target / "README.md").unlink(missing_ok=True)
    saved = json.loads((target / "adapter_config.json").read_text())
    saved["base_model_name_or_path"] = "tiny-bert"
    saved["target_modules"] = sorted(saved["target_modules"])
    (target / "adapter_config.json").write_text(json.dumps(saved, indent=2, sort_keys=True) + "\n")

    inputs = batch(SEED + 1)
    output = model(**inputs, labels=LABELS)
    output.loss.backward()
    tensors = {**inputs, "labels": LABELS, "logits": output.logits, "loss": output.loss}
    for key, parameter in model.named_parameters():
        if parameter.requires_grad:
            tensors[f"grad.{saved_name(key)}"] = parameter.grad
    for key, module in model.named_modules():
        if hasattr(module, "lora_A") and "default" in getattr(module, "scaling", {}):
            tensors[f"scale.{key.removeprefix('base_model.model.')}"] = torch.tensor(module.scaling["default"])
    with torch.no_grad():
        with model.disable_adapter():
            tensors["logits_base"] = model(**inputs).logits
        merged = model.merge_and_unload()
        tensors["logits_merged"] = merged(**inputs).logits
        for key in ("bert.encoder.layer.1.attention.self.query.weight", "bert.encoder.layer.2.attention.self.value.weight"):
            tensors[f"merged.{key}"] = merged.state_dict()[key]
    head = header(seed, "torch", "transformers", "peft", "safetensors", note=f"case {name}, evaluation mode, float32")
    write_tensors(target / "expected.safetensors", head, tensors)


def main() -> None:
    deterministic()
    for index, (name, options) in enumerate(CASES.items()):
        make(name, options, SEED + 10 + index)


if __name__ == "__main__":
    main()
