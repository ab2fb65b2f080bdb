"""Write a corpus with one and with two workers of a local Dask cluster, in turns.

    python benchmarks/bench_corpus.py [--recordings 24] [--minutes 10] [--rounds 3] [--kill]

Each recording has 32 channels at 500 Hz, and is filtered, resampled to 128 Hz and cut into windows
of 4 s. On a machine with other load the wall time says little, so the CPU time of the busiest
worker is printed too: it is what the wall time would be with a core for each worker. With --kill, a
worker is killed in the middle of each run of two, and the stores are compared byte by byte.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import joblib
import mne
import numpy as np

from eegzoo.data import Epoch, Filter, Preprocessing, Recording, Resample, WindowStore

N_CHANS, SFREQ = 32, 500.0
STEPS = Preprocessing([Filter(4.0, 38.0), Resample(128.0), Epoch(0.0, seconds=4.0)], bads="keep")


def write_raw(path: Path, minutes: float) -> None:
    """Write a recording of noise with an event every five seconds."""
    data = np.random.default_rng(0).normal(0, 1e-5, (N_CHANS, round(60 * minutes * SFREQ)))
    info = mne.create_info([f"E{number}" for number in range(N_CHANS)], SFREQ, "eeg")
    onsets = np.arange(1, 60 * minutes - 5, 5.0)
    names = np.array(["left", "right"])[np.arange(len(onsets)) % 2]
    raw = mne.io.RawArray(data, info, verbose="ERROR")
    raw.set_annotations(mne.Annotations(onsets, 0.0, names)).save(path, verbose="ERROR")


def recordings(path: Path, number: int, first: int = 0) -> Iterator[Recording]:
    """Yield one file under the names of several subjects."""
    for subject in range(first, first + number):
        yield Recording(mne.io.read_raw_fif(path, verbose="ERROR"), f"S{subject}")


def cpu_seconds() -> float:
    """Return the CPU seconds of this process."""
    return time.process_time()


def hash_of(folder: Path) -> str:
    """Return a hash of all files of a store."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.name != ".lock":
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def kill_when(folder: Path, n_files: int, pid: int) -> threading.Thread:
    """Kill a process when a folder has so many files of windows."""

    def watch() -> None:
        while len(list(folder.glob("*.npy"))) < n_files:
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def run(
    client: Any, path: Path, store: Path, number: int, kill: bool = False
) -> tuple[float, float, str]:
    """Write a store; return wall seconds, CPU seconds of the busiest worker, and its hash."""
    before = client.run(cpu_seconds)
    if kill:
        store.mkdir()
        kill_when(store, number // 2, next(iter(client.run(os.getpid).values())))
    start = time.perf_counter()
    with joblib.parallel_config(backend="dask", client=client):
        WindowStore.write(store, recordings(path, number), STEPS, verbose=0)
    wall = time.perf_counter() - start
    used = client.run(cpu_seconds)
    busiest = max(used[worker] - before.get(worker, 0.0) for worker in used)
    return wall, busiest, hash_of(store)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kill", action="store_true")
    arguments = parser.parse_args()
    mne.set_log_level("ERROR")
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
    hashes = set()
    with (
        tempfile.TemporaryDirectory() as temporary,
        distributed.LocalCluster(n_workers=1, **options) as one,
        distributed.LocalCluster(n_workers=2, **options) as two,
        distributed.Client(one, set_as_default=False) as of_one,
        distributed.Client(two, set_as_default=False) as of_two,
    ):
        folder = Path(temporary)
        path = folder / "one_raw.fif"
        write_raw(path, arguments.minutes)
        seconds: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
        for round_ in range(-1, arguments.rounds):  # the first loads what workers import
            for n_workers, client in ((1, of_one), (2, of_two)):
                client.wait_for_workers(n_workers)
                number = arguments.recordings if round_ >= 0 else 4
                kill = arguments.kill and n_workers == 2 and round_ >= 0
                store = folder / f"{round_} {n_workers}"
                wall, busiest, found = run(client, path, store, number, kill)
                if round_ >= 0:
                    hashes.add(found)
                    seconds[n_workers].append((wall, busiest))
                    print(f"{n_workers} workers: {wall:.1f} s, busiest worker {busiest:.1f} s CPU")
    walls, busy = (np.median([[s[k] for s in seconds[n]] for n in (1, 2)], axis=1) for k in (0, 1))
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{arguments.recordings} recordings of {arguments.minutes:g} min; load {load}")
    print(f"speed of two workers: {walls[0] / walls[1]:.2f} times that of one by the clock")
    print(f"with a core for each: {busy[0] / busy[1]:.2f} times")
    print(f"{busy[0] / arguments.recordings:.2f} CPU seconds a recording")
    print(f"different stores: {len(hashes)}")


if __name__ == "__main__":
    main()
