"""Values and gradients (with respect to the logits) of PyTorch's losses.

Writes HoneObjectivesTests/Fixtures/losses.json. Lists are flat, row-major; shapes are distinct primes. Every case has
`sum` and `gradient` (reduction "sum") and `mean` (reduction "mean") with `denominator` = sum / mean, so that it also
says what PyTorch divides by: with class weights the sum of the weights of the targets, with or without smoothing.
"""

from _fixture import deterministic, folder, header, write_json

import numpy
import torch
import torch.nn.functional as F

SEED = 43


def flat(tensor: torch.Tensor) -> list[float]:
    return [float(str(numpy.float32(value))) for value in tensor.detach().flatten().tolist()]


def measure(logits: torch.Tensor, loss, denominator: float) -> dict:
    leaf = logits.clone().requires_grad_()
    total = loss(leaf, "sum")
    total.backward()
    mean = loss(logits, "mean")
    assert torch.isfinite(total) and torch.isfinite(leaf.grad).all()
    assert abs(total.item() / denominator - mean.item()) <= 1e-6 * max(1.0, abs(mean.item())), (total, denominator, mean)
    return {"sum": flat(total)[0], "mean": flat(mean)[0], "denominator": denominator, "gradient": flat(leaf.grad)}


def cross_entropy(generator: torch.Generator) -> list[dict]:
    cases = []
    shapes = {"ordinary": (5, 7), "wide": (3, 11), "extreme": (3, 5)}
    for name, (rows, classes) in shapes.items():
        logits = torch.randn(rows, classes, generator=generator) * 2
        if name == "extreme":
            logits = torch.tensor([[1e4, -1e4, 0.0, 3.0, -2.0], [-1e4, -1e4, 1e4, 1e4, 5.0], [0.5, 1e4, -7.0, -1e4, 2.0]])
        targets = torch.randint(0, classes, (rows,), generator=generator)
        weights = torch.rand(classes, generator=generator) * 2 + 0.1
        for smoothing in (0.0, 0.1):
            for weight in (None, weights):
                denominator = float(rows) if weight is None else weight[targets].double().sum().item()
                case = {"name": name, "shape": [rows, classes], "labelSmoothing": smoothing,
                        "classWeights": None if weight is None else flat(weight),
                        "targets": targets.tolist(), "logits": flat(logits)}
                case.update(measure(logits, lambda value, reduction: F.cross_entropy(
                    value, targets, weight=weight, label_smoothing=smoothing, reduction=reduction), denominator))
                cases.append(case)
    return cases


def binary(generator: torch.Generator) -> list[dict]:
    cases = []
    for name, (rows, labels) in {"ordinary": (5, 3), "wide": (2, 11), "extreme": (2, 5)}.items():
        logits = torch.randn(rows, labels, generator=generator) * 3
        if name == "extreme":
            logits = torch.tensor([[1e4, -1e4, 1e4, -1e4, 0.0], [-50.0, 50.0, 1e4, 88.0, -104.0]])
        targets = (torch.rand(rows, labels, generator=generator) < 0.4).float()
        positive = torch.rand(labels, generator=generator) * 4 + 0.5
        for weight in (None, positive):
            case = {"name": name, "shape": [rows, labels], "positiveWeights": None if weight is None else flat(weight),
                    "targets": flat(targets), "logits": flat(logits)}
            case.update(measure(logits, lambda value, reduction: F.binary_cross_entropy_with_logits(
                value, targets, pos_weight=weight, reduction=reduction), float(rows * labels)))
            cases.append(case)
    return cases


def squared(generator: torch.Generator) -> list[dict]:
    cases = []
    for name, shape in {"one output": (7, 1), "several outputs": (5, 3), "extreme": (3, 1)}.items():
        logits = torch.randn(*shape, generator=generator)
        targets = torch.randn(*shape, generator=generator)
        if name == "extreme":
            logits, targets = torch.tensor([[1e4], [-1e4], [0.5]]), torch.tensor([[-1e4], [1e4], [0.25]])
        case = {"name": name, "shape": list(shape), "targets": flat(targets), "logits": flat(logits)}
        case.update(measure(logits, lambda value, reduction: F.mse_loss(value, targets, reduction=reduction),
                            float(logits.numel())))
        cases.append(case)
    return cases


def main() -> None:
    deterministic()
    generator = torch.Generator().manual_seed(SEED)
    body = {"crossEntropy": cross_entropy(generator), "binaryCrossEntropy": binary(generator), "meanSquared": squared(generator)}
    write_json(folder("HoneObjectives") / "losses.json", header(SEED, "torch"), body)


if __name__ == "__main__":
    main()
