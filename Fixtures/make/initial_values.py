"""Writes Tests/HoneModelsTests/Fixtures/initial_values.json: how Transformers initialises each family, tensor by tensor.

    python Fixtures/make/initial_values.py

For a mid-size shape of every causal family and of T5: name, shape, mean, standard deviation, the share of values beyond two standard deviations, and
which rows are all zero. Needs: torch, transformers. Seed 17.
"""

import torch
import transformers as T

from _fixture import deterministic, folder, header, write_json

LLAMA = dict(
    vocab_size=331, hidden_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=176,
    max_position_embeddings=64, bos_token_id=1, eos_token_id=2,
)
T5 = dict(vocab_size=331, d_model=96, d_kv=20, d_ff=176, num_layers=1, num_heads=4, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0)
CASES = {
    "gpt2": (T.GPT2LMHeadModel, T.GPT2Config(vocab_size=331, n_embd=96, n_layer=3, n_head=4, n_positions=64, initializer_range=0.03, pad_token_id=5, bos_token_id=1, eos_token_id=2)),
    "llama": (T.LlamaForCausalLM, T.LlamaConfig(**LLAMA, attention_bias=True, mlp_bias=True)),
    "llama-padded": (T.LlamaForCausalLM, T.LlamaConfig(**LLAMA, pad_token_id=7, tie_word_embeddings=True, initializer_range=0.01)),
    "mistral": (T.MistralForCausalLM, T.MistralConfig(**LLAMA)),
    "qwen2": (T.Qwen2ForCausalLM, T.Qwen2Config(**LLAMA)),
    "qwen3": (T.Qwen3ForCausalLM, T.Qwen3Config(**LLAMA, head_dim=24)),
    "gemma": (T.GemmaForCausalLM, T.GemmaConfig(**LLAMA, head_dim=24)),
    "gemma2": (T.Gemma2ForCausalLM, T.Gemma2Config(**LLAMA, head_dim=24)),
    "gemma3": (T.Gemma3ForCausalLM, T.Gemma3TextConfig(**LLAMA, head_dim=24)),
    "t5": (T.T5ForConditionalGeneration, T.T5Config(**T5, tie_word_embeddings=True)),
    "t5-gated": (T.T5ForConditionalGeneration, T.T5Config(**T5, feed_forward_proj="gated-gelu", initializer_factor=0.5)),
    "phi3": (T.Phi3ForCausalLM, T.Phi3Config(**LLAMA, pad_token_id=3)),
}


def describe(name: str, value: torch.Tensor) -> list:
    flat = value.double().flatten()
    mean, deviation = flat.mean().item(), flat.std(correction=0).item()
    beyond = ((flat - mean).abs() > 2 * deviation).double().mean().item() if deviation > 0 else 0.0
    rows = (value == 0).all(-1).nonzero().flatten().tolist() if value.dim() > 1 else []
    return [name, list(value.shape), round(mean, 7), round(deviation, 7), round(beyond, 5), rows]


def main() -> None:
    deterministic()
    rows = []
    for name, (build, config) in CASES.items():
        torch.manual_seed(17)
        model = build(config)
        # Where the output matrix is the table, Hone has one tensor.
        tensors = [describe(key, parameter) for key, parameter in model.named_parameters()]
        settings = {key: value for key, value in config.to_diff_dict().items() if isinstance(value, (int, float, str, bool))}
        rows.append({"name": name, "config": {**settings, "model_type": config.model_type}, "tensors": tensors})
    write_json(folder("HoneModels") / "initial_values.json", header(17, "torch", "transformers"), {"cases": rows})


main()
