"""Puts down the rows that language models are trained on, as text for Hone and as token ids and labels for the peers, and an adapter.

    python Benchmarks/prepare_language.py --model FOLDER --shared ../shared --into FOLDER
        [--steps 6] [--length 512] [--longest 1024] [--adapter]

Writes into the folder:
    texts.jsonl, texts.ids.jsonl    rows of WikiText-2 of exactly `length` tokens, the end token included; every token is learned
    chats.jsonl, chats.ids.jsonl    conversations of real lengths (self-instruct seeds and GSM8K, in a seeded order); answers are learned;
                                    only where the model has a chat template
    adapter/                        PEFT LoRA r16, alpha 16, on all linear layers of a Llama's blocks: A drawn from the seed, B zero
    prepared.json                   rows, tokens and targets of each file, by step
The token ids and labels come from `tokenizers` and the chat template alone; that Hone finds the same shows in the losses.
"""

import argparse
import json
import os
import random
import sys
from pathlib import Path

TEXTS_A_STEP, CHATS_A_STEP = 4, 8
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
SEED = 17
IGNORED = -100


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=6, help="optimizer steps that the rows are for")
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--longest", type=int, default=1024, help="longer conversations are left out")
    parser.add_argument("--adapter", action="store_true")
    return parser.parse_args()


def texts(tokenizer, text: str, count: int, length: int, end: int) -> list[tuple[dict, dict]]:
    """Stretches of the text that are `length` tokens with the end token, whoever tokenises them."""
    encoded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
    rows, start = [], 0
    while len(rows) < count:
        stop = start + length - 1
        piece = text[offsets[start][0]:offsets[stop - 1][1]]
        # A stretch that begins or ends inside a word is other tokens by itself: begin one token later.
        if tokenizer(piece, add_special_tokens=False)["input_ids"] == ids[start:stop]:
            row = ids[start:stop] + [end]
            rows.append(({"text": piece}, {"input_ids": row, "labels": [IGNORED, *row[1:]]}))
            start = stop
        else:
            start += 1
    return rows


def conversations(shared: Path) -> list[list[dict]]:
    """A question and its answer each; as many of GSM8K as there are self-instruct seeds."""
    seeds = [json.loads(line) for line in (shared / "data/instruct-self-instruct/seed_tasks.jsonl").open(encoding="utf-8")]
    pairs = [(f"{seed['instruction']}\n\n{seed['instances'][0]['input']}".strip(), seed["instances"][0]["output"].strip()) for seed in seeds]
    problems = [json.loads(line) for line in (shared / "data/math-gsm8k/train.jsonl").open(encoding="utf-8")]
    pairs += [(problem["question"], problem["answer"]) for problem in random.Random(SEED).sample(problems, len(seeds))]
    random.Random(SEED).shuffle(pairs)
    return [[{"role": "user", "content": question}, {"role": "assistant", "content": answer}] for question, answer in pairs if answer]


def chats(tokenizer, found: list[list[dict]], count: int, longest: int) -> list[tuple[dict, dict]]:
    rows = []
    for messages in found:
        whole = tokenizer.apply_chat_template(messages, tokenize=False)
        begin = len(tokenizer.apply_chat_template(messages[:1], tokenize=False, add_generation_prompt=True))
        encoded = tokenizer(whole, return_offsets_mapping=True, add_special_tokens=False)
        ids = encoded["input_ids"]
        last = len(ids) - 1 - ids[::-1].index(tokenizer.eos_token_id)  # what the template writes after the end is not learned
        labels = [token if offset[0] >= begin and index <= last else IGNORED
                  for index, (token, offset) in enumerate(zip(ids, encoded["offset_mapping"]))]
        if len(ids) <= longest:
            rows.append(({"messages": messages}, {"input_ids": ids, "labels": labels}))
        if len(rows) == count:
            return rows
    raise SystemExit(f"prepare_language: only {len(rows)} of {count} conversations have at most {longest} tokens")


def write(folder: Path, name: str, rows: list[tuple[dict, dict]], a_step: int) -> dict:
    for suffix, side in (("", 0), (".ids", 1)):
        text = "".join(json.dumps(row[side], ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}{suffix}.jsonl").write_text(text, encoding="utf-8")
    steps = [rows[start:start + a_step] for start in range(0, len(rows), a_step)]
    return {
        "rows": len(rows), "batchSize": a_step, "longest": max(len(row["input_ids"]) for _, row in rows),
        "tokens": [sum(len(row["input_ids"]) for _, row in step) for step in steps],
        "targets": [sum(label != IGNORED for _, row in step for label in row["labels"]) for step in steps],
        "padded": [len(step) * max(len(row["input_ids"]) for _, row in step) for step in steps],
    }


def save_adapter(model: Path, folder: Path) -> None:
    import torch
    from peft import LoraConfig, TaskType, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(SEED)
    config = LoraConfig(task_type=TaskType.CAUSAL_LM, r=8, lora_alpha=16, lora_dropout=0.0, target_modules=TARGETS)
    get_peft_model(AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32), config).save_pretrained(folder)


def main() -> int:
    options = arguments()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(options.model)
    options.into.mkdir(parents=True, exist_ok=True)
    text = (options.shared / "data/lm-text-wikitext2/valid.txt").read_text(encoding="utf-8")
    stretches = texts(tokenizer, text, options.steps * TEXTS_A_STEP, options.length, tokenizer.eos_token_id)
    facts = {"texts": write(options.into, "texts", stretches, TEXTS_A_STEP)}
    if tokenizer.chat_template:
        answers = chats(tokenizer, conversations(options.shared), options.steps * CHATS_A_STEP, options.longest)
        facts["chats"] = write(options.into, "chats", answers, CHATS_A_STEP)
    if options.adapter and not (options.into / "adapter/adapter_config.json").exists():
        save_adapter(options.model, options.into / "adapter")
    (options.into / "prepared.json").write_text(json.dumps(facts, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", HF_HUB_DISABLE_PROGRESS_BARS="1")
    sys.exit(main())
