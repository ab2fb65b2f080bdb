"""Batches of nights: consecutive windows of several recordings, a few at a time, in their order."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from eegzoo.arguments import number_between, positive_int
from eegzoo.training.inputs.training_set import Batch, TrainingSet
from eegzoo.training.parallel.processes import ProcessInfo


@dataclasses.dataclass(frozen=True)
class NightSampler:
    """How nights become batches for models that carry a state from window to window.

    A batch has the next windows of several recordings, one sequence each. The state that the model
    has after it goes into the next batch of the same recordings; gradients do not go back so far.
    At the start of a recording the state is zero. Recordings are in random order. The loss of a
    batch is the sum of the weighted losses divided by the number of windows that count, as
    TinySleepNet's authors have it: a batch with many windows of a heavy class counts more.

    Parameters
    ----------
    sequence_length : int
        Number of windows of each recording in a batch.
    max_skip : int
        Most windows that are left out at the start of a recording, at random in each pass, so that
        sequences begin elsewhere.
    max_shift : float
        Furthest that the borders of a recording's windows are moved, at random in each pass, as a
        fraction of a window. Windows keep their labels; the one that would exceed the recording is
        left out.

    References
    ----------
    Supratak and Guo (2020). TinySleepNet: an efficient deep learning model for sleep stage scoring
    based on raw single-channel EEG. EMBC. https://doi.org/10.1109/EMBC44109.2020.9176741

    Examples
    --------
    >>> NightSampler(sequence_length=20, max_skip=4, max_shift=0.1)
    NightSampler(sequence_length=20, max_skip=4, max_shift=0.1)
    """

    sequence_length: int
    max_skip: int = 0
    max_shift: float = 0.0

    def __post_init__(self) -> None:
        length = positive_int("sequence_length", self.sequence_length)
        object.__setattr__(self, "sequence_length", length)
        object.__setattr__(self, "max_skip", positive_int("max_skip", self.max_skip, at_least=0))
        shift = number_between("max_shift", self.max_shift, 0.0, 1.0)
        if shift == 1.0:
            raise ValueError(f"expected max_shift to be below 1, got {self.max_shift!r}")
        object.__setattr__(self, "max_shift", shift)


class NightBatches:
    """Batches of a `NightSampler`.

    Parameters
    ----------
    data : TrainingSet
        Windows with their runs.
    batch_size : int
        Number of recordings in a batch, at most.
    sampler : NightSampler
        Settings.

    Attributes
    ----------
    generator : torch.Generator
        Generator of the order, the skips and the shifts.
    n_done : int
        Number of batches that the next pass leaves out, as in `RandomCrops`.

    Examples
    --------
    Nights of 5 and 3 windows, by two:

    >>> nights = (torch.arange(5), torch.arange(5, 8))
    >>> data = TrainingSet(torch.randn(8, 1, 50), torch.arange(8), torch.ones(8), runs=nights)
    >>> batches = NightBatches(data, 2, NightSampler(sequence_length=2))
    >>> [tuple(batch.y.shape) for batch in batches]
    [(2, 2), (2, 2), (1, 2)]
    """

    def __init__(self, data: TrainingSet, batch_size: int, sampler: NightSampler) -> None:
        if data.runs is None:
            raise ValueError("expected data with runs of consecutive windows, got none")
        self.data, self.batch_size, self.sampler = data, batch_size, sampler
        self.process, self.n_done = ProcessInfo(), 0
        self.generator = torch.Generator()

    @property
    def _runs(self) -> Sequence[Tensor]:
        return self.data.runs or ()

    def __len__(self) -> int:
        """Return the number of batches, of which a random order may need fewer."""
        longest = max(len(run) for run in self._runs)
        n_groups = math.ceil(len(self._runs) / self.batch_size)
        return n_groups * math.ceil(longest / self.sampler.sequence_length)

    def __iter__(self) -> Iterator[Batch]:
        n_runs = len(self._runs)
        order = torch.randperm(n_runs, generator=self.generator)
        skips = torch.randint(self.sampler.max_skip + 1, (n_runs,), generator=self.generator)
        shifts = 2 * torch.rand(n_runs, generator=self.generator, dtype=torch.float64) - 1
        shifts = (shifts * self.sampler.max_shift * self.data.X.shape[-1]).long()
        n_left, self.n_done = self.n_done, 0
        for group in order.tensor_split(math.ceil(n_runs / self.batch_size)):
            parts = [_part(self._runs[k], int(skips[k]), int(shifts[k])) for k in group.tolist()]
            n_batches = math.ceil(max(map(len, parts)) / self.sampler.sequence_length)
            yield from self._batches(parts, n_left)
            n_left = max(0, n_left - n_batches)

    def _batches(self, parts: Sequence[_Part], n_done: int) -> Iterator[Batch]:
        """Yield the batches of some runs, to their ends; they are read from number `n_done` on."""
        step = self.sampler.sequence_length
        before: list[int] | None = None
        for start in range(0, max(len(part) for part in parts), step):
            present = [place for place, part in enumerate(parts) if len(part) > start]
            if start < n_done * step:
                before = present
                continue
            chosen = [parts[place].next_windows(start, step) for place in present]
            lengths = torch.tensor([len(part) for part in chosen])
            indices = torch.stack([_padded(part.indices, step) for part in chosen])
            weight = self.data.weight[indices]
            weight[torch.arange(step) >= lengths[:, None]] = 0.0
            x = torch.stack([_padded(part.windows(self.data), step) for part in chosen])
            carried = None if before is None else torch.tensor([before.index(p) for p in present])
            y = self.data.y[indices]
            yield Batch(x, y, weight, lengths, _count(weight), carried)
            before = present


@dataclasses.dataclass(frozen=True)
class _Part:
    """Windows from `first` to `stop` of a run, which begin earlier by `shift` samples."""

    run: Tensor
    first: int
    stop: int
    shift: int

    def __len__(self) -> int:
        return self.stop - self.first

    @property
    def indices(self) -> Tensor:
        return self.run[self.first : self.stop]

    def next_windows(self, start: int, n_windows: int) -> _Part:
        first = self.first + start
        return dataclasses.replace(self, first=first, stop=min(first + n_windows, self.stop))

    def windows(self, data: TrainingSet) -> Tensor:
        """Return the windows (len(self), n_chans, n_times)."""
        if self.shift == 0:
            return _load(data, self.indices)
        first, stop = self.first - (self.shift > 0), self.stop + (self.shift < 0)
        windows = _load(data, self.run[first:stop])
        n_windows, n_chans, n_times = windows.shape
        signal = windows.transpose(0, 1).reshape(n_chans, n_windows * n_times)
        start = -self.shift % n_times
        cut = signal[:, start : start + len(self) * n_times]
        return cut.reshape(n_chans, len(self), n_times).transpose(0, 1)


def _part(run: Tensor, skip: int, shift: int) -> _Part:
    """Return the part of a run without its skipped windows and the one that a shift cuts off."""
    if len(run) == 1:
        return _Part(run, 0, 1, 0)
    first, stop = int(shift > 0), len(run) - int(shift < 0)
    return _Part(run, min(first + skip, stop - 1), stop, shift)


def _count(weight: Tensor) -> float:
    return float(torch.count_nonzero(weight))


def _padded(values: Tensor, length: int) -> Tensor:
    """Return values with zeros after them, up to a length."""
    padding = values.new_zeros(length - len(values), *values.shape[1:])
    return torch.cat([values, padding])


def _load(data: TrainingSet, indices: Tensor) -> Tensor:
    windows = data.X
    return (
        windows[indices]
        if isinstance(windows, Tensor)
        else torch.as_tensor(windows[indices.numpy()])
    )


@dataclasses.dataclass(frozen=True)
class WholeNights:
    """Batches of one whole run each, in their order, for validation.

    Parameters
    ----------
    data : TrainingSet
        Windows with their runs.
    """

    data: TrainingSet

    def __iter__(self) -> Iterator[Batch]:
        data = self.data
        for run in data.runs or ():
            weight = data.weight[run]
            yield Batch(_load(data, run)[None], data.y[run], weight, None, _count(weight))
