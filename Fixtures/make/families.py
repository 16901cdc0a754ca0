"""Tiny random models of every family, and what Transformers computes with them.

    python Fixtures/make/families.py [NAME...]        # without names: all of them

Writes HoneModelsTests/Fixtures/<name>/: config.json (as save_pretrained writes it), config-v4.json (the same model as
Transformers 4 spells it), model.safetensors, expected.safetensors, ORIGIN.json (what the folder contains).
"""

import sys

from _fixture import deterministic

import torch
import transformers as t

from _family import (
    LENGTHS, NEW_TOKENS, SEQUENCE_LABELS, SPANS, blocks, construct, continuations, exactly, finish, gradients, ignoring,
    left_padded, must_matter, real, rounded, same, save, seed_of, total,
)

SHAPE = dict(vocab_size=97, hidden_size=18, intermediate_size=27, num_hidden_layers=3, num_attention_heads=6,
             num_key_value_heads=2, head_dim=8, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)
GPT2 = dict(vocab_size=113, n_embd=20, n_head=5, n_layer=3, n_inner=37, n_positions=31, bos_token_id=1, eos_token_id=2,
            pad_token_id=0, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
T5 = dict(vocab_size=101, d_model=20, d_kv=6, d_ff=27, num_layers=2, num_decoder_layers=3, num_heads=3,
          relative_attention_num_buckets=8, relative_attention_max_distance=10, dropout_rate=0.0,
          decoder_start_token_id=0)
BERT = dict(vocab_size=97, hidden_size=20, num_attention_heads=5, num_hidden_layers=3, intermediate_size=27,
            max_position_embeddings=19, type_vocab_size=2)
ROBERTA = dict(vocab_size=103, hidden_size=20, num_attention_heads=5, num_hidden_layers=3, intermediate_size=27,
               max_position_embeddings=17, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2)


def rope(kind: str = "default", theta: float = 1000.0, **options) -> dict:
    return {"rope_type": kind, "rope_theta": theta, **options}


# MARK: what is written of each kind of model


EXACT = "exact.*: computed in float64 with the same weights, rounded to float32"
BFLOAT16 = "*.bfloat16: of the model loaded as bfloat16"


def causal(name: str, cls, config, note: str, norm_centre: float = 1.0, matters=()) -> None:
    note = f"causal LM; {note}; eager attention, float32. loss: sum over shifted labels; grad.<key>: its gradient; " \
        f"left.*: left-padded; greedy.<row>: {NEW_TOKENS} tokens after each row alone; {BFLOAT16}; {EXACT}"
    model, other, path = save(construct(cls, config, name, norm_centre), name, note)
    inputs = blocks(seed_of(name) + 1, config.vocab_size, 0)
    mask = inputs["attention_mask"]
    labels = ignoring(inputs["input_ids"], mask, 6)
    given = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    output = model(**given, output_hidden_states=True, use_cache=False)
    loss = total(output.logits[:, :-1], labels[:, 1:])
    loss.backward()
    with torch.no_grad():
        same(other(**given, use_cache=False).logits, output.logits, "config-v4.json", 0)
        same(model.base_model(**given, use_cache=False).last_hidden_state, output.hidden_states[-1], "last_hidden_state", 0)
    must_matter(model, path, given, output.logits, matters)
    tensors = {
        **inputs, "labels": labels, "last_hidden_state": real(output.hidden_states[-1], mask), "logits": real(output.logits, mask),
        "loss": loss, **gradients(model), **left_padded(model, inputs), **continuations(model, inputs["input_ids"])}
    with exactly(model), torch.no_grad():
        tensors["exact.logits"] = real(model(**given, use_cache=False).logits, mask)
    with torch.no_grad():
        tensors["logits.bfloat16"] = real(rounded(path, cls)(**given, use_cache=False).logits.float(), mask)
    finish(path, name, note, tensors)


def logits_only(name: str, cls, config, note: str, matters=()) -> None:
    """Small: a batch, and each row alone (dynamic and longrope depend on the longest text of a call)."""
    note = f"causal LM, logits only; {note}; eager attention, float32. logits: of the padded batch; alone.<row>.logits: of each row"
    model, other, path = save(construct(cls, config, name), name, note)
    inputs = blocks(seed_of(name) + 1, config.vocab_size, 0)
    mask = inputs["attention_mask"]
    given = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    with torch.no_grad():
        logits = model(**given, use_cache=False).logits
        same(other(**given, use_cache=False).logits, logits, "config-v4.json", 0)
        tensors = {**inputs, "logits": real(logits, mask)}
        for row, length in enumerate(LENGTHS):
            # A new model each time: the dynamic kind remembers the longest text it has seen.
            fresh = cls.from_pretrained(path, attn_implementation="eager").eval()
            alone = fresh(input_ids=inputs["input_ids"][row : row + 1, :length], use_cache=False).logits
            tensors[f"alone.{row}.logits"] = alone[0]
            print(f"    row {row} alone and in the batch differ by {(alone[0] - logits[row, :length]).abs().max().item():.3g}")
    must_matter(model, path, given, logits, matters)
    finish(path, name, note, tensors)


def encoder_decoder(name: str, config, untied: bool, note: str) -> None:
    note = f"encoder-decoder; {note}; eager attention, float32. loss: sum over labels; {BFLOAT16}; {EXACT}; " \
        f"greedy.<row>, beam.<row>: what generate gives for each row alone with at most {NEW_TOKENS} new tokens, decoder start " \
        "first (beam: 3 beams, all 3 returned, padded with 0, length penalty 1; beam.<row>.scores); stopped.<row>: the same beam " \
        "search with stopped.<row>.eos as the token that ends a text"
    model = construct(t.T5ForConditionalGeneration, config, name)
    if untied:
        generator = torch.Generator().manual_seed(seed_of(name) + 2)
        model.lm_head.weight = torch.nn.Parameter(0.3 * torch.randn(model.lm_head.weight.shape, generator=generator))
    model, other, path = save(model, name, note)
    inputs = blocks(seed_of(name) + 1, config.vocab_size, 0)
    mask = inputs["attention_mask"]
    generator = torch.Generator().manual_seed(seed_of(name) + 3)
    target_mask = (torch.arange(11) < torch.tensor([[7], [11], [4]])).long()
    labels = torch.randint(3, config.vocab_size, target_mask.shape, generator=generator)
    labels = ignoring(labels, target_mask, 8)
    given = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    output = model(**given, labels=labels, output_hidden_states=True, use_cache=False)
    loss = total(output.logits, labels)
    loss.backward()
    with torch.no_grad():
        same(other(**given, labels=labels, use_cache=False).logits, output.logits, "config-v4.json", 0)
    tensors = {
        **inputs, "labels": labels, "decoder_input_ids": model.prepare_decoder_input_ids_from_labels(labels),
        "decoder_attention_mask": target_mask, "encoder.last_hidden_state": real(output.encoder_last_hidden_state, mask),
        "logits": real(output.logits, target_mask), "loss": loss, **gradients(model)}
    with torch.no_grad():
        narrow = rounded(path, type(model))
        tensors["logits.bfloat16"] = real(narrow(**given, labels=labels, use_cache=False).logits.float(), target_mask)
    model.zero_grad()
    with exactly(model):
        output = model(**given, labels=labels, use_cache=False)
        total(output.logits, labels).backward()
        tensors["exact.encoder.last_hidden_state"] = real(output.encoder_last_hidden_state, mask)
        tensors["exact.logits"] = real(output.logits, target_mask)
        tensors.update({f"exact.{key}": gradient for key, gradient in gradients(model).items()})
    for precision in (torch.float64, torch.float32):
        model.to(precision)
        for row, length in enumerate(LENGTHS):
            prompt = inputs["input_ids"][row : row + 1, :length]
            options = dict(attention_mask=torch.ones_like(prompt), max_new_tokens=NEW_TOKENS, do_sample=False,
                           use_cache=False)  # the library sizes its cache by the number of encoder layers
            beams = model.generate(prompt, **options, num_beams=3, num_return_sequences=3, return_dict_in_generate=True,
                                   output_scores=True)
            stop = int(beams.sequences[0, 4])
            stopped = model.generate(prompt, **options, num_beams=3, num_return_sequences=3, return_dict_in_generate=True,
                                     output_scores=True, eos_token_id=stop)
            found = {f"stopped.{row}.eos": torch.tensor(stop), f"stopped.{row}": stopped.sequences,
                     f"stopped.{row}.scores": stopped.sequences_scores.float(),
                     f"greedy.{row}": model.generate(prompt, **options)[0], f"beam.{row}": beams.sequences,
                     f"beam.{row}.scores": beams.sequences_scores.float()}
            for key, value in found.items():
                if precision == torch.float32:
                    if value.dtype == torch.int64:
                        assert torch.equal(value, tensors[key]), f"{name} {key} is not robust: change the seed"
                tensors[key] = value
    finish(path, name, note, tensors)


def head(name: str, cls, config, task: str, note: str = "", norm_centre: float = 1.0, segments: bool = False,
         every_gradient: bool = False, padding_inside: bool = False, matters=()) -> None:
    """`task`: masked, sequence, token or span."""
    losses = {"masked": "sum over labels", "sequence": "sum over rows", "token": "sum over labels",
              "span": "half the sum of loss.start and loss.end, each summed over rows, a row's softmax over its real tokens"}
    scope = "every parameter that has one" if every_gradient else "the head and the first layer"
    note = f"{cls.__name__}; {note + '; ' if note else ''}eager attention, float32. loss: {losses[task]}; " \
        f"grad.<key>: its gradient, for {scope}; {EXACT}; {BFLOAT16}" + (
            "; inside.*: with the padding's id in the texts, and position_ids by place" if padding_inside else "")
    model, other, path = save(construct(cls, config, name, norm_centre), name, note)
    pad = config.pad_token_id if config.pad_token_id is not None else 0
    inputs = blocks(seed_of(name) + 1, config.vocab_size, pad, segments)
    mask = inputs["attention_mask"]
    given = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    if segments:
        given["token_type_ids"] = inputs["token_type_ids"]
    output = model(**given, output_hidden_states=True)
    with torch.no_grad():
        same(model.base_model(**given).last_hidden_state, output.hidden_states[-1], "last_hidden_state", 0)
    must_matter(model, path, given, output[0] if task == "span" else output.logits, matters)
    tensors = {**inputs, "last_hidden_state": real(output.hidden_states[-1], mask)}
    generator = torch.Generator().manual_seed(seed_of(name) + 3)
    if task == "span":
        start, end = SPANS
        masked = [scores.masked_fill(mask == 0, float("-inf")) for scores in (output.start_logits, output.end_logits)]
        parts = [total(scores, places) for scores, places in zip(masked, SPANS)]
        loss = (parts[0] + parts[1]) / 2
        tensors.update({
            "start_positions": start, "end_positions": end, "start_logits": real(output.start_logits, mask),
            "end_logits": real(output.end_logits, mask), "loss.start": parts[0], "loss.end": parts[1]})
    else:
        if task == "sequence":
            labels = SEQUENCE_LABELS
        elif task == "masked":
            labels = torch.randint(3, config.vocab_size, mask.shape, generator=generator)
            labels = labels.masked_fill((mask == 0) | (torch.rand(mask.shape, generator=generator) < 0.5), -100)
        else:
            labels = ignoring(torch.randint(0, config.num_labels, mask.shape, generator=generator), mask, 5)
        loss = total(output.logits, labels)
        tensors.update({"labels": labels, "logits": output.logits if task == "sequence" else real(output.logits, mask)})
    loss.backward()
    tensors["loss"] = loss
    tensors.update(gradients(model, not every_gradient))
    if padding_inside:
        ids = inputs["input_ids"].clone()
        ids[:, 2] = pad
        places = (torch.arange(ids.shape[1]) + pad + 1).expand_as(ids)
        with torch.no_grad():
            tensors["inside.input_ids"] = ids
            tensors["inside.logits"] = real(model(**{**given, "input_ids": ids, "position_ids": places}).logits, mask)
    with torch.no_grad():
        again = other(**given)
        same(again[0], output[0], "config-v4.json", 0)
        narrow = rounded(path, cls)(**given)
        with exactly(model):
            exact = model(**given)
        for key in ["start_logits", "end_logits"] if task == "span" else ["logits"]:
            whole = task == "sequence"  # one row per text
            tensors[f"exact.{key}"] = exact[key] if whole else real(exact[key], mask)
            tensors[f"{key}.bfloat16"] = narrow[key].float() if whole else real(narrow[key].float(), mask)
    finish(path, name, note, tensors)


# MARK: the families

CASES = {}


def case(name: str, build, *arguments, **options) -> None:
    """The configuration is made when the case runs."""
    assert name not in CASES
    CASES[name] = lambda: build(name, *arguments, **options)


def lazily(build, cls, config_class, options: dict):
    def run(name: str, *arguments, **rest) -> None:
        build(name, cls, config_class(**options), *arguments, **rest)

    return run


case("llama", lazily(causal, t.LlamaForCausalLM, t.LlamaConfig, {**SHAPE, "rope_parameters": rope(), "rms_norm_eps": 1e-5}),
     "untied, 6 query and 2 key heads of 8")
case("llama-tied-3", lazily(causal, t.LlamaForCausalLM, t.LlamaConfig, {
    **SHAPE, "vocab_size": 109, "tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True,
    "rope_parameters": rope("llama3", 500.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                            original_max_position_embeddings=16)}),
     "tied, biases, llama3 RoPE scaling", matters=[{"rope_parameters": rope(theta=500.0)}])
case("gpt2", lazily(causal, t.GPT2LMHeadModel, t.GPT2Config, GPT2), "tied, Conv1D weights [in, out]")
case("t5", lambda name: encoder_decoder(name, t.T5Config(**T5), False, "relu, tied, decoder output scaled by 1/sqrt(d_model)"))
case("t5-v1.1", lambda name: encoder_decoder(
    name, t.T5Config(**{**T5, "vocab_size": 107}, feed_forward_proj="gated-gelu", tie_word_embeddings=False), True,
    "gated gelu_new, untied, decoder output not scaled"))


# Llama's relatives.
WINDOWED = {**SHAPE, "rope_parameters": rope()}
case("mistral", lazily(causal, t.MistralForCausalLM, t.MistralConfig, {**WINDOWED, "vocab_size": 103, "sliding_window": 4}),
     "untied, every layer sees 4 tokens (its own and 3 before)", matters=[{"sliding_window": 5}, {"sliding_window": None}])
case("qwen2", lazily(causal, t.Qwen2ForCausalLM, t.Qwen2Config, {
    **{key: value for key, value in WINDOWED.items() if key != "head_dim"}, "hidden_size": 24, "tie_word_embeddings": True,
    "use_sliding_window": False, "sliding_window": 4}), "tied, biases of query, key and value only, no window in use")
case("qwen2-window", lazily(causal, t.Qwen2ForCausalLM, t.Qwen2Config, {
    **{key: value for key, value in WINDOWED.items() if key != "head_dim"}, "hidden_size": 24, "vocab_size": 101,
    "use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1}),
     "untied, layer 0 full, layers 1 and 2 see 5 tokens", matters=[{"sliding_window": 4}])
case("qwen3", lazily(causal, t.Qwen3ForCausalLM, t.Qwen3Config, {**WINDOWED, "vocab_size": 107, "attention_bias": False}),
     "untied, norms of query and key per head, head_dim 8 of width 18")
GEMMA = {**WINDOWED, "vocab_size": 98, "tie_word_embeddings": True}
case("gemma", lazily(causal, t.GemmaForCausalLM, t.GemmaConfig, GEMMA), "tied, norm weights are added to 1", norm_centre=0.0)
case("gemma2", lazily(causal, t.Gemma2ForCausalLM, t.Gemma2Config, {
    **GEMMA, "num_hidden_layers": 4, "query_pre_attn_scalar": 12, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0,
    "sliding_window": 4}), "tied, even layers see 4 tokens, both soft caps, query_pre_attn_scalar 12", norm_centre=0.0,
     matters=[{"sliding_window": 5}, {"attn_logit_softcapping": None}, {"final_logit_softcapping": None},
              {"query_pre_attn_scalar": 8}])
case("gemma3", lazily(causal, t.Gemma3ForCausalLM, t.Gemma3TextConfig, {
    **GEMMA, "num_hidden_layers": 7, "hidden_size": 16, "num_attention_heads": 4, "head_dim": 6, "intermediate_size": 19,
    "query_pre_attn_scalar": 10, "sliding_window": 4, "rope_parameters": {
        "full_attention": rope("linear", 5000.0, factor=8.0), "sliding_attention": rope("default", 50.0)}}),
     "tied, layer 5 full with linear RoPE scaling, the others see 4 tokens with another base", norm_centre=0.0,
     matters=[{"sliding_window": 5}, {"query_pre_attn_scalar": 6}])
PHI3 = {**{key: value for key, value in WINDOWED.items() if key != "head_dim"}, "original_max_position_embeddings": 64}
case("phi3", lazily(causal, t.Phi3ForCausalLM, t.Phi3Config, {
    **PHI3, "hidden_size": 36, "sliding_window": 5, "vocab_size": 99}), "untied, fused qkv_proj and gate_up_proj, sees 5 tokens",
     matters=[{"sliding_window": 4}])

# RoPE kinds.
LITTLE = {**SHAPE, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 17, "head_dim": 12}
PLAIN = {"rope_parameters": rope(theta=100.0)}
for kind, options, note in [
    ("linear", dict(rope_parameters=rope("linear", 100.0, factor=2.5)), "linear, factor 2.5"),
    ("dynamic", dict(max_position_embeddings=8, rope_parameters=rope("dynamic", 100.0, factor=2.0)),
     "dynamic NTK, factor 2, texts shorter and longer than the 8 positions"),
    ("yarn", dict(max_position_embeddings=32, rope_parameters=rope("yarn", 100.0, factor=4.0, original_max_position_embeddings=8)),
     "YaRN, factor 4, everything else by default"),
    ("yarn-options", dict(max_position_embeddings=32, rope_parameters=rope(
        "yarn", 100.0, factor=4.0, original_max_position_embeddings=8, beta_fast=4.0, beta_slow=0.5, attention_factor=1.3,
        truncate=False)), "YaRN with beta_fast, beta_slow, attention_factor and truncate given"),
    ("yarn-mscale", dict(max_position_embeddings=32, rope_parameters=rope(
        "yarn", 100.0, factor=4.0, original_max_position_embeddings=8, mscale=1.5, mscale_all_dim=0.6)),
     "YaRN with mscale and mscale_all_dim"),
    ("llama3", dict(max_position_embeddings=64, rope_parameters=rope(
        "llama3", 100.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)), "llama3"),
]:
    case(f"llama-{kind}", lazily(logits_only, t.LlamaForCausalLM, t.LlamaConfig, {**LITTLE, **options}), note, matters=[PLAIN])
case("phi3-longrope", lazily(logits_only, t.Phi3ForCausalLM, t.Phi3Config, {
    **{key: value for key, value in LITTLE.items() if key != "head_dim"}, "hidden_size": 16, "num_attention_heads": 2,
    "num_key_value_heads": 1, "max_position_embeddings": 32, "original_max_position_embeddings": 8,
    "rope_parameters": rope("longrope", 100.0, partial_rotary_factor=0.75, short_factor=[1.0, 1.2, 1.5],
                            long_factor=[1.5, 3.0, 5.0])}),
     "longrope, short factors up to 8 tokens and long ones beyond; 6 of a head's 8 values are rotated")

# Encoders.
DISTILBERT = dict(vocab_size=98, dim=20, n_heads=5, n_layers=3, hidden_dim=27, max_position_embeddings=19)
MODERNBERT = dict(vocab_size=106, hidden_size=20, num_attention_heads=5, num_hidden_layers=4, intermediate_size=27,
                  max_position_embeddings=32, global_attn_every_n_layers=3, local_attention=6, pad_token_id=0, bos_token_id=1,
                  eos_token_id=2, cls_token_id=1, sep_token_id=2,
                  rope_parameters={"full_attention": rope(theta=5000.0), "sliding_attention": rope(theta=50.0)})
FIVE, FOUR = {"num_labels": 5}, {"num_labels": 4}
case("bert-mlm", lazily(head, t.BertForMaskedLM, t.BertConfig, BERT), "masked", "tied decoder", segments=True,
     every_gradient=True)
case("bert-token", lazily(head, t.BertForTokenClassification, t.BertConfig, {**BERT, **FOUR}), "token", segments=True)
case("bert-span", lazily(head, t.BertForQuestionAnswering, t.BertConfig, BERT), "span", segments=True)
case("roberta-mlm", lazily(head, t.RobertaForMaskedLM, t.RobertaConfig, ROBERTA), "masked", "tied decoder", every_gradient=True)
case("roberta-sequence", lazily(head, t.RobertaForSequenceClassification, t.RobertaConfig, {**ROBERTA, **FIVE}), "sequence")
case("roberta-token", lazily(head, t.RobertaForTokenClassification, t.RobertaConfig, {**ROBERTA, **FOUR}), "token")
case("roberta-span", lazily(head, t.RobertaForQuestionAnswering, t.RobertaConfig, ROBERTA), "span")
case("xlm-roberta-token", lazily(head, t.XLMRobertaForTokenClassification, t.XLMRobertaConfig, {
    **ROBERTA, **FOUR, "pad_token_id": 4, "max_position_embeddings": 21, "hidden_act": "gelu_new"}), "token",
     "positions begin at 5", padding_inside=True)
case("camembert-mlm", lazily(head, t.CamembertForMaskedLM, t.CamembertConfig, {**ROBERTA, "hidden_act": "relu"}), "masked",
     "tied decoder, whose activation is gelu in any case", every_gradient=True)
case("distilbert-mlm", lazily(head, t.DistilBertForMaskedLM, t.DistilBertConfig, DISTILBERT), "masked", "tied decoder",
     every_gradient=True)
case("distilbert-sequence", lazily(head, t.DistilBertForSequenceClassification, t.DistilBertConfig, {**DISTILBERT, **FIVE}),
     "sequence")
case("distilbert-token", lazily(head, t.DistilBertForTokenClassification, t.DistilBertConfig, {**DISTILBERT, **FOUR}), "token")
case("distilbert-span", lazily(head, t.DistilBertForQuestionAnswering, t.DistilBertConfig, DISTILBERT), "span")
case("modernbert-mlm", lazily(head, t.ModernBertForMaskedLM, t.ModernBertConfig, MODERNBERT), "masked",
     "tied decoder, layers 0 and 3 full, 1 and 2 see 3 tokens to each side", every_gradient=True,
     matters=[{"local_attention": 4}, {"local_attention": 8}])
for pooling in ("cls", "mean"):
    case(f"modernbert-sequence-{pooling}", lazily(head, t.ModernBertForSequenceClassification, t.ModernBertConfig, {
        **MODERNBERT, **FIVE, "classifier_pooling": pooling}), "sequence", f"classifier_pooling {pooling}")
case("modernbert-token", lazily(head, t.ModernBertForTokenClassification, t.ModernBertConfig, {**MODERNBERT, **FOUR}), "token")
# Everything that can be switched, the other way.
BIASED = {**MODERNBERT, "norm_bias": True, "attention_bias": True, "mlp_bias": True, "classifier_bias": True, "decoder_bias": False,
          "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "sliding_attention"], "local_attention": 5,
          "hidden_activation": "silu", "classifier_activation": "relu", "norm_eps": 1e-3, "tie_word_embeddings": True}
case("modernbert-biases", lazily(head, t.ModernBertForMaskedLM, t.ModernBertConfig, BIASED), "masked",
     "biases where there are none by default and none at the output; layer_types of its own, an odd local_attention",
     every_gradient=True)
case("modernbert-span", lazily(head, t.ModernBertForQuestionAnswering, t.ModernBertConfig, BIASED), "span", "with every bias")

# Heads on decoders, of the classes that Transformers has.
DECODERS = {  # name in Transformers, configuration
    "llama": ("Llama", WINDOWED), "mistral": ("Mistral", {**WINDOWED, "num_hidden_layers": 2, "sliding_window": 4}),
    "qwen2": ("Qwen2", {**{key: value for key, value in WINDOWED.items() if key != "head_dim"}, "hidden_size": 24}),
    "qwen3": ("Qwen3", {**WINDOWED, "num_hidden_layers": 2}), "gemma": ("Gemma", {**GEMMA, "num_hidden_layers": 2}),
    "gemma2": ("Gemma2", {**GEMMA, "num_hidden_layers": 2, "attn_logit_softcapping": 2.0, "query_pre_attn_scalar": 12,
                          "sliding_window": 4}),
    "gemma3": ("Gemma3Text", {**GEMMA, "num_hidden_layers": 2, "query_pre_attn_scalar": 10, "sliding_window": 4, "rope_parameters": {
        "full_attention": rope("linear", 5000.0, factor=8.0), "sliding_attention": rope("default", 50.0)}}),
    "phi3": ("Phi3", {**PHI3, "hidden_size": 36, "num_hidden_layers": 2, "sliding_window": 5}), "gpt2": ("GPT2", GPT2),
}
HEADS = {"sequence": ("ForSequenceClassification", FIVE, "score of the last real token"),
         "token": ("ForTokenClassification", FOUR, ""), "span": ("ForQuestionAnswering", {}, "")}
for family, (cls, options) in DECODERS.items():
    for kind, (suffix, labels, note) in HEADS.items():
        if hasattr(t, cls + suffix):
            head_class = getattr(t, cls + suffix)
            if kind == "span" and family != "gpt2" and head_class.base_model_prefix == "transformer":
                note = "the decoder's keys begin with `transformer.` here"
            case(f"{family}-{kind}", lazily(head, head_class, getattr(t, f"{cls}Config"), {**options, **labels}), kind, note,
                 norm_centre=0.0 if family.startswith("gemma") else 1.0)


def main() -> None:
    t.utils.logging.disable_progress_bar()
    deterministic()
    for name in sys.argv[1:] or CASES:
        CASES[name]()


if __name__ == "__main__":
    main()
