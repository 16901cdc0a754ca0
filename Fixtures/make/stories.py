"""What Transformers computes with a real small model: loss on a text of our own, and how it goes on with a prompt.

Reads ../shared/models/stories260K beside the repository (a Llama of 260 thousand parameters, trained on TinyStories) and
writes HoneModelsTests/Fixtures/stories260K.json, which holds our text and numbers, nothing of the model.
"""

import sys

from _fixture import ROOT, deterministic, folder, header, write_json

import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer

MODEL = ROOT.parent / "shared/models/stories260K"
TEXT = ("Once upon a time there was a small grey cat who lived near the sea. Every morning she went to the harbour to look for "
        "fish. One day a big boat came in, and the cat saw a sad boy on it. \"Why are you sad?\" she asked. The boy said, \"I "
        "lost my red ball.\" They looked for it together, and soon they found it under a net. The boy was happy again.")
PROMPT = "Lily had a blue kite. One day"
NEW_TOKENS = 48


def main() -> None:
    deterministic()
    if not (MODEL / "config.json").exists():
        sys.exit(f"{MODEL} is not there")
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    model = AutoModelForCausalLM.from_pretrained(MODEL, attn_implementation="eager").eval()
    ids, prompt = tokenizer(TEXT).input_ids, tokenizer(PROMPT).input_ids
    body = {"text": TEXT, "ids": ids, "prompt": PROMPT, "prompt_ids": prompt}
    for name, precision in (("loss", torch.float32), ("loss_float64", torch.float64)):
        model.to(precision)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        body[name] = F.cross_entropy(logits[:-1], torch.tensor(ids[1:]), reduction="sum").item()
        row = torch.tensor([prompt])
        with torch.no_grad():
            for _ in range(NEW_TOKENS):
                row = torch.cat([row, model(input_ids=row, use_cache=False).logits[:, -1:].argmax(-1)], 1)
        new = row[0, len(prompt):].tolist()
        assert body.setdefault("greedy", new) == new, "greedy is not robust: change the prompt"
    body["continuation"] = tokenizer.decode(body["greedy"])
    head = header(None, "torch", "transformers", "tokenizers", note="loss: sum over the ids after the first, in nats; float32")
    write_json(folder("HoneModels") / "stories260K.json", head, body)
    print(f"perplexity {torch.tensor(body['loss'] / (len(ids) - 1)).exp().item():.3f}; {body['continuation']!r}")


if __name__ == "__main__":
    main()
