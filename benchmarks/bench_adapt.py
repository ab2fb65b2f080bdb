"""Time the adaptation to a new person, without labels.

    python benchmarks/bench_adapt.py [--chans 64] [--windows 75] [--rounds 5] [--models ...]
        [--learns head all]

Models with the settings of `recipes/new_person.py` are trained for one pass on simulated people
with as many channels as asked, and adapted to another one: 75 windows of 512 samples at 128 Hz are
five minutes. Times are those of the processor, on one thread of torch and of NumPy, medians over
rounds in which the models take turns. Of networks, the head alone learns ("head") or all weights
("all").
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from results_table import markdown
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))

import new_person

from eegzoo.training import AdaptationWarning, EEGClassifier, PseudoLabels

SFREQ, N_TIMES = 128.0, 512


def simulated(n_chans: int, n_windows: int, seed: int) -> np.ndarray:
    """Return windows (n_windows, n_chans, n_times) of mixed noise, in microvolts."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(n_chans, n_chans)) / np.sqrt(n_chans)
    return (20 * mixing @ rng.normal(size=(n_windows, n_chans, N_TIMES))).astype(np.float32)


def fitted(model: str, task: str, n_chans: int) -> EEGClassifier:
    """Return a classifier with the settings of the recipe, after one pass over two people."""
    settings = dict(new_person.recipe_of(task).models[model])
    settings.update(max_epochs=1, people_per_batch=2, batch_size=16, sfreq=SFREQ)
    windows = np.concatenate([simulated(n_chans, 8, seed) for seed in range(2)])
    classifier = EEGClassifier(model, random_state=0, **settings)
    labels, people = np.arange(16) % 2, np.repeat(["S1", "S2"], 8)
    return classifier.fit(windows, labels, groups=people)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chans", type=int, default=64)
    parser.add_argument("--windows", type=int, default=75)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", nargs="+")
    parser.add_argument("--learns", nargs="+", choices=("head", "all"), default=("head", "all"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    threadpool_limits(1)  # NumPy's threads would compete for the cores, and are counted as well
    warnings.simplefilter("ignore", AdaptationWarning)
    jobs = {}
    for task, models in new_person.MODELS.items():
        for model in models:
            if options.models and model not in options.models:
                continue
            classifier = fitted(model, task, options.chans)
            learns = classifier.pseudo_labels or PseudoLabels()
            for which in sorted({"head", learns.which} & set(options.learns)):
                # A threshold that all windows pass, so that nothing stops the learning.
                labels = PseudoLabels(0.01, smallest_share=0.0, which=which)
                jobs[task, model, which] = (classifier, labels)
    windows = simulated(options.chans, options.windows, 9)
    times: dict[tuple[str, str, str], list[float]] = {key: [] for key in jobs}
    for _ in range(options.rounds):
        for key, (classifier, labels) in jobs.items():
            start = time.process_time()
            record = classifier.adapt(windows, pseudo_labels=labels).adaptation_
            times[key].append(time.process_time() - start)
            if record is None or "one-sided" in record.stepped_back:
                raise RuntimeError(f"expected labels that are learnt, got {record}")
    print(markdown(("task", "model", "learns", "CPU seconds")), "|---|---|---|---|", sep="\n")
    for key, seconds in times.items():
        print(markdown((*key, f"{np.median(seconds):.2f}")))


if __name__ == "__main__":
    main()
