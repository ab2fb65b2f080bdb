"""Compare training from a store in object storage with training from a local disk.

    python benchmarks/bench_store.py [--gb 20] [--cache-gb 0.5] [--windows 20000] [--folder DIR]

Writes a store, serves it on loopback by the protocol of S3 (`object_folder.py`), and trains EEGNet
for an epoch, with windows drawn in blocks, in processes that may have 2 GB of memory: from the disk
and from the server, taking turns, with an empty cache each time. The default cache is smaller than
the windows of an epoch, which are therefore downloaded anew. Then a training from the server is
killed again and again in the middle of an epoch, and its weights are compared bit by bit with those
of one from the disk that ran through. Last, the whole store is read from the server once.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import mne
import numpy as np
import torch
from bench_data import BATCH_SIZE, WINDOW, make_raw
from skorch.callbacks import Callback

from eegzoo.data import Recording, WindowStore
from eegzoo.data.store.checked_json import sha256, write_sealed
from eegzoo.data.store.shards import PIECE_BYTES, npy_header
from eegzoo.training import BlockSampler, EEGClassifier

N_WINDOWS = 500  # of a recording: 44 MB
MEMORY_LIMIT = 2 * 10**9
SAMPLER = BlockSampler(block_length=32, buffer_length=2048)
URL = "s3://bucket"


def write_store(folder: Path, gigabytes: float) -> WindowStore:
    """Write a store whose recordings are one recording with other amplitudes."""
    store = WindowStore.write(folder, [Recording(make_raw(0, N_WINDOWS), "S0")], WINDOW, verbose=0)
    first, windows = store.shards[0], store[:]
    shards = []
    for number in range(round(gigabytes * 1e9 / first.n_bytes)):
        content = npy_header(first.shape) + (windows * np.float32(1 + 1e-3 * number)).tobytes()
        starts = range(0, len(content), PIECE_BYTES)
        shard = dataclasses.replace(
            first,
            key=sha256(number),
            sha256=hashlib.sha256(content).hexdigest(),
            pieces=[hashlib.sha256(content[at : at + PIECE_BYTES]).hexdigest() for at in starts],
            metadata={**first.metadata, "recording": f"S{number}", "subject": f"S{number}"},
        )
        (folder / shard.file).write_bytes(content)
        write_sealed(folder / f"{shard.key}.json", shard.to_dict())
        shards.append(shard)
    described = [shard.to_dict() for shard in shards]
    write_sealed(
        folder / "index.json",
        {"preprocessing": store.preprocessing.to_dict(), "shards": described},
    )
    return WindowStore(folder)


def evict(folder: Path) -> None:
    """Remove a store's files from the page cache, so that they are read from the disk."""
    for path in folder.glob("*.npy"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def opened(location: str, endpoint: str, cache: str, cache_gb: float) -> WindowStore:
    """Open a store on the disk, or at the endpoint."""
    if location != URL:
        return WindowStore(location)
    options = {
        "endpoint": endpoint, "access_key_id": "x", "secret_access_key": "x",
        "region": "us-east-1", "client_options": {"allow_http": True},
    }  # fmt: skip
    return WindowStore(URL, storage_options=options, cache=cache, cache_gb=cache_gb)


class Clock(Callback):
    """Notes the time of an epoch."""

    seconds = 0.0

    def on_epoch_begin(self, net: Any, **_: Any) -> None:
        """Note the start."""
        self.start = time.perf_counter()

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Note the time since the start."""
        self.seconds = time.perf_counter() - self.start


def train_here(asked: dict[str, Any]) -> None:
    """Train as a process that may have 2 GB of memory, and print what was measured."""
    mne.set_log_level("ERROR")
    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    store = opened(asked["location"], asked["endpoint"], asked["cache"], asked["cache_gb"])
    start = time.perf_counter()
    if asked["what"] == "read":
        for first in range(0, len(store), BATCH_SIZE):
            _ = store[first : first + BATCH_SIZE]
        rate = len(store) / (time.perf_counter() - start)
        print(json.dumps({"rate": rate, "peak": peak_mib()}))
        return
    clock, dataset = Clock(), store.dataset()
    classifier = EEGClassifier(
        "eegnet", max_epochs=1, batch_size=BATCH_SIZE, sampler=SAMPLER, random_state=0,
        callbacks=[clock], verbose=0, checkpoint=asked["checkpoint"],
        checkpoint_every=asked["checkpoint"] and 10,
    )  # fmt: skip
    classifier.fit(dataset[: asked["windows"]])
    fit_seconds = time.perf_counter() - start
    digest = hashlib.sha256()
    for name, tensor in sorted(classifier.model_.state_dict().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    rate = asked["windows"] / max(clock.seconds, 1e-9)
    measured = {"rate": rate, "fit_seconds": fit_seconds, "peak": peak_mib()}
    measured["cpu"] = time.process_time()
    print(json.dumps({**measured, "weights": digest.hexdigest()}))


def peak_mib() -> float:
    """Return the peak resident memory of this process, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


class Bench:
    """Processes that train from one store, on the disk or at the endpoint."""

    def __init__(self, folder: Path, endpoint: str, arguments: argparse.Namespace) -> None:
        self.folder, self.endpoint, self.arguments = folder, endpoint, arguments

    def start(self, what: str, location: str, **more: Any) -> subprocess.Popen[str]:
        """Start a process."""
        asked = {
            "what": what, "location": location, "endpoint": self.endpoint, "checkpoint": None,
            "cache": str(self.folder / "cache"), "cache_gb": self.arguments.cache_gb,
            "windows": self.arguments.windows, **more,
        }  # fmt: skip
        command = [sys.executable, __file__, "--process", json.dumps(asked)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def result(self, what: str, location: str, **more: Any) -> dict[str, Any]:
        """Return what a process prints, which starts with an empty cache."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        evict(self.folder / "store")
        process = self.start(what, location, **more)
        output, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"the process ended with status {process.returncode}")
        return dict(json.loads(output.splitlines()[-1]))

    def killed(self, n_kills: int, n_windows: int) -> dict[str, Any]:
        """Return the result of a training that is killed after every second checkpoint."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        checkpoint = self.folder / "checkpoint"
        for _ in range(n_kills):
            process = self.start("train", URL, checkpoint=str(checkpoint), windows=n_windows)
            seen: set[int] = set()
            while len(seen) < 2 and process.poll() is None:
                seen |= {path.stat().st_mtime_ns for path in checkpoint.glob("*.pt")}
                time.sleep(0.01)
            print(f"killed: {process.poll() is None}", flush=True)
            process.kill()
            process.communicate()
        process = self.start("train", URL, checkpoint=str(checkpoint), windows=n_windows)
        output, _ = process.communicate()
        return dict(json.loads(output.splitlines()[-1]))


def run(folder: Path, arguments: argparse.Namespace) -> None:
    """Write a store, serve it, and print all results."""
    start = time.perf_counter()
    store = write_store(folder / "store", arguments.gb)
    size = sum(shard.n_bytes for shard in store.shards)
    seconds = time.perf_counter() - start
    print(f"wrote {size / 1e9:.1f} GB, {len(store)} windows, in {seconds:.0f} s", flush=True)
    command = [sys.executable, str(Path(__file__).with_name("object_folder.py"))]
    server = subprocess.Popen([*command, str(folder / "store")], stdout=subprocess.PIPE, text=True)
    try:
        bench = Bench(folder, server.stdout.readline().strip() if server.stdout else "", arguments)
        local = str(folder / "store")
        ratios = []
        for _ in range(arguments.rounds):
            near, far = bench.result("train", local), bench.result("train", URL)
            ratios.append(far["rate"] / near["rate"])
            for name, result in (("disk", near), ("objects", far)):
                print(
                    f"{name}: {result['rate']:.0f} windows/s in the epoch, whole fit "
                    f"{result['fit_seconds']:.0f} s ({result['cpu']:.0f} s of the processor), "
                    f"{result['peak']:.0f} MiB"
                )
            same = near["weights"] == far["weights"]
            print(f"bit-identical: {same}; load {os.getloadavg()[0]:.1f}", flush=True)
        print(f"objects / disk: {np.median(ratios):.2f} (median of {len(ratios)})", flush=True)
        n_windows = min(arguments.windows, 100 * BATCH_SIZE)
        whole = bench.result("train", local, windows=n_windows)
        killed = bench.killed(arguments.kills, n_windows)
        same = whole["weights"] == killed["weights"]
        print(f"killed {arguments.kills} times, bit-identical: {same}", flush=True)
        read = bench.result("read", URL)
        used = sum(path.stat().st_size for path in (folder / "cache").rglob("*") if path.is_file())
        print(
            f"all windows, read once in order from objects: {read['rate']:.0f} windows/s, "
            f"{read['peak']:.0f} MiB; cache {used / 1e9:.2f} GB"
        )
    finally:
        server.kill()
        server.communicate()


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] == ["--process"]:
        train_here(json.loads(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gb", type=float, default=4.0, help="size of the store")
    parser.add_argument("--cache-gb", type=float, default=0.5, help="size of the cache")
    parser.add_argument("--windows", type=int, default=20_000, help="windows to train with")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="parent of the temporary folder")
    arguments = parser.parse_args()
    mne.set_log_level("ERROR")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        run(Path(folder), arguments)


if __name__ == "__main__":
    main()
