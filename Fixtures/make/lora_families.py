"""LoRA adapters written by PEFT over the decoders and T5 of families.py, and what PEFT computes with them.

Reads HoneModelsTests/Fixtures/<base>/ (run families.py first) and writes HoneAdaptersTests/Fixtures/<base>-lora/:
adapter_config.json, adapter_model.safetensors, expected.safetensors.
"""

import json

from _fixture import deterministic, folder, header, write_tensors

import torch
from peft import LoraConfig, TaskType, get_peft_model
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

from _family import blocks, exactly, ignoring, real, seed_of, total
from lora import randomise, saved_name

CASES = {
    # Conv1D keeps its weight as [in, out]: fan_in_fan_out. `c_proj` names two layers of a block, attention's and the MLP's.
    "gpt2-lora": ("gpt2", dict(target_modules=["c_attn", "c_proj"], fan_in_fan_out=True),
                  ["transformer.h.0.attn.c_attn.weight", "transformer.h.2.mlp.c_proj.weight"]),
    # Every linear layer but lm_head.
    **{f"{base}-lora": (base, dict(target_modules="all-linear"), [
        "model.layers.1.self_attn.k_proj.weight", "model.layers.2.mlp.down_proj.weight"])
       for base in ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3"]},
    # Matrices that hold several.
    "phi3-lora": ("phi3", dict(target_modules="all-linear"),
                  ["model.layers.1.self_attn.qkv_proj.weight", "model.layers.2.mlp.gate_up_proj.weight"]),
    "t5-lora": ("t5", dict(target_modules="all-linear"),
                ["encoder.block.1.layer.1.DenseReluDense.wo.weight", "decoder.block.2.layer.1.EncDecAttention.k.weight"]),
    "t5-v1.1-lora": ("t5-v1.1", dict(target_modules=["q", "v", "wi_0"]),
                     ["encoder.block.1.layer.0.SelfAttention.v.weight", "decoder.block.2.layer.2.DenseReluDense.wi_0.weight"]),
}


def make(name: str, base: str, options: dict, shown: list[str]) -> None:
    seed = seed_of(name)
    torch.manual_seed(seed)
    pairs = base.startswith("t5")
    kind, task = (AutoModelForSeq2SeqLM, TaskType.SEQ_2_SEQ_LM) if pairs else (AutoModelForCausalLM, TaskType.CAUSAL_LM)
    model = kind.from_pretrained(folder("HoneModels", base), attn_implementation="eager")
    config = LoraConfig(task_type=task, r=3, lora_alpha=6, lora_dropout=0.0, **options)
    model = get_peft_model(model, config).eval()
    randomise(model, seed)

    target = folder("HoneAdapters", name)
    model.save_pretrained(target)
    (target / "README.md").unlink(missing_ok=True)
    saved = json.loads((target / "adapter_config.json").read_text())
    saved["base_model_name_or_path"] = base
    saved["target_modules"] = sorted(saved["target_modules"])
    (target / "adapter_config.json").write_text(json.dumps(saved, indent=2, sort_keys=True) + "\n")

    inputs = blocks(seed + 1, model.config.vocab_size, 0)
    mask = inputs["attention_mask"]
    labels = ignoring(inputs["input_ids"], mask, 6)
    given = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    if pairs:  # the answers are the texts moved by one row, so that lengths differ
        labels, mask = labels.roll(1, 0), mask.roll(1, 0)
        inputs["decoder_input_ids"] = model.prepare_decoder_input_ids_from_labels(labels)
        inputs["decoder_attention_mask"] = mask
        given["decoder_input_ids"] = inputs["decoder_input_ids"]
    logits = model(**given, use_cache=False).logits
    with exactly(model):
        exact = model(**given, use_cache=False).logits
        loss = total(exact, labels) if pairs else total(exact[:, :-1], labels[:, 1:])
        loss.backward()
    tensors = {**inputs, "labels": labels, "logits": real(logits, mask), "loss": loss.float()}
    for key, parameter in model.named_parameters():
        if parameter.requires_grad:
            tensors[f"grad.{saved_name(key)}"] = parameter.grad.clone()
    for key, module in model.named_modules():
        if hasattr(module, "lora_A") and "default" in getattr(module, "scaling", {}):
            tensors[f"scale.{key.removeprefix('base_model.model.')}"] = torch.tensor(module.scaling["default"])
    with torch.no_grad():
        with model.disable_adapter():
            tensors["logits_base"] = real(model(**given, use_cache=False).logits, mask)
        merged = model.merge_and_unload()
        tensors["logits_merged"] = real(merged(**given, use_cache=False).logits, mask)
        for key in shown:
            tensors[f"merged.{key}"] = merged.state_dict()[key]
    note = f"LoRA over {base}, evaluation mode, float32; loss: sum over {'' if pairs else 'shifted '}labels, in float64; grad.<key>: its gradient; merged.<key>: base weight after merging"
    write_tensors(target / "expected.safetensors", header(seed, "torch", "transformers", "peft", "safetensors", note=note), tensors)
    assert (tensors["logits"] - tensors["logits_base"]).abs().max() > 0.1


def main() -> None:
    deterministic()
    for name, (base, options, shown) in CASES.items():
        make(name, base, options, shown)


if __name__ == "__main__":
    main()
