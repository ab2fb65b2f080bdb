"""Measure the time from chunk to decision, the memory of a long stream, and streams at once.

    python benchmarks/bench_stream.py [--chans 64] [--sfreq 500] [--minutes 60] [--streams 32]

An untrained EEGNet classifies windows of 2 s, filtered to 4-38 Hz, every 0.25 s. Chunks of 20 ms
of noise are pushed as fast as they are taken, on one thread. For streams at once, every stream is
given one second of signal in turn; "load" is the time that takes, divided by one second.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import torch

from eegzoo import create_model
from eegzoo.data import Epoch, Filter, Preprocessing
from eegzoo.data.preprocessing.normalization import fit_normalizer
from eegzoo.online import StreamingClassifier
from eegzoo.training import EEGClassifier


def stream_of(n_chans: int, sfreq: float, method: str) -> StreamingClassifier:
    """Return the stream of an untrained EEGNet."""
    preprocessing = Preprocessing([Filter(4.0, 38.0, method), Epoch(0.0, seconds=2.0)])
    n_times = round(2.0 * sfreq)
    torch.manual_seed(0)
    model = create_model("eegnet", n_chans=n_chans, n_times=n_times, n_outputs=2, sfreq=sfreq)
    X = np.random.default_rng(0).normal(0, 20, (20, n_chans, n_times))
    classifier = EEGClassifier.fitted(
        model.eval(), ["left", "right"], fit_normalizer(X, "standardize"),
        preprocessing=preprocessing,
    )  # fmt: skip
    names = [f"E{place}" for place in range(n_chans)]
    return StreamingClassifier(classifier, ch_names=names, sfreq=sfreq)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chans", type=int, default=64)
    parser.add_argument("--sfreq", type=float, default=500.0)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--streams", type=int, default=32)
    options = parser.parse_args()
    torch.set_num_threads(1)
    noise = np.random.default_rng(0).normal(0, 2e-5, (options.chans, round(60 * options.sfreq)))
    size = round(0.02 * options.sfreq)
    chunks = np.split(noise, range(size, noise.shape[1], size), axis=1)
    for method in ("fir", "forward"):
        stream = stream_of(options.chans, options.sfreq, method)
        memory = []
        for _ in range(max(round(options.minutes), 1)):
            for chunk in chunks:
                stream.push(chunk)
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        first = memory[min(1, len(memory) - 1)]
        print(f"{method}: {stream.latency}; peak memory {first:.0f} MiB after two minutes, "
              f"{memory[-1]:.0f} MiB at the end")  # fmt: skip
    streams = [stream_of(options.chans, options.sfreq, "forward") for _ in range(options.streams)]
    second = noise[:, : round(options.sfreq)]
    for stream in streams:
        stream.push(noise[:, : round(4 * options.sfreq)])
    started = time.perf_counter()
    for _ in range(5):
        for stream in streams:
            for chunk in np.split(second, range(size, second.shape[1], size), axis=1):
                stream.push(chunk)
    load = (time.perf_counter() - started) / 5
    print(f"{options.streams} streams on one core: load {load:.2f}")


if __name__ == "__main__":
    main()
