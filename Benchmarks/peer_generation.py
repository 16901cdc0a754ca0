"""The peer: greedy text by Transformers' `generate`, measured without loading.

    python Benchmarks/peer_generation.py --model FOLDER --prompts prompts.jsonl --batch-size 1 --dtype float32 --new-tokens 128

Prompts are rows with a `prompt`; each batch of them is one call, the first is for warming up. The cache is dynamic or static, whichever is
faster in a short trial. Prints one JSON object on standard output when it is done.
"""

import json
import time

import peer

OPTIONS = peer.decoding_options(__doc__)
peer.set_threads(OPTIONS.threads)

import torch  # noqa: E402  (the thread count must be in the environment before)
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402


class Generation:
    def __init__(self):
        self.tokenizer = AutoTokenizer.from_pretrained(OPTIONS.model, padding_side="left")
        self.tokenizer.pad_token = self.tokenizer.pad_token or self.tokenizer.convert_ids_to_tokens(0)
        self.model = AutoModelForCausalLM.from_pretrained(OPTIONS.model, dtype=OPTIONS.dtype).eval()

    def run(self, prompts: list[str], new_tokens: int, cache: str) -> tuple[float, int, list[str]]:
        """Seconds, new tokens up to each answer's end, and the texts."""
        given = self.tokenizer(prompts, return_tensors="pt", padding=True)
        given.pop("token_type_ids", None)
        began = time.perf_counter()
        whole = self.model.generate(
            **given, do_sample=False, max_new_tokens=new_tokens, cache_implementation=cache, pad_token_id=self.tokenizer.pad_token_id)
        seconds = time.perf_counter() - began
        new = whole[:, given["input_ids"].shape[1]:]
        ends = self.model.generation_config.eos_token_id
        ends = set() if ends is None else {ends} if isinstance(ends, int) else set(ends)
        counts = [next((place + 1 for place, token in enumerate(row) if token in ends), len(row)) for row in new.tolist()]
        return seconds, sum(counts), self.tokenizer.batch_decode([row[:count] for row, count in zip(new, counts)], skip_special_tokens=True)

    def faster_cache(self, prompts: list[str]) -> str:
        for cache in ("dynamic", "static"):
            self.run(prompts, 4, cache)
        return min(("dynamic", "static"), key=lambda cache: self.run(prompts, 16, cache)[0])


def main() -> None:
    with peer.OnlyJSON() as output, torch.inference_mode():
        torch.set_num_threads(OPTIONS.threads)
        prompts = [json.loads(line)["prompt"] for line in OPTIONS.prompts.open(encoding="utf-8")]
        batches = [prompts[start:start + OPTIONS.batch_size] for start in range(0, len(prompts), OPTIONS.batch_size)]
        generation = Generation()
        cache = generation.faster_cache(batches[0])
        runs = [generation.run(batch, OPTIONS.new_tokens, cache) for batch in batches]
        seconds, tokens = sum(run[0] for run in runs[1:]), sum(run[1] for run in runs[1:])
        output.tell({
            "tokensPerSecond": tokens / seconds, "newTokens": tokens, "texts": [text.strip() for run in runs for text in run[2]],
            "cache": cache, "versions": peer.versions("torch", "transformers", "tokenizers")})


if __name__ == "__main__":
    main()
