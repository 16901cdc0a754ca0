"""Ten-step trajectories of torch.optim's AdamW and SGD on two tensors, and clipping by global norm.

Writes HoneOptimizersTests/Fixtures/: one JSON per optimizer case (adamw-*.json, sgd-*.json) and clipping.json.
Tensors are flat lists in row-major order; numbers are the float32 values, printed in full.
"""

from _fixture import deterministic, folder, header, write_json

import torch

SEED = 41
STEPS = 10
SHAPES = {"matrix": (2, 3), "vector": (5,)}

ADAMW = {
    "adamw": dict(lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1),
    "adamw-plain": dict(lr=3e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0),
    "adamw-betas": dict(lr=5e-2, betas=(0.7, 0.95), eps=1e-4, weight_decay=0.3),
}
SGD = {
    "sgd": dict(lr=1e-1, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0),
    "sgd-decay": dict(lr=1e-1, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.2),
    "sgd-momentum": dict(lr=5e-2, momentum=0.9, dampening=0.0, nesterov=False, weight_decay=0.2),
    "sgd-dampening": dict(lr=5e-2, momentum=0.8, dampening=0.3, nesterov=False, weight_decay=0.0),
    "sgd-nesterov": dict(lr=5e-2, momentum=0.9, dampening=0.0, nesterov=True, weight_decay=0.2),
}


def flat(tensor: torch.Tensor) -> list[float]:
    """Shortest decimals that give the same float32 back."""
    import numpy

    return [float(str(numpy.float32(value))) for value in tensor.detach().flatten().tolist()]


def tensors(generator: torch.Generator, scale: float = 1.0) -> dict[str, torch.Tensor]:
    return {name: scale * torch.randn(shape, generator=generator) for name, shape in SHAPES.items()}


def trajectory(kind: type, options: dict, seed: int) -> dict:
    """Weight decay falls on the matrix only. The learning rate of step k is `lr * (1 - k / 20)`, as a schedule would set it."""
    generator = torch.Generator().manual_seed(seed)
    weights = {name: value.requires_grad_() for name, value in tensors(generator).items()}
    initial = {name: flat(value) for name, value in weights.items()}
    decay = options.pop("weight_decay")
    groups = [
        {"params": [weights["matrix"]], "weight_decay": decay},
        {"params": [weights["vector"]], "weight_decay": 0.0},
    ]
    optimizer = kind(groups, foreach=False, **options)
    steps = []
    for index in range(STEPS):
        gradients = tensors(generator, scale=10.0 ** (index % 3 - 1))
        rate = options["lr"] * (1 - index / 20)
        for group in optimizer.param_groups:
            group["lr"] = rate
        for name, value in weights.items():
            value.grad = gradients[name].clone()
        optimizer.step()
        step = {"learningRate": rate, "gradient": {k: flat(v) for k, v in gradients.items()},
                "weights": {k: flat(v) for k, v in weights.items()}}
        for key in ("exp_avg", "exp_avg_sq", "momentum_buffer"):
            state = {name: optimizer.state[value].get(key) for name, value in weights.items()}
            if all(value is not None for value in state.values()):
                step[key] = {name: flat(value) for name, value in state.items()}
        steps.append(step)
    settings = {"learningRate": options["lr"], "weightDecay": {"matrix": decay, "vector": 0.0}}
    if kind is torch.optim.AdamW:
        settings.update(beta1=options["betas"][0], beta2=options["betas"][1], epsilon=options["eps"])
    else:
        settings.update(momentum=options["momentum"], dampening=options["dampening"], nesterov=options["nesterov"])
    return {"optimizer": kind.__name__, "settings": settings, "shapes": {k: list(v) for k, v in SHAPES.items()},
            "initial": initial, "steps": steps}


def clipping(seed: int) -> list[dict]:
    """torch.nn.utils.clip_grad_norm_: factor min(1, maximum / (norm + 1e-6))."""
    cases = []
    generator = torch.Generator().manual_seed(seed)
    for maximum, scale in ((1.0, 1.0), (1.0, 0.1), (0.25, 3.0), (10.0, 1.0), (1.0, 1e-9), (1.0, 1e6), (2.0, 0.0)):
        gradients = tensors(generator, scale)
        parameters = []
        for value in gradients.values():
            parameter = torch.zeros_like(value).requires_grad_()
            parameter.grad = value.clone()
            parameters.append(parameter)
        norm = torch.nn.utils.clip_grad_norm_(parameters, maximum, foreach=False)
        cases.append({"maximum": maximum, "gradients": {k: flat(v) for k, v in gradients.items()}, "norm": flat(norm)[0],
                      "clipped": {k: flat(p.grad) for k, p in zip(gradients, parameters)}})
    return cases


def main() -> None:
    deterministic()
    target = folder("HoneOptimizers")
    for kind, cases in ((torch.optim.AdamW, ADAMW), (torch.optim.SGD, SGD)):
        for index, (name, options) in enumerate(cases.items()):
            seed = SEED + 100 * (kind is torch.optim.SGD) + index
            write_json(target / f"{name}.json", header(seed, "torch"), trajectory(kind, dict(options), seed))
    shapes = {k: list(v) for k, v in SHAPES.items()}
    write_json(target / "clipping.json", header(SEED, "torch"), {"shapes": shapes, "cases": clipping(SEED)})


if __name__ == "__main__":
    main()
