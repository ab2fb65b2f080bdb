"""Functions that tests run in other processes: writers that are killed, and readers."""

import os
import resource
import signal
from pathlib import Path

import mne
import numpy as np
from torch.utils.data import DataLoader

from eegzoo.data import Epoch, Preprocessing, Recording, WindowStore

CH_NAMES = ("C3", "Cz", "C4")
SFREQ = 100.0
HALF_A_SECOND = Preprocessing([Epoch(0, 0.49)], bads="keep")
ONE_SECOND = Preprocessing([Epoch(0, 0.99)])


class RecordingWithThreads(Recording):
    """Recording with the number of threads that compute its metadata as a column."""

    @property
    def metadata(self):
        """Metadata of the recording, and the number of threads."""
        return {**super().metadata, "threads": os.environ.get("OMP_NUM_THREADS", "")}


def make_raw(seed=0, ch_names=CH_NAMES, sfreq=SFREQ, n_events=5, scale=1e-5, labels=("a", "b")):
    """Return noise with one event per second."""
    rng = np.random.default_rng(seed)
    data = rng.normal(0, scale, (len(ch_names), round((n_events + 1) * sfreq)))
    raw = mne.io.RawArray(data, mne.create_info(list(ch_names), sfreq, "eeg"), verbose="ERROR")
    names = [labels[number % len(labels)] for number in range(n_events)]
    return raw.set_annotations(mne.Annotations(np.arange(n_events) + 0.5, 0.0, names))


def make_recordings(n_recordings=4, first=0, **changes):
    """Return recordings of different subjects with different numbers of events."""
    return [
        Recording(make_raw(seed, n_events=3 + seed, **changes), f"S{seed}")
        for seed in range(first, first + n_recordings)
    ]


# MNE imports much on its first use. Done here, forked processes need not repeat it.
HALF_A_SECOND.epochs(make_raw())


def write(folder, preprocessing=HALF_A_SECOND, n_jobs=1, pipe=None, n_recordings=4):
    """Write a store; with a pipe, wait for a message before each recording."""
    recordings = make_recordings(n_recordings)
    if pipe is not None:
        recordings = (recording for recording in recordings if pipe.recv())
    WindowStore.write(folder, recordings, preprocessing, n_jobs=n_jobs, verbose=0)


def write_until(folder, preprocessing, step):
    """Write a store, but kill this process before disk operation number `step`."""
    steps = 0

    def counted(function):
        def counting(*args, **kwargs):
            nonlocal steps
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)
            steps += 1
            return function(*args, **kwargs)

        return counting

    os.fsync = counted(os.fsync)
    Path.chmod, Path.replace = counted(Path.chmod), counted(Path.replace)
    Path.unlink = counted(Path.unlink)
    write(folder, preprocessing, n_recordings=2)


def read_within(folder, megabytes, pipe):
    """Read a whole store with at most so many megabytes more memory than now."""
    dataset = WindowStore(folder).dataset()
    pages = [int(number) for number in Path("/proc/self/statm").read_text().split()]
    more = megabytes * 2**20
    for limit, used in ((resource.RLIMIT_AS, pages[0]), (resource.RLIMIT_DATA, pages[5])):
        bytes_ = used * resource.getpagesize() + more
        resource.setrlimit(limit, (bytes_, bytes_))
    n_windows, total = 0, 0.0
    for windows, _ in DataLoader(dataset, batch_size=32, shuffle=True):
        n_windows += len(windows)
        total += float(windows.double().sum())
    pipe.send((n_windows, total))
