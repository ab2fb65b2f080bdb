"""Stage many nights on a local Dask cluster, and print how many an hour that makes.

    python benchmarks/bench_nights.py [--nights 1000] [--workers 2] [--model robustsleepnet]
        [--folder FOLDER] [--kill]

The nights are one simulated night of eight hours, one channel at 100 Hz, under as many names: each
is read, staged and written as a table. With --folder, nights and tables stay there, and a run that
was interrupted continues with the nights that have no table. With --kill, a worker is killed in the
middle of the run; the tables of all nights are then compared.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import tempfile
import threading
import time
from pathlib import Path

import dask
import distributed
import edfio
import joblib
import numpy as np

from eegzoo.sleep import stage_nights

HOURS, SFREQ = 8, 100
# Dask sets MALLOC_TRIM_THRESHOLD_ for its workers, so that large arrays are mapped and unmapped
# each time, which costs 2.5 s of system time a night. With these values they are not.
ENVIRONMENT = "distributed.nanny.pre-spawn-environ"
MALLOC = {"MALLOC_TRIM_THRESHOLD_": 2**28, "MALLOC_MMAP_THRESHOLD_": 2**25}


def write_nights(folder: Path, n_nights: int) -> list[Path]:
    """Write one night of noise with the slope of EEG, and link it to other names."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = np.random.default_rng(0).standard_normal(HOURS * 3600 * SFREQ)
    noise = edfio.EdfSignal(
        10 * steps.cumsum() / 100, SFREQ, label="EEG C4-M1", physical_dimension="uV"
    )
    names = [folder / f"night{number:04}.edf" for number in range(n_nights)]
    if not names[0].exists():
        edfio.Edf([noise]).write(names[0])
    for name in names[1:]:
        if not name.exists():
            os.link(names[0], name)
    return names


def kill_when(folder: Path, n_files: int, pid: int) -> None:
    """Kill a process once a folder has so many files, from a thread of its own."""

    def watch() -> None:
        while len(list(folder.glob("*.csv"))) < n_files:
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def load() -> str:
    """Return the load of the machine over one, five and fifteen minutes."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def usage() -> tuple[float, float]:
    """Return the CPU seconds and the peak memory in MB of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return time.process_time(), peak


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--model", default="robustsleepnet")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--kill", action="store_true")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as temporary,
        dask.config.set({f"{ENVIRONMENT}.{name}": size for name, size in MALLOC.items()}),
        distributed.LocalCluster(
            n_workers=arguments.workers, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config(backend="dask", client=client),
    ):
        folder = arguments.folder or Path(temporary)
        nights = write_nights(folder / "nights", arguments.nights + arguments.workers)
        # Imports and weights are loaded once by each worker.
        first, nights = nights[: arguments.workers], nights[arguments.workers :]
        warm = list(stage_nights(first, arguments.model, out=Path(temporary) / "first"))
        out = folder / "out"
        left = [night for night in nights if not (out / f"{night.stem}.csv").exists()]
        if len(left) < len(nights):
            print(f"{len(nights) - len(left)} nights have a table already")
        if not left:
            return
        before = client.run(usage)
        if arguments.kill:
            kill_when(out, len(nights) - len(left) // 2, next(iter(client.run(os.getpid).values())))
        start = time.perf_counter()
        found = []
        for night in stage_nights(left, arguments.model, out=out):
            found.append(night)
            if len(found) % 100 == 0:  # for runs that are interrupted
                rate = 3600 * len(found) / (time.perf_counter() - start)
                print(f"{len(found)} nights, {rate:.0f} an hour, load {load()}", flush=True)
        wall = time.perf_counter() - start
        after = client.run(usage)
        tables = {path.read_bytes() for path in out.iterdir()}
        n_files = len(list(out.iterdir()))
    errors = [night.error for night in [*warm, *found] if night.error is not None]
    cpu = sum(after[worker][0] - before.get(worker, (0.0, 0.0))[0] for worker in after)
    peak = max(memory for _, memory in after.values())
    print(f"{len(found)} nights, {n_files} tables with {len(tables)} different contents")
    print(f"errors: {errors or 'none'}; load {load()}")
    print(f"{wall:.0f} s, {3600 * len(found) / wall:.0f} nights an hour of {os.cpu_count()} cores")
    print(
        f"{cpu / len(found):.1f} CPU seconds a night: "
        f"{3600 * arguments.workers * len(found) / cpu:.0f} nights an hour of as many free cores"
    )
    print(f"largest worker: {peak:.0f} MB")


if __name__ == "__main__":
    main()
