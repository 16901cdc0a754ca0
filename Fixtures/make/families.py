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
    LENGTHS, NEW_TOKENS, SEQUENCE_LABELS, SPANS, blocks, construct, continuations, finish, gradients, hidden, ignoring,
    left_padded, real, same, save, seed_of, total,
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


def causal(name: str, cls, config, note: str, norm_centre: float = 1.0, bfloat16: bool = False) -> None:
    note = f"causal LM; {note}; eager attention, float32. loss: sum over shifted labels; grad.<key>: its gradient; " \
        f"left.*: left-padded; greedy.<row>: {NEW_TOKENS} tokens after each row alone" + (
            "; logits.bfloat16: of the model in bfloat16" if bfloat16 else "")
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
    tensors = {
        **inputs, "labels": labels, **hidden(output.hidden_states, mask), "logits": real(output.logits, mask), "loss": loss,
        **gradients(model), **left_padded(model, inputs), **continuations(model, inputs["input_ids"])}
    if bfloat16:
        with torch.no_grad():
            tensors["logits.bfloat16"] = real(other.to(torch.bfloat16)(**given, use_cache=False).logits.float(), mask)
    finish(path, name, note, tensors)


def encoder_decoder(name: str, config, untied: bool, note: str) -> None:
    note = f"encoder-decoder; {note}; eager attention, float32. encoder.*, decoder.*: hidden states; loss: sum over labels; " \
        f"greedy.<row>, beam.<row>: what generate gives for each row alone with at most {NEW_TOKENS} new tokens, decoder start " \
        "first (beam: 3 beams, all 3 returned, padded with 0, length penalty 1; beam.<row>.scores)"
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
        "decoder_attention_mask": target_mask, **hidden(output.encoder_hidden_states, mask, "encoder."),
        **hidden(output.decoder_hidden_states, target_mask, "decoder."), "logits": real(output.logits, target_mask),
        "loss": loss, **gradients(model)}
    for precision in (torch.float64, torch.float32):
        model.to(precision)
        for row, length in enumerate(LENGTHS):
            prompt = inputs["input_ids"][row : row + 1, :length]
            options = dict(attention_mask=torch.ones_like(prompt), max_new_tokens=NEW_TOKENS, do_sample=False,
                           use_cache=False)  # the library sizes its cache by the number of encoder layers
            beams = model.generate(prompt, **options, num_beams=3, num_return_sequences=3, return_dict_in_generate=True,
                                   output_scores=True)
            found = {f"greedy.{row}": model.generate(prompt, **options)[0], f"beam.{row}": beams.sequences,
                     f"beam.{row}.scores": beams.sequences_scores.float()}
            for key, value in found.items():
                if precision == torch.float32:
                    if value.dtype == torch.int64:
                        assert torch.equal(value, tensors[key]), f"{name} {key} is not robust: change the seed"
                tensors[key] = value
    finish(path, name, note, tensors)


def head(name: str, cls, config, task: str, note: str = "", norm_centre: float = 1.0, segments: bool = False,
         bfloat16: bool = False, every_gradient: bool = False) -> None:
    """`task`: masked, sequence, token or span."""
    losses = {"masked": "sum over labels", "sequence": "sum over rows", "token": "sum over labels",
              "span": "half the sum of loss.start and loss.end, each summed over rows, a row's softmax over its real tokens"}
    scope = "every parameter that has one" if every_gradient else "the head and the first layer"
    note = f"{cls.__name__}; {note + '; ' if note else ''}eager attention, float32. loss: {losses[task]}; " \
        f"grad.<key>: its gradient, for {scope}" + ("; logits.bfloat16: of the model in bfloat16" if bfloat16 else "")
    model, other, path = save(construct(cls, config, name, norm_centre), name, note)
    pad = config.pad_token_id if config.pad_token_id is not None else 0
    inputs = blocks(seed_of(name) + 1, config.vocab_size, pad, segments)
    mask = inputs["attention_mask"]
    given = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    if segments:
        given["token_type_ids"] = inputs["token_type_ids"]
    output = model(**given, output_hidden_states=True)
    tensors = {**inputs, **hidden(output.hidden_states, mask)}
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
    with torch.no_grad():
        again = other(**given)
        same(again[0], output[0], "config-v4.json", 0)
        if bfloat16:
            tensors["logits.bfloat16"] = real(other.to(torch.bfloat16)(**given).logits.float(), mask)
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
     "untied, 6 query and 2 key heads of 8", bfloat16=True)
case("llama-tied-3", lazily(causal, t.LlamaForCausalLM, t.LlamaConfig, {
    **SHAPE, "vocab_size": 109, "tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True,
    "rope_parameters": rope("llama3", 500.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                            original_max_position_embeddings=16)}),
     "tied, biases, llama3 RoPE scaling")
case("gpt2", lazily(causal, t.GPT2LMHeadModel, t.GPT2Config, GPT2), "tied, Conv1D weights [in, out]", bfloat16=True)
case("t5", lambda name: encoder_decoder(name, t.T5Config(**T5), False, "relu, tied, decoder output scaled by 1/sqrt(d_model)"))
case("t5-v1.1", lambda name: encoder_decoder(
    name, t.T5Config(**{**T5, "vocab_size": 107}, feed_forward_proj="gated-gelu", tie_word_embeddings=False), True,
    "gated gelu_new, untied, decoder output not scaled"))
case("roberta-mlm", lazily(head, t.RobertaForMaskedLM, t.RobertaConfig, ROBERTA), "masked", "tied decoder",
     every_gradient=True)
case("roberta-sequence", lazily(head, t.RobertaForSequenceClassification, t.RobertaConfig, {**ROBERTA, "num_labels": 5}),
     "sequence")


def main() -> None:
    t.utils.logging.disable_progress_bar()
    deterministic()
    for name in sys.argv[1:] or CASES:
        CASES[name]()


if __name__ == "__main__":
    main()
