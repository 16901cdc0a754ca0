"""Does Transformers load what `hone merge` writes, and compute what PEFT computes from the adapter?

    python Fixtures/make/verify_merge.py [HONE] [--keep FOLDER] [--only NAME]

Makes tiny random models of several families with a tokenizer of their own, lets HONE (default: .build/release/hone) train a LoRA adapter
on each and merge it, and compares, on random tokens: base + adapter in PEFT with the merged folder in Transformers; and on the probe
texts of the merged folder: what Hone recorded with what Transformers computes. Every key of the merged folder must be used.
Exit code: 0 all agree, 1 one differs, 2 something could not be made.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from verify_adapter import AGREE, DIFFER, UNREADABLE, quiet, say

SEED = 7
# A change added in float32 and rounded once to the base's type; the sums of a few layers on top.
TOLERANCE = {"float32": 2e-5, "bfloat16": 1e-2}
WORDS = "the a little big red old dog cat bird tree house went saw liked to and in under with park".split()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hone", nargs="?", type=Path, default=Path(__file__).resolve().parents[2] / ".build/release/hone")
    parser.add_argument("--keep", type=Path, help="a folder to work in, which stays")
    parser.add_argument("--only", help="the name of one case")
    options = parser.parse_args()
    quiet()
    with tempfile.TemporaryDirectory() as temporary:
        home = options.keep or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        code = AGREE
        for name in CASES:
            if options.only in (None, name):
                code = max(code, check(name, home / name, options.hone.resolve()))
    return code


def lines(count: int):
    import random

    generator = random.Random(SEED)
    return [" ".join(generator.choice(WORDS) for _ in range(generator.randint(4, 12))) + "." for _ in range(count)]


def tokenizer_in(folder: Path, kind: str) -> int:
    """Trains a tokenizer on the lines; returns how many tokens it has."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    if kind == "wordpiece":
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False)
        names = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    else:
        special = ["<pad>", "</s>", "<s>"]
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=special, show_progress=False,
                                      initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
        names = dict(pad_token="<pad>", eos_token="</s>", bos_token="<s>")
    tokenizer.train_from_iterator(lines(400), trainer)
    if kind == "wordpiece":
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    if kind == "ending":
        tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    return tokenizer.get_vocab_size()


def llama(vocabulary: int, **more):
    from transformers import LlamaConfig

    return LlamaConfig(vocab_size=vocabulary, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=6,
                       num_key_value_heads=2, head_dim=4, max_position_embeddings=96, pad_token_id=0, eos_token_id=1, bos_token_id=2, **more)


def gpt2(vocabulary: int):
    from transformers import GPT2Config

    return GPT2Config(vocab_size=vocabulary, n_embd=20, n_layer=2, n_head=5, n_positions=96, bos_token_id=2, eos_token_id=1)


def t5(vocabulary: int, **more):
    from transformers import T5Config

    return T5Config(vocab_size=vocabulary, d_model=20, d_kv=6, d_ff=28, num_layers=2, num_heads=3, pad_token_id=0, eos_token_id=1,
                    decoder_start_token_id=0, n_positions=96, **more)


def bert(vocabulary: int, **more):
    from transformers import BertConfig

    return BertConfig(vocab_size=vocabulary, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40,
                      max_position_embeddings=96, **more)


# Class of the base, class of the result, configuration, tokenizer, task, targets of LoRA, type on disk.
CASES = {
    "llama": ("LlamaForCausalLM", None, llama, "plain", "text", None, "float32"),
    "llama-tied": ("LlamaForCausalLM", None, lambda v: llama(v, tie_word_embeddings=True), "plain", "instruction", None, "float32"),
    "llama-head": ("LlamaForCausalLM", None, llama, "plain", "instruction", ["q_proj", "down_proj", "lm_head"], "float32"),
    "llama-bfloat16": ("LlamaForCausalLM", None, llama, "plain", "text", None, "bfloat16"),
    "gpt2": ("GPT2LMHeadModel", None, gpt2, "plain", "text", ["c_attn", "c_proj", "c_fc"], "float32"),
    "t5": ("T5ForConditionalGeneration", None, t5, "ending", "sequenceToSequence", ["q", "k", "v", "o", "wi", "wo"], "float32"),
    "t5-gated": ("T5ForConditionalGeneration", None,
                 lambda v: t5(v, feed_forward_proj="gated-gelu", tie_word_embeddings=False), "ending", "sequenceToSequence", None, "float32"),
    "llama-tagger": ("LlamaForCausalLM", "LlamaForTokenClassification", llama, "plain", "tagging", None, "float32"),
    "llama-classifier": ("LlamaForCausalLM", "LlamaForSequenceClassification", llama, "plain", "classification", None, "float32"),
    "bert-classifier": ("BertModel", "BertForSequenceClassification", bert, "wordpiece", "classification", None, "float32"),
    "bert-tagger": ("BertForMaskedLM", "BertForTokenClassification", bert, "wordpiece", "tagging", None, "float32"),
    "bert-masked": ("BertForMaskedLM", None, bert, "wordpiece", "maskedText", ["query", "value", "dense"], "float32"),
}


def data_for(task: str, folder: Path) -> Path:
    rows = lines(90)
    if task in ("text", "maskedText"):
        path = folder / "rows.txt"
        path.write_text("\n".join(rows) + "\n")
        return path
    if task == "classification":
        path = folder / "rows.csv"
        path.write_text("text,label\n" + "".join(f'"{row}",{"dog" if "dog" in row else "other"}\n' for row in rows))
        return path
    if task == "tagging":
        path = folder / "rows.conll"
        tagged = ["\n".join(f"{word} {'B-ANIMAL' if word in ('dog', 'cat', 'bird') else 'O'}" for word in row[:-1].split()) for row in rows]
        path.write_text("\n\n".join(tagged) + "\n")
        return path
    path = folder / "rows.jsonl"
    if task == "instruction":
        made = [{"messages": [{"role": "user", "content": row}, {"role": "assistant", "content": " ".join(row.split()[:3])}]} for row in rows]
    else:
        made = [{"source": row, "target": " ".join(row.split()[:3])} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in made))
    return path


def check(name: str, folder: Path, hone: Path) -> int:
    import torch
    import transformers

    base_class, result_class, config, tokenizer, task, targets, dtype = CASES[name]
    base, merged, runs = folder / "base", folder / "merged", folder / "runs"
    base.mkdir(parents=True, exist_ok=True)
    vocabulary = tokenizer_in(base, tokenizer)
    torch.manual_seed(SEED)
    model = getattr(transformers, base_class)(config(vocabulary))
    for parameter in model.parameters():  # far enough from zero for a difference to show
        torch.nn.init.normal_(parameter, 0, 0.2)
    model.to(getattr(torch, dtype)).save_pretrained(base)
    recipe = {
        "model": str(base), "task": task,
        "data": {"train": str(data_for(task, folder)), "validationFraction": 0.1, "testFraction": 0.1, "maximumTokens": 90},
        "tuning": {"method": "lora", "rank": 3, "alpha": 24, **({"targets": targets} if targets else {})},
        "training": {"steps": 8, "batchSize": 8, "learningRate": 0.01, "precision": "float32"},
        "evaluation": {"generatedRows": 2, "maximumNewTokens": 8, "resamples": 100}, "output": {"folder": str(runs)},
    }
    (folder / "recipe.json").write_text(json.dumps(recipe))
    made = subprocess.run([hone, "train", folder / "recipe.json", "--json"], capture_output=True, text=True)
    if made.returncode != 0:
        return say(f"{name}: cannot train: {made.stderr.strip().splitlines()[-1:]}", UNREADABLE)
    adapter = Path(json.loads(made.stdout.splitlines()[-1])["model"])
    report = subprocess.run([hone, "merge", adapter, "--output", merged, "--json"], capture_output=True, text=True)
    if report.returncode != 0:
        return say(f"{name}: cannot merge: {report.stderr.strip()}", UNREADABLE)
    return compare(name, base, adapter, merged, getattr(transformers, result_class or base_class), json.loads(report.stdout), dtype)


def compare(name: str, base: Path, adapter: Path, merged: Path, model_class, report: dict, dtype: str) -> int:
    import torch
    from peft import PeftModel

    labels = json.loads((merged / "hone.json").read_text())["labels"]
    more = {"num_labels": len(labels)} if labels else {}
    try:
        adapted = PeftModel.from_pretrained(
            model_class.from_pretrained(base, attn_implementation="eager", dtype=torch.float32, **more), adapter).eval()
        plain, found = model_class.from_pretrained(merged, attn_implementation="eager", dtype=torch.float32, output_loading_info=True)
        plain.eval()
    except Exception as error:  # whatever the libraries raise, the folder is unreadable for a user
        return say(f"{name}: cannot read: {type(error).__name__}: {error}", UNREADABLE)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if found.get(kind):
            return say(f"{name}: {kind.replace('_', ' ')}: {sorted(map(str, found[kind]))}", UNREADABLE)
    generator = torch.Generator().manual_seed(SEED)
    ids = torch.randint(5, plain.get_input_embeddings().num_embeddings, (3, 11), generator=generator)
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if plain.config.is_encoder_decoder:
        given["decoder_input_ids"] = ids[:, :5]
    with torch.no_grad():
        expected, here, untouched = adapted(**given).logits, plain(**given).logits, None
        with adapted.disable_adapter():
            untouched = adapted(**given).logits
        worst = (expected - here).abs().max().item()
        moved = (expected - untouched).abs().max().item()
        recorded = max(probe_difference(plain, row) for row in json.loads((merged / "probe.json").read_text())["rows"])
    limit = TOLERANCE[dtype]
    agrees = worst <= limit and recorded <= TOLERANCE["float32"] and moved > 100 * TOLERANCE["float32"] and report["merged"] > 0
    text = (f"{name}: {report['merged']} matrices; PEFT and merged differ by {worst:.2g} (the adapter moves logits by {moved:.2g}), "
            f"Hone and Transformers on probes by {recorded:.2g}, Hone says {report['drift']:.2g}")
    return say(text if agrees else f"{text}; at most {limit:g} is right", AGREE if agrees else DIFFER)


def probe_difference(model, row: dict) -> float:
    import torch

    ids = torch.tensor([row["ids"]])
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if model.config.is_encoder_decoder:
        given["decoder_input_ids"] = torch.tensor([[model.config.decoder_start_token_id]])
    logits = model(**given).logits[0]
    logits = logits[-1] if logits.dim() == 2 else logits  # the last token's, or the text's
    logits = logits[row["columns"]] if row.get("columns") else logits
    return (logits - torch.tensor(row["logits"])).abs().max().item()


if __name__ == "__main__":
    sys.exit(main())
