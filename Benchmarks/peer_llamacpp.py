"""The peer: greedy text by llama.cpp (the package llama-cpp-python, built from source), measured without loading.

    python Benchmarks/peer_llamacpp.py --model FOLDER --prompts prompts.jsonl --batch-size 1 --dtype float32 --new-tokens 128

Takes what `peer_generation.py` takes, for a Llama folder whose tokenizer's words are its ids (`w17` is token 17). The weights are written once
as a GGUF file in the wanted type beside the folder; norms stay float32, as llama.cpp wants them. Prompts of a batch are read in one call and
go on side by side. Prints one JSON object on standard output when it is done.
"""

import json
import time
from importlib.metadata import version
from pathlib import Path

import peer

OPTIONS = peer.decoding_options(__doc__)
peer.set_threads(OPTIONS.threads)

import gguf  # noqa: E402  (the thread count must be in the environment before)
import llama_cpp  # noqa: E402
import numpy  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "model.embed_tokens": "token_embd", "model.norm": "output_norm"}


def paired(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows in the order of llama.cpp's rotation, which turns neighbours; Transformers turns halves."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, weight.shape[1]).transpose(1, 2).reshape(weight.shape)


def gguf_name(key: str) -> str:
    head, _, last = key.rpartition(".")
    if head.startswith("model.layers."):
        _, _, layer, part = head.split(".", 3)
        return f"blk.{layer}.{NAMES[part]}.{last}"
    return f"{NAMES[head]}.{last}"


def write_gguf(path: Path) -> None:
    config = json.loads((OPTIONS.model / "config.json").read_text())
    writer = gguf.GGUFWriter(path.with_suffix(".part"), "llama")
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(groups)
    writer.add_rope_dimension_count(config["hidden_size"] // heads)
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_tokenizer_model("no_vocab")
    for key, weight in load_file(OPTIONS.model / "model.safetensors").items():
        if key.endswith(("q_proj.weight", "k_proj.weight")):
            weight = paired(weight, heads if "q_proj" in key else groups)
        if weight.dim() == 1 or OPTIONS.dtype == "float32":
            writer.add_tensor(gguf_name(key), weight.float().numpy())
        else:
            bits = weight.to(torch.bfloat16).view(torch.uint8).numpy()
            writer.add_tensor(gguf_name(key), bits, raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    path.with_suffix(".part").rename(path)


class Generation:
    def __init__(self, path: Path, width: int, length: int):
        llama_cpp.llama_log_set(SILENT, None)
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx, settings.n_batch, settings.n_seq_max = width * length, width * length, width
        settings.n_threads = settings.n_threads_batch = OPTIONS.threads
        if OPTIONS.dtype == "float32":  # keys and values too; otherwise they are its usual float16
            settings.type_k = settings.type_v = llama_cpp.GGML_TYPE_F32
        self.context = llama_cpp.llama_init_from_model(self.model, settings)
        if not self.context:
            raise SystemExit("peer_llamacpp: llama.cpp made no context")
        self.batch = llama_cpp.llama_batch_init(width * length, 0, 1)
        self.words = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))

    def read(self, rows: list[list[int]], start: int) -> list[int]:
        """Reads the tokens of each row, and gives the likeliest next of each."""
        lasts, batch = [], self.batch
        batch.n_tokens = sum(map(len, rows))
        place = 0
        for sequence, row in enumerate(rows):
            for offset, token in enumerate(row):
                batch.token[place], batch.pos[place] = token, start + offset
                batch.n_seq_id[place], batch.seq_id[place][0] = 1, sequence
                batch.logits[place] = offset == len(row) - 1
                place += 1
            lasts.append(place - 1)
        if llama_cpp.llama_decode(self.context, batch):
            raise SystemExit("peer_llamacpp: llama_decode failed")
        found = [numpy.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self.context, last), (self.words,)) for last in lasts]
        return [int(values.argmax()) for values in found]

    def run(self, prompts: list[list[int]], new_tokens: int) -> tuple[float, int, list[str]]:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)
        began = time.perf_counter()
        new = [[token] for token in self.read(prompts, 0)]
        for step in range(new_tokens - 1):
            for row, token in zip(new, self.read([[row[-1]] for row in new], len(prompts[0]) + step)):
                row.append(token)
        seconds = time.perf_counter() - began
        return seconds, sum(map(len, new)), [" ".join(f"w{token}" for token in row) for row in new]


@llama_cpp.llama_log_callback
def SILENT(level, text, user_data):
    pass


def main() -> None:
    with peer.OnlyJSON() as output:
        path = OPTIONS.model / f"{OPTIONS.dtype}.gguf"
        if not path.exists():
            write_gguf(path)
        prompts = [[int(word[1:]) for word in json.loads(line)["prompt"].split()] for line in OPTIONS.prompts.open(encoding="utf-8")]
        batches = [prompts[start:start + OPTIONS.batch_size] for start in range(0, len(prompts), OPTIONS.batch_size)]
        generation = Generation(path, OPTIONS.batch_size, len(prompts[0]) + OPTIONS.new_tokens)
        runs = [generation.run(batch, OPTIONS.new_tokens) for batch in batches]
        seconds, tokens = sum(run[0] for run in runs[1:]), sum(run[1] for run in runs[1:])
        output.tell({
            "tokensPerSecond": tokens / seconds, "newTokens": tokens, "texts": [text for run in runs for text in run[2]],
            "versions": {"llama_cpp_python": version("llama-cpp-python"), **peer.versions("torch")}})


if __name__ == "__main__":
    main()
