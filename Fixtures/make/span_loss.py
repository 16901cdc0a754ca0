"""Value and gradient of Transformers' loss of question answering, on rows of different lengths.

Writes HoneObjectivesTests/Fixtures/span-loss.json. Each row goes alone through `ForQuestionAnsweringLoss`, so that no padding
is among its tokens; `sum` is over rows, `gradient` is the sum's with respect to the scores, [tokens, 2] flat. The last case
was computed by BertForQuestionAnswering itself, whose scores are in it.
"""

from _fixture import deterministic, folder, header, write_json

import torch
from transformers import BertForQuestionAnswering
from transformers.loss.loss_utils import ForQuestionAnsweringLoss

from losses import flat

SEED = 47


def measure(name: str, scores: torch.Tensor, lengths: list[int], starts: list[int], ends: list[int]) -> dict:
    leaf = scores.clone().requires_grad_()
    total, first = torch.zeros([]), 0
    for length, start, end in zip(lengths, starts, ends, strict=True):
        row = leaf[first : first + length]
        first += length
        total = total + ForQuestionAnsweringLoss(row[None, :, 0], row[None, :, 1], torch.tensor([start]), torch.tensor([end]))
    total.backward()
    return {"name": name, "lengths": lengths, "starts": starts, "ends": ends, "scores": flat(scores), "sum": flat(total)[0],
            "gradient": flat(leaf.grad)}


def whole_model() -> dict:
    model = BertForQuestionAnswering.from_pretrained(folder("HoneModels", "bert-span"), attn_implementation="eager").eval()
    generator = torch.Generator().manual_seed(SEED)
    lengths, starts, ends = [7, 11], [2, 0], [5, 0]
    scores, total = [], 0.0
    for length, start, end in zip(lengths, starts, ends):
        ids = torch.randint(3, model.config.vocab_size, (1, length), generator=generator)
        with torch.no_grad():
            output = model(ids, start_positions=torch.tensor([start]), end_positions=torch.tensor([end]))
        scores.append(torch.stack([output.start_logits[0], output.end_logits[0]], 1))
        total += output.loss.item()
    case = measure("BertForQuestionAnswering", torch.cat(scores), lengths, starts, ends)
    assert abs(case["sum"] - total) < 1e-5
    return case


def main() -> None:
    deterministic()
    generator = torch.Generator().manual_seed(SEED)
    cases = [
        measure("three lengths", torch.randn(5 + 3 + 7, 2, generator=generator) * 2, [5, 3, 7], [1, 0, 6], [3, 0, 6]),
        measure("one row", torch.randn(5, 2, generator=generator), [5], [4], [4]),
        measure("extreme", torch.tensor([[1e4, -1e4], [0.0, 1e4], [-50.0, 3.0], [1e4, 1e4], [-1e4, 0.5]]), [3, 2], [1, 0], [0, 1]),
        whole_model(),
    ]
    write_json(folder("HoneObjectives") / "span-loss.json", header(SEED, "torch", "transformers"), {"cases": cases})


if __name__ == "__main__":
    main()
