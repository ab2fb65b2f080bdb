"""Fine-tune each foundation model on a person of EEGMMIDB, and print memory and time of a step.

    python benchmarks/bench_finetuning.py [--models labram,biot] [--steps 3] [--batch 16]

The models have their authors' sizes and new weights, and all of these are trained with AdamW. The
windows are the imagined fists and feet of subject 1 (runs 6, 10, 14), three seconds, as far as each
model knows their channels. Each model runs in a process of its own, whose peak is the memory.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import eegzoo
from eegzoo.data import Epoch, EpochsDataset, Preprocessing, fetch_eegbci
from eegzoo.weights.benchmarks.any_windows import model_for


def windows() -> tuple[torch.Tensor, torch.Tensor, tuple[str, ...], float]:
    """Return windows in microvolts, labels as integers, names of channels, and the rate."""
    data = EpochsDataset.from_recordings(
        fetch_eegbci(1, (6, 10, 14)), Preprocessing([Epoch(0, 3 - 1 / 160)]),
        event_id={"fists": "fists", "feet": "feet"},
    )  # fmt: skip
    labels = np.unique(np.asarray(data.labels), return_inverse=True)[1]
    x = torch.tensor(np.stack([data[row][0] for row in range(len(data))]), dtype=torch.float32)
    return x, torch.tensor(labels), tuple(data.info.ch_names), float(data.info.sfreq)


def fine_tune(name: str, n_steps: int, batch_size: int) -> str:
    """Return a row of the table."""
    x, y, ch_names, sfreq = windows()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    model = model_for(
        name, n_chans=x.shape[1], n_times=x.shape[2], n_outputs=2, sfreq=sfreq, ch_names=ch_names
    ).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    seconds = []
    for step in range(n_steps):
        rows = torch.arange(step * batch_size, (step + 1) * batch_size) % len(x)
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
        if not torch.isfinite(loss):
            raise ValueError(f"expected a finite loss of {name}, got {loss}")
    n_weights = sum(weight.numel() for weight in model.parameters())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    inner = getattr(model, "backbone", model)
    return (
        f"| `{name}` | {inner.n_chans} | {inner.n_times} | {n_weights / 1e6:.1f} | "
        f"{peak / 1024:.1f} | {(peak - before) / 1024:.1f} | {min(seconds):.1f} |"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default=",".join(eegzoo.list_models(foundation=True)))
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.models.split(",")
    if options.child:
        print(fine_tune(names[0], options.steps, options.batch))
    else:
        print("| model | channels | samples | million weights | GB | GB of training | s a step |")
        print("|---|---|---|---|---|---|---|")
        for name in names:
            command = [sys.executable, "-W", "ignore", __file__, "--child", "--models", name]
            sizes = ["--steps", str(options.steps), "--batch", str(options.batch)]
            done = subprocess.run([*command, *sizes], stdout=subprocess.PIPE, text=True, check=True)
            print(done.stdout.splitlines()[-1], flush=True)
