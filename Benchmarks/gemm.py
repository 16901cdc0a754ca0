"""The measured ceiling: GFLOP/s of the products that fine-tuning MiniLM is made of.

    python Benchmarks/gemm.py [--threads 2] [--seconds 0.5]

For y = x W^T + b (rows x in times in x out) it times torch's own path (MKL in float32), oneDNN's float32 kernel with the
weight packed beforehand, and bf16. 545 rows are one packed batch of 32 short texts, 1600 the same batch padded.
Data are random: zeros run faster. Prints Markdown; each cell is the fastest of its repeats, for this is a ceiling.
"""

import argparse
import os
import time


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0.5, help="how long each cell is measured")
    return parser.parse_args()


OPTIONS = arguments()
os.environ.update(OMP_NUM_THREADS=str(OPTIONS.threads), MKL_NUM_THREADS=str(OPTIONS.threads))

import torch  # noqa: E402

SHAPES = [(rows, inner, outer) for rows in (545, 1600) for inner, outer in ((384, 384), (384, 1536), (1536, 384))]


def speed(call, operations: float) -> float:
    for _ in range(5):
        call()
    repeats, end = [], time.perf_counter() + OPTIONS.seconds
    while time.perf_counter() < end or len(repeats) < 5:
        began = time.perf_counter()
        call()
        repeats.append(time.perf_counter() - began)
    return operations / min(repeats) / 1e9


def onednn(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, packed: bool):
    """oneDNN's linear layer, with the weight in oneDNN's own layout or as it lies."""
    given = torch.ops.mkldnn._reorder_linear_weight(weight, x.shape[0]) if packed else weight
    return lambda: torch.ops.mkldnn._linear_pointwise(x, given, bias, "none", [], "")


def cells(rows: int, inner: int, outer: int) -> dict[str, float]:
    generator = torch.Generator().manual_seed(7)
    x, weight, bias = (torch.randn(*shape, generator=generator) for shape in ((rows, inner), (outer, inner), (outer,)))
    gradient = torch.randn(rows, outer, generator=generator)
    half = [value.bfloat16() for value in (x, weight, bias, gradient)]
    operations = 2.0 * rows * inner * outer
    return {
        "fp32 torch (MKL)": speed(lambda: torch.nn.functional.linear(x, weight, bias), operations),
        "fp32 oneDNN": speed(onednn(x, weight, bias, False), operations),
        "fp32 oneDNN packed": speed(onednn(x, weight, bias, True), operations),
        "fp32 dX (MKL)": speed(lambda: gradient @ weight, operations),
        "fp32 dX oneDNN": speed(onednn(gradient, weight.t().contiguous(), torch.zeros(inner), False), operations),
        "fp32 dW (MKL)": speed(lambda: gradient.t() @ x, operations),
        "bf16 torch": speed(lambda: torch.nn.functional.linear(*half[:3]), operations),
        "bf16 oneDNN packed": speed(onednn(*half[:3], True), operations),
        "bf16 dX": speed(lambda: half[3] @ half[1], operations),
        "bf16 dW": speed(lambda: half[3].t() @ half[0], operations),
    }


def main() -> None:
    torch.set_num_threads(OPTIONS.threads)
    measured = [(shape, cells(*shape)) for shape in SHAPES]
    names = list(measured[0][1])
    print(f"GFLOP/s, {OPTIONS.threads} threads, torch {torch.__version__}, load before {os.getloadavg()[0]:.2f}\n")
    print("| rows x in x out | " + " | ".join(names) + " |\n|---|" + "---:|" * len(names))
    for (rows, inner, outer), values in measured:
        print(f"| {rows} x {inner} x {outer} | " + " | ".join(f"{values[name]:.0f}" for name in names) + " |")


if __name__ == "__main__":
    with torch.no_grad():
        main()
