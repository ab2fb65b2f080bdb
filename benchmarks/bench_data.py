"""Compare the speed at which eegzoo and braindecode load windows for training.

    python benchmarks/bench_data.py [--workers 0 2] [--rounds 7] [--csv data.csv]
    python benchmarks/bench_data.py --large 20 [--folder /scratch]

All data sets hold the same windows and are read in one process, in shuffled batches of 64 torch
tensors, taking turns in every round. The results are printed as a Markdown table. With `--large`,
the script writes a store of the given size in GB instead, trains `EEGClassifier` on it in a process
limited to 2 GB, and deletes it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import mne
import numpy as np
import torch
from peers import report_left_out, stub_torchaudio, versions
from results_table import print_rows
from torch.utils.data import DataLoader

from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording, WindowStore

N_CHANS, N_TIMES, SFREQ, BATCH_SIZE = 22, 1000, 250.0, 64
N_RECORDINGS, N_WINDOWS = 16, 200  # windows of each recording
WINDOW = Preprocessing([Epoch(0.0, (N_TIMES - 1) / SFREQ)])
COLUMNS = (
    "source", "workers", "library", "data set", "windows/s", "iqr", "eegzoo_speedup",
    "windows/CPU_s", "eegzoo_CPU_speedup",
)  # fmt: skip
MEMORY_LIMIT = 2 * 10**9
TRAINED_ON = 20_000  # windows of a large store
Maker = Callable[[Path], Any]


def make_raw(seed: int, n_windows: int = N_WINDOWS) -> mne.io.RawArray:
    """Return noise whose power in one channel depends on the class of the window."""
    rng = np.random.default_rng(seed)
    data = rng.normal(0, 1e-5, (N_CHANS, n_windows, N_TIMES))
    labels = np.arange(n_windows) % 2
    data[0, labels == 1] *= 1.5
    names = mne.channels.make_standard_montage("standard_1020").ch_names[:N_CHANS]
    info = mne.create_info(names, SFREQ, "eeg")
    raw = mne.io.RawArray(data.reshape(N_CHANS, -1), info, verbose="ERROR")
    onsets = np.arange(n_windows) * N_TIMES / SFREQ
    marks = mne.Annotations(onsets, N_TIMES / SFREQ, [f"class {label}" for label in labels])
    return raw.set_annotations(marks)


def recordings() -> Iterator[Recording]:
    """Yield the recordings of every data set."""
    for seed in range(N_RECORDINGS):
        yield Recording(make_raw(seed), f"S{seed}")


def eegzoo_in_memory(folder: Path) -> EpochsDataset:
    """Return eegzoo's data set of windows in memory."""
    return EpochsDataset.from_recordings(recordings(), WINDOW)


def eegzoo_store(folder: Path) -> EpochsDataset:
    """Return eegzoo's data set of windows in a store."""
    return WindowStore.write(folder / "store", recordings(), WINDOW, verbose=0).dataset()


def braindecode_epochs(folder: Path) -> Any:
    """Return braindecode's data set of epochs in memory."""
    return _cut(recordings(), use_mne_epochs=True, preload=True)


def braindecode_saved_epochs(folder: Path) -> Any:
    """Return braindecode's data set of epochs in files written by braindecode."""
    from braindecode.datautil import load_concat_dataset

    path = folder / "epochs"
    path.mkdir()
    braindecode_epochs(folder).save(path)
    return load_concat_dataset(path, preload=False)


def braindecode_raws(folder: Path) -> Any:
    """Return braindecode's data set of windows cut from recordings in memory."""
    return _cut(recordings())


def braindecode_saved_raws(folder: Path) -> Any:
    """Return braindecode's data set of windows cut from recordings in files."""

    def saved() -> Iterator[Recording]:
        for recording in recordings():
            path = folder / f"{recording.subject}_raw.fif"
            recording.raw.save(path, verbose="ERROR")
            yield Recording(mne.io.read_raw_fif(path, preload=False), recording.subject)

    return _cut(saved())


def _cut(chosen: Iterable[Recording], **options: bool) -> Any:
    from braindecode.datasets import BaseConcatDataset, RawDataset
    from braindecode.preprocessing import create_windows_from_events

    datasets = [RawDataset(each.raw, {"subject": each.subject}) for each in chosen]
    return create_windows_from_events(BaseConcatDataset(datasets), **options)


MAKERS: dict[str, dict[tuple[str, str], Maker]] = {
    "memory": {
        ("eegzoo", "EpochsDataset"): eegzoo_in_memory,
        ("braindecode", "epochs, preloaded"): braindecode_epochs,
        ("braindecode", "recordings, preloaded"): braindecode_raws,
    },
    "disk": {
        ("eegzoo", "WindowStore"): eegzoo_store,
        ("braindecode", "epochs in FIF"): braindecode_saved_epochs,
        ("braindecode", "recordings in FIF"): braindecode_saved_raws,
    },
}


def make(name: tuple[str, str], maker: Maker, folder: Path) -> Any:
    """Return a data set, or report why it is left out and return None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return maker(folder)
    except Exception as error:
        report_left_out(", ".join(name), error)
        return None


def loader_of(dataset: Any, n_workers: int) -> DataLoader[Any]:
    """Return a data loader that shuffles, as in training."""
    workers = {"num_workers": n_workers, "persistent_workers": n_workers > 0}
    return DataLoader(dataset, BATCH_SIZE, shuffle=True, **workers)


def rates_of(loader: DataLoader[Any]) -> tuple[float, float]:
    """Return windows per second and per CPU second of this process, over one pass.

    One number of each batch is read. The rate per CPU second is not affected by other load on the
    machine. It is meaningless with workers, which do most of the work in other processes.
    """
    start, cpu, n_windows = time.perf_counter(), time.process_time(), 0
    for windows, labels, *_ in loader:
        if windows.shape[1:] != (N_CHANS, N_TIMES) or windows.dtype != torch.float32:
            raise RuntimeError(f"unexpected windows: {windows.dtype} of shape {windows.shape}")
        n_windows += len(labels)
        windows[-1, -1, -1].item()
    if n_windows != N_RECORDINGS * N_WINDOWS:
        raise RuntimeError(f"expected {N_RECORDINGS * N_WINDOWS} windows, got {n_windows}")
    return n_windows / (time.perf_counter() - start), n_windows / (time.process_time() - cpu)


def bench(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[object, ...]]:
    """Yield one row per data set and number of workers."""
    for where, makers in MAKERS.items():
        made = {name: make(name, maker, folder) for name, maker in makers.items()}
        datasets = {name: dataset for name, dataset in made.items() if dataset is not None}
        for n_workers in arguments.workers:
            loaders = {name: loader_of(dataset, n_workers) for name, dataset in datasets.items()}
            rates: dict[tuple[str, str], list[tuple[float, float]]] = {
                name: [] for name in datasets
            }
            for round_ in range(-1, arguments.rounds):
                for name, loader in loaders.items():
                    measured = rates_of(loader)
                    if round_ >= 0:
                        rates[name].append(measured)
            first, first_cpu = np.median(next(iter(rates.values())), axis=0)
            for name, measured_here in rates.items():
                low, median, high = np.percentile([wall for wall, _ in measured_here], [25, 50, 75])
                cpu = np.median([cpu for _, cpu in measured_here])
                yield (
                    where,
                    n_workers,
                    *name,
                    f"{median:.0f}",
                    f"{high - low:.0f}",
                    f"{first / median:.1f}",
                    *((f"{cpu:.0f}", f"{first_cpu / cpu:.1f}") if n_workers == 0 else ("-", "-")),
                )


def write_large(folder: Path, gigabytes: float) -> None:
    """Write a store of one recording, repeated under the names of different subjects."""
    n_windows = 500
    raw = make_raw(0, n_windows)
    n_recordings = round(gigabytes * 1e9 / (n_windows * N_CHANS * N_TIMES * 4))
    subjects = (Recording(raw, f"S{number}") for number in range(n_recordings))
    start = time.perf_counter()
    store = WindowStore.write(folder, subjects, WINDOW, verbose=0)
    seconds = time.perf_counter() - start
    n_bytes = sum(path.stat().st_size for path in folder.glob("*.npy"))
    print(
        f"wrote {n_bytes / 1e9:.1f} GB, {len(store)} windows of {n_recordings} recordings, in "
        f"{seconds:.0f} s ({len(store) / seconds:.0f} windows/s, one process)"
    )


def evict(folder: Path) -> None:
    """Remove a store's files from the page cache, so that they are read from the disk."""
    for path in folder.glob("*.npy"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def train_here(folder: str) -> None:
    """Limit this process to 2 GB, train on a store, and print time and memory."""
    mne.set_log_level("ERROR")
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        resource.setrlimit(limit, (MEMORY_LIMIT, MEMORY_LIMIT))
    from skorch.callbacks import Callback

    from eegzoo.training import EEGClassifier

    class Clock(Callback):
        def on_epoch_begin(self, net: Any, **_: Any) -> None:
            self.start = time.perf_counter()

        def on_epoch_end(self, net: Any, **_: Any) -> None:
            rate = TRAINED_ON / (time.perf_counter() - self.start)
            print(f"one epoch of training: {rate:.0f} windows/s", flush=True)

    torch.set_num_threads(1)
    dataset = WindowStore(folder).dataset()
    start = time.perf_counter()
    for _ in DataLoader(dataset, BATCH_SIZE, shuffle=True):
        pass
    seconds = time.perf_counter() - start
    rate, peak = len(dataset) / seconds, peak_mib()
    print(f"all {len(dataset)} windows in random order: {seconds:.0f} s, {rate:.0f} windows/s")
    print(f"peak RSS after reading {peak:.0f} MiB", flush=True)
    chosen = np.random.default_rng(0).choice(len(dataset), TRAINED_ON + 640, replace=False)
    start = time.perf_counter()
    classifier = EEGClassifier(
        "eegnet", max_epochs=1, batch_size=BATCH_SIZE, callbacks=[Clock()], random_state=0
    ).fit(dataset[chosen[:TRAINED_ON]])
    seconds = time.perf_counter() - start
    test = dataset[chosen[TRAINED_ON:]]
    score, peak = classifier.score(test, test.labels), peak_mib()
    print(f"fit of {TRAINED_ON} windows from all over the store: {seconds:.0f} s")
    print(f"score {score:.2f}; peak RSS {peak:.0f} MiB")


def peak_mib() -> float:
    """Return the peak resident memory of this process, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def bench_large(folder: Path, gigabytes: float) -> None:
    """Write a large store, and train on it in a process with limited memory."""
    free = shutil.disk_usage(folder).free
    if free < 1.2e9 * gigabytes:
        raise SystemExit(f"expected {1.2 * gigabytes:g} GB free in {folder}, got {free / 1e9:.0f}")
    write_large(folder / "store", gigabytes)
    evict(folder / "store")
    subprocess.run([sys.executable, __file__, "--train", str(folder / "store")], check=True)


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] == ["--train"]:
        train_here(sys.argv[2])
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", nargs="+", type=int, default=[0, 2])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--large", type=float, metavar="GB", help="size of a large store")
    parser.add_argument("--folder", type=Path, help="parent of the temporary folder")
    parser.add_argument("--csv", type=Path)
    arguments = parser.parse_args()
    stub_torchaudio()
    used = versions("torch", "mne", "braindecode")
    mne.set_log_level("ERROR")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        if arguments.large:
            print(used)
            bench_large(Path(folder), arguments.large)
            return
        torch.set_num_threads(1)
        print_rows(COLUMNS, bench(arguments, Path(folder)), used, arguments.csv)


if __name__ == "__main__":
    main()
