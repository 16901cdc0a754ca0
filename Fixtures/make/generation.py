"""Writes the fixtures of HoneGeneration with Transformers: logits processors, and greedy and beam search on a model that is a table.

The model's next-token logits depend only on the last token and on the position modulo 3, so that a test can be the same model.
Run from the root of the checkout:
    python Fixtures/make/generation.py
"""

import warnings

from _fixture import deterministic, folder, header, write_json

SEED = 515
VOCABULARY = 23
PERIOD = 3


def tables(torch):
    """Logits [PERIOD, VOCABULARY, VOCABULARY], rounded so that float32 holds them exactly."""
    generator = torch.Generator().manual_seed(SEED)
    table = torch.randn(PERIOD, VOCABULARY, VOCABULARY, generator=generator) * 2
    return (table * 256).round() / 256


def model(torch, table):
    from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
    from transformers.modeling_outputs import CausalLMOutput

    class TableConfig(PretrainedConfig):
        model_type = "table"

    class TableModel(PreTrainedModel, GenerationMixin):
        config_class = TableConfig

        def __init__(self, config):
            super().__init__(config)
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.post_init()

        def prepare_inputs_for_generation(self, input_ids, **kwargs):
            return {"input_ids": input_ids}  # the table needs no mask

        def forward(self, input_ids=None, attention_mask=None, **kwargs):
            positions = torch.arange(input_ids.shape[1])
            return CausalLMOutput(logits=table[positions % PERIOD, input_ids])

    config = TableConfig(vocab_size=VOCABULARY, is_encoder_decoder=False)
    return TableModel(config).eval()


def row(torch, count, generator, scale=3.0):
    return ((torch.randn(count, generator=generator) * scale) * 64).round() / 64


def processors(torch):
    from transformers.generation import logits_process as lp

    generator = torch.Generator().manual_seed(SEED + 1)
    plain, tied, flat, peaked = (
        row(torch, 29, generator), row(torch, 29, generator).round(), torch.zeros(11), row(torch, 17, generator, 12.0)
    )
    masked = plain.clone()
    masked[::3] = -1e4
    cases = []
    for name, scores in [("plain", plain), ("tied", tied), ("flat", flat), ("peaked", peaked), ("low", masked)]:
        for temperature, k, p, m in [
            (1.0, 0, 1.0, 0.0), (0.5, 0, 1.0, 0.0), (1.0, 5, 1.0, 0.0), (1.0, 1, 1.0, 0.0), (1.0, 100, 1.0, 0.0), (1.0, 0, 0.9, 0.0),
            (1.0, 0, 0.3, 0.0), (1.0, 0, 0.001, 0.0), (1.0, 0, 1.0, 0.1), (1.0, 0, 1.0, 1.0), (0.7, 9, 0.8, 0.05), (2.0, 12, 0.95, 0.2),
            (1.7, 0, 0.97, 0.02),
        ]:
            out, ids = scores[None].clone(), torch.zeros(1, 1, dtype=torch.long)
            if temperature != 1.0:
                out = lp.TemperatureLogitsWarper(temperature)(ids, out)
            if k:
                out = lp.TopKLogitsWarper(k)(ids, out)
            if p < 1:
                out = lp.TopPLogitsWarper(p)(ids, out)
            if m > 0:
                out = lp.MinPLogitsWarper(m)(ids, out)
            kept = [i for i, v in enumerate(out[0].tolist()) if v != float("-inf")]
            cases.append({
                "name": f"{name} T {temperature} k {k} p {p} m {m}", "scores": scores.tolist(), "temperature": temperature, "topK": k,
                "topP": p, "minP": m, "kept": kept, "values": [out[0][i].item() for i in kept],
            })
    return cases


def penalties(torch):
    from transformers.generation import logits_process as lp

    generator = torch.Generator().manual_seed(SEED + 2)
    cases = []
    for tokens, prompt, repetition, ngram, minimum, stops in [
        ([3, 4, 5, 3, 4], 2, 1.3, 0, 0, []),
        ([3, 4, 5, 3, 4], 5, 0.8, 0, 0, []),
        ([3, 4, 5, 3, 4], 1, 1.0, 2, 0, []),
        ([3, 4, 5, 3, 4], 1, 1.0, 3, 0, []),
        ([1, 1, 1], 1, 1.0, 1, 0, []),
        ([1], 1, 1.0, 2, 0, []),
        ([1, 2, 1, 3, 1, 4, 1], 3, 1.2, 2, 0, []),
        ([7, 8], 1, 1.0, 0, 3, [2, 9]),
        ([7, 8, 8, 8], 1, 1.0, 0, 3, [2, 9]),
        ([7, 2, 2, 7], 2, 1.5, 2, 5, [2]),
    ]:
        scores = row(torch, 11, generator)
        ids, out = torch.tensor([tokens]), scores[None].clone()
        if repetition != 1:
            out = lp.RepetitionPenaltyLogitsProcessor(repetition)(ids, out)
        if ngram:
            out = lp.NoRepeatNGramLogitsProcessor(ngram)(ids, out)
        if minimum:
            out = lp.MinNewTokensLengthLogitsProcessor(prompt, minimum, stops)(ids, out)
        cases.append({
            "tokens": tokens, "prompt": prompt, "repetition": repetition, "ngram": ngram, "minimum": minimum, "stops": stops,
            "scores": scores.tolist(), "result": [None if v == float("-inf") else v for v in out[0].tolist()],
        })
    return cases


def greedy(torch, net):
    cases = []
    for prompt, stops, options in [
        ([1], [0], {}), ([5, 9], [0], {}), ([5, 9], [0], {"repetition_penalty": 1.5}), ([2, 2, 7], [4, 6], {"min_new_tokens": 6}),
        ([3], [0], {"no_repeat_ngram_size": 2}), ([11, 12], [], {}),
    ]:
        out = net.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), do_sample=False, max_new_tokens=14,
            eos_token_id=stops or None, pad_token_id=0, use_cache=False, **options)
        cases.append({
            "prompt": prompt, "stops": stops, "maximum": 14, "minimum": options.get("min_new_tokens", 0),
            "repetition": options.get("repetition_penalty", 1.0), "ngram": options.get("no_repeat_ngram_size", 0),
            "tokens": out[0, len(prompt):].tolist(),
        })
    return cases


def beams(torch, net):
    cases = []
    for prompt, stops in [([1], [0]), ([5, 9], [0, 3]), ([2, 2, 7], [4, 6, 8]), ([11, 12], [])]:
        for options in [
            dict(num_beams=2), dict(num_beams=4, num_return_sequences=4), dict(num_beams=4, num_return_sequences=3, length_penalty=2.0),
            dict(num_beams=3, length_penalty=0.0, early_stopping="never", num_return_sequences=3),
            dict(num_beams=3, length_penalty=-1.0, num_return_sequences=2), dict(num_beams=4, early_stopping=True, num_return_sequences=4),
            dict(num_beams=4, early_stopping="never", length_penalty=1.5, num_return_sequences=2),
            dict(num_beams=3, no_repeat_ngram_size=2, num_return_sequences=3), dict(num_beams=3, repetition_penalty=1.4),
            dict(num_beams=3, min_new_tokens=5, num_return_sequences=3), dict(num_beams=5, max_new_tokens=1, num_return_sequences=5),
        ]:
            options = {"max_new_tokens": 12, **options}
            out = net.generate(
                torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), do_sample=False,
                eos_token_id=stops or None, pad_token_id=22, use_cache=False, return_dict_in_generate=True, output_scores=True, **options)
            sequences = []
            for line, places in zip(out.sequences, out.beam_indices):
                count = int((places >= 0).sum())
                sequences.append(line[len(prompt):len(prompt) + count].tolist())
            early = {False: "heuristic", True: "whenFull", "never": "never"}[options.get("early_stopping", False)]
            cases.append({
                "prompt": prompt, "stops": stops, "beams": options["num_beams"], "count": options.get("num_return_sequences", 1),
                "penalty": options.get("length_penalty", 1.0), "early": early, "maximum": options["max_new_tokens"],
                "minimum": options.get("min_new_tokens", 0), "ngram": options.get("no_repeat_ngram_size", 0),
                "repetition": options.get("repetition_penalty", 1.0), "sequences": sequences, "scores": out.sequences_scores.tolist(),
            })
    return cases


def main():
    import torch

    deterministic()
    warnings.simplefilter("ignore")
    place, head = folder("HoneGeneration"), header(SEED, "transformers", "torch")
    table = tables(torch)
    net = model(torch, table)
    write_json(place / "processors.json", head, {"filters": processors(torch), "penalties": penalties(torch)})
    write_json(place / "table.json", head, {"period": PERIOD, "vocabulary": VOCABULARY, "table": table.flatten().tolist()})
    write_json(place / "search.json", head, {"greedy": greedy(torch, net), "beams": beams(torch, net)})


if __name__ == "__main__":
    main()
