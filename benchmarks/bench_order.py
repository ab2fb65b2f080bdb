"""How random the order of blocks is, and what it costs and gains in training.

    python benchmarks/bench_order.py [--seeds 5] [--csv FILE]

Windows are drawn by a full shuffle, by `BlockSampler` with several sizes, and by one whose buffer
is a batch. The labels come in runs of 24 windows, half a recording, which is worse than stages of
sleep are. Printed are the variance of the batches' mean label divided by that of a full shuffle
(1 is best), what `variance_inflation` says for labels that are alike in a block, the correlation
of successive batches' means, the median length of what is read at once, and the accuracy on new
people after two epochs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mne
import numpy as np
import torch
from peers import versions
from results_table import print_rows

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    simulate_motor_imagery,
)
from eegzoo.data.windows.lazy_windows import Windows
from eegzoo.training import BlockSampler, EEGClassifier
from eegzoo.training.inputs.crops import RandomCrops
from eegzoo.training.inputs.stored.blocks import BlockBatches
from eegzoo.training.inputs.training_set import TrainingSet

N_PEOPLE, N_TRIALS, RUN, BATCH_SIZE = 24, 96, 24, 16
SITES = ("C3", "Cz", "C4", "CP3", "CP4", "Pz")
COLUMNS = (
    "order", "variance ratio", "formula", "correlation of batches", "windows read at once",
    "accuracy, 2 epochs",
)  # fmt: skip
IN_ORDER = BlockSampler(15, 16, n_lanes=1)
ORDERS = {
    "full shuffle": None,
    "blocks of 16 in 2048": BlockSampler(16, 2048),
    "blocks of 48 in 512": BlockSampler(48, 512),
    "16 neighbours a batch": IN_ORDER,
}


class InFiles(Windows):
    """Windows in memory that say which recording they are of, and remember what is read."""

    def __init__(self, windows: Any, files: Any) -> None:
        self.windows, self.files, self.shape = windows, files, windows.shape
        self.lengths: list[int] = []

    def read(self, indices: Any) -> Any:
        """Return windows, and note the lengths of the runs of neighbours among them."""
        ends = np.flatnonzero(np.diff(indices, append=-9) != 1)
        self.lengths += np.diff(ends, prepend=-1).tolist()
        return self.windows[indices]

    def locations(self) -> tuple[Any, Any]:
        """Return the recording of each window and its place in it."""
        starts = np.searchsorted(self.files, self.files)
        return self.files, np.arange(len(self.files)) - starts


def people() -> EpochsDataset:
    """Return the windows of simulated people, whose labels come in runs."""
    steps = Preprocessing([Filter(6.0, 30.0), Epoch(0.5, 2.5)])
    parts = []
    for seed in range(N_PEOPLE):
        raw = simulate_motor_imagery(N_TRIALS // 2, ch_names=SITES, random_state=seed)
        part = EpochsDataset.from_recordings([Recording(raw, f"S{seed:02}")], steps)
        by_label = [np.flatnonzero(part.y == label) for label in (0, 1)]
        runs = [rows.reshape(-1, RUN) for rows in by_label]
        order = np.stack(runs, axis=1).reshape(-1)
        parts.append(part.subset(order))
    return EpochsDataset.concatenate(parts)


def batches_of(data: TrainingSet, sampler: BlockSampler | None) -> RandomCrops:
    """Return batches in the order of a sampler; None: a full shuffle."""
    if sampler is None:
        return RandomCrops(data, BATCH_SIZE, 1)
    return BlockBatches(data, BATCH_SIZE, 1, sampler)


def order_figures(y: Any, files: Any, sampler: BlockSampler | None) -> tuple[float, float, float]:
    """Return variance and correlation of batches' mean labels, and the length of reads."""
    windows = InFiles(np.zeros((len(y), 1, 1), np.float32), files)
    data = TrainingSet(windows, torch.from_numpy(y), torch.ones(len(y)))
    batches, means = batches_of(data, sampler), []
    for seed in range(10):
        batches.generator.manual_seed(seed)
        means.append([float(batch.y.float().mean()) for batch in batches])
    found = np.array(means) - y.mean()
    return (
        float((found**2).mean()),
        float((found[:, 1:] * found[:, :-1]).mean() / (found**2).mean()),
        float(np.median(windows.lengths)),
    )


def accuracy(
    dataset: EpochsDataset, sampler: BlockSampler | None, n_epochs: int, seed: int
) -> float:
    """Return the accuracy on people who were not trained on."""
    subjects = dataset.groups("subject")
    is_test = np.isin(subjects, np.unique(subjects)[-8:])
    train = dataset.subset(np.flatnonzero(~is_test))
    files = np.unique(train.groups("recording"), return_inverse=True)[1]
    train.X = InFiles(train.X, files)
    classifier = EEGClassifier(
        "eegnet", recipe="plain", max_epochs=n_epochs, batch_size=BATCH_SIZE, sampler=sampler,
        random_state=seed,
    )  # fmt: skip
    test = dataset.subset(np.flatnonzero(is_test))
    return classifier.fit(train).score(test, test.labels)


def bench(n_seeds: int) -> Iterator[tuple[object, ...]]:
    """Yield one row per order."""
    dataset = people()
    files = np.unique(dataset.groups("recording"), return_inverse=True)[1]
    shuffled = order_figures(dataset.y, files, None)[0]
    for name, sampler in ORDERS.items():
        variance, correlation, length = order_figures(dataset.y, files, sampler)
        formula = 1.0 if sampler is None else sampler.variance_inflation(BATCH_SIZE)
        scores = [
            [accuracy(dataset, sampler, n_epochs, seed) for seed in range(n_seeds)]
            for n_epochs in (2,)
        ]
        yield (
            name, f"{variance / shuffled:.2f}", f"{formula:.2f}", f"{correlation:+.2f}",
            f"{length:.0f}", *(f"{np.mean(s):.3f} ± {np.std(s):.3f}" for s in scores),
        )  # fmt: skip


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--csv", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    mne.set_log_level("ERROR")
    print_rows(COLUMNS, bench(arguments.seeds), versions("torch", "mne"), arguments.csv)


if __name__ == "__main__":
    main()
