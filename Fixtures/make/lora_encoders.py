"""LoRA adapters written by PEFT over the encoders of families.py, and what PEFT computes with them.

Reads HoneModelsTests/Fixtures/{roberta,distilbert}-sequence/ and modernbert-sequence-cls/ (run families.py first) and writes
HoneAdaptersTests/Fixtures/<family>-lora/: adapter_config.json, adapter_model.safetensors, expected.safetensors. Where PEFT has
targets of its own for the family, none are given.
"""

import json

from _fixture import deterministic, folder, header, write_tensors

import torch
from peft import LoraConfig, TaskType, get_peft_model
from transformers import AutoModelForSequenceClassification

from _family import SEQUENCE_LABELS, blocks, seed_of
from lora import randomise, saved_name

CASES = {
    "roberta-lora": ("roberta-sequence", None),
    "distilbert-lora": ("distilbert-sequence", ["q_lin", "v_lin"]),
    "modernbert-lora": ("modernbert-sequence-cls", ["Wqkv"]),
}


def make(name: str, base: str, targets: list[str] | None) -> None:
    seed = seed_of(name)
    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(folder("HoneModels", base), attn_implementation="eager")
    config = LoraConfig(task_type=TaskType.SEQ_CLS, r=3, lora_alpha=6, lora_dropout=0.0, target_modules=targets,
                        modules_to_save=["head"] if name.startswith("modernbert") else None)
    model = get_peft_model(model, config).eval()
    randomise(model, seed)

    target = folder("HoneAdapters", name)
    model.save_pretrained(target)
    (target / "README.md").unlink(missing_ok=True)
    saved = json.loads((target / "adapter_config.json").read_text())
    saved["base_model_name_or_path"] = base
    saved["target_modules"] = sorted(saved["target_modules"])
    (target / "adapter_config.json").write_text(json.dumps(saved, indent=2, sort_keys=True) + "\n")

    inputs = blocks(seed + 1, model.config.vocab_size, model.config.pad_token_id)
    given = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    output = model(**given, labels=SEQUENCE_LABELS)
    output.loss.backward()
    tensors = {**inputs, "labels": SEQUENCE_LABELS, "logits": output.logits, "loss": output.loss}
    for key, parameter in model.named_parameters():
        if parameter.requires_grad:
            tensors[f"grad.{saved_name(key)}"] = parameter.grad
    with torch.no_grad():
        merged = model.merge_and_unload()
        tensors["logits_merged"] = merged(**given).logits
    note = f"LoRA over {base}, evaluation mode, float32; loss: mean over rows"
    write_tensors(target / "expected.safetensors", header(seed, "torch", "transformers", "peft", "safetensors", note=note), tensors)


def main() -> None:
    deterministic()
    for name, (base, targets) in CASES.items():
        make(name, base, targets)


if __name__ == "__main__":
    main()
