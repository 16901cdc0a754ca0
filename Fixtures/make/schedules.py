"""Learning-rate factors of Transformers' schedules, for every step.

Writes HoneOptimizersTests/Fixtures/schedules.json. `factors[k]` multiplies the peak learning rate of optimizer step k
(from 0), for k = 0 ... steps; the last one is the factor after the final step.
"""

from _fixture import folder, header, write_json

import torch
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_cosine_with_min_lr_schedule_with_warmup,
    get_linear_schedule_with_warmup,
    get_polynomial_decay_schedule_with_warmup,
)

CASES = [(1, 0), (2, 1), (10, 0), (10, 3), (11, 1), (20, 20), (37, 5), (60, 4)]
FLOORS = [(10, 0, 0.1), (37, 5, 0.1), (21, 20, 0.5), (11, 1, 0.02)]


def factors(name: str, steps: int, warmup: int, floor: float = 0) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    if floor > 0 and name == "linear":
        schedule = get_polynomial_decay_schedule_with_warmup(optimizer, warmup, steps, lr_end=floor, power=1.0)
    elif floor > 0:
        schedule = get_cosine_with_min_lr_schedule_with_warmup(optimizer, warmup, steps, min_lr_rate=floor)
    elif name == "linear":
        schedule = get_linear_schedule_with_warmup(optimizer, warmup, steps)
    elif name == "cosine":
        schedule = get_cosine_schedule_with_warmup(optimizer, warmup, steps)
    else:
        schedule = get_constant_schedule_with_warmup(optimizer, warmup)
    return [schedule.lr_lambdas[0](step) for step in range(steps + 1)]


def main() -> None:
    cases = [
        {"schedule": name, "steps": steps, "warmup": warmup, "factors": factors(name, steps, warmup)}
        for name in ("linear", "cosine", "constant")
        for steps, warmup in CASES
    ]
    cases += [
        {"schedule": name, "steps": steps, "warmup": warmup, "floor": floor, "factors": factors(name, steps, warmup, floor)}
        for name in ("linear", "cosine")
        for steps, warmup, floor in FLOORS
    ]
    write_json(folder("HoneOptimizers") / "schedules.json", header(None, "torch", "transformers"), {"cases": cases})


if __name__ == "__main__":
    main()
