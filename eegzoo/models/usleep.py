"""U-Sleep: sleep staging at any time step with a U-Net over a whole recording."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.models.registry import register_model
from eegzoo.models.sequence_models import SequenceModel

Groups = list[tuple[int, Tensor]]
"""Lengths in windows, each with the indices of the sequences of that length."""


@register_model(
    "usleep",
    tasks=("sleep",),
    paper="Perslev et al. (2021), U-Sleep: resilient high-frequency sleep staging",
    doi="10.1038/s41746-021-00440-5",
    source="perslev/U-Time, commit e51be3f (Keras)",
    standard={"n_chans": 2, "n_times": 3840, "n_outputs": 5, "sfreq": 128.0},
)
class USleep(SequenceModel):
    """U-Sleep: a U-Net over consecutive windows, averaged over each window or over shorter steps.

    The model equals the authors' Keras code; the softmax is left to the loss. It processes a
    sequence of windows as one signal and computes features at every sample. Their mean over a
    window gives the stage of the window, and their mean over shorter steps gives a stage for each
    step. A single window is a sequence of length one; the authors use 35 windows of 30 s. Kernels
    have 9 samples at any `sfreq`.

    As in the code, a signal with an odd number of samples is padded with a zero at its start before
    it is pooled. In a sequence with an odd number of samples, the mean of the first window includes
    this zero as its first sample.

    The authors use one EEG and one EOG channel at 128 Hz, clipped at 20 times the interquartile
    range of the recording and divided by it. They train with Adam (1e-7, AMSGrad) in batches of 64
    sequences, drawn equally from all stages.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window (30 s).
    n_outputs : int
        Number of stages (W, N1, N2, N3, REM).
    sfreq : float
        Sampling rate in Hz.
    n_filters : int
        Number of filters of the first block before `complexity` is applied. Each later block has
        1.41 times as many as the previous one.
    complexity : float
        Factor on the number of weights. Numbers of filters are multiplied by its square root.
    depth : int
        Number of blocks of the encoder, each of which halves the number of samples, and of the
        decoder.
    kernel_length : int
        Length of the kernels in samples.
    head_units : int | None
        Number of features at each sample. None: `n_outputs` times the square root of `complexity`.
    activation : type of nn.Module
        Activation after each convolution.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Perslev, Darkner, Kempfner, Nikolic, Jennum, Igel (2021). U-Sleep: resilient high-frequency
    sleep staging. npj Digital Medicine 4, 72. https://doi.org/10.1038/s41746-021-00440-5

    Reference implementation: https://github.com/perslev/U-Time, commit e51be3f.

    Examples
    --------
    Two recordings of three windows, a stage for each window and one for each second:

    >>> model = USleep(n_chans=2, n_times=3840, n_outputs=5, sfreq=128, depth=4).eval()
    >>> x = torch.randn(2, 3, 2, 3840)
    >>> model(x).shape, model(x, step_length=128).shape
    (torch.Size([2, 3, 5]), torch.Size([2, 3, 30, 5]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 5,
        complexity: float = 1.67,
        depth: int = 12,
        kernel_length: int = 9,
        head_units: int | None = None,
        activation: type[nn.Module] = nn.ELU,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, complexity=complexity, depth=depth, kernel_length=kernel_length,
            activation=activation,
        )  # fmt: skip
        factor = math.sqrt(self.complexity)
        if head_units is None:
            head_units = max(1, int(self.n_outputs * factor))
        self.set_arguments(head_units=head_units)

        # The authors round down in the encoder and up in the decoder.
        widening = [self.n_filters]
        for _ in range(self.depth):
            widening.append(int(widening[-1] * math.sqrt(2)))
        narrowing = [widening[-1]]
        for _ in range(self.depth):
            narrowing.append(math.ceil(narrowing[-1] / math.sqrt(2)))
        *encoded, bottom = (max(1, int(width * factor)) for width in widening)
        decoded = [max(1, int(width * factor)) for width in narrowing]

        self.encoder = nn.ModuleList(
            self._block(before, after)
            for before, after in zip([self.n_chans, *encoded], encoded, strict=False)
        )
        self.bottom = self._block(encoded[-1], bottom)
        self.widen, self.merge = nn.ModuleList(), nn.ModuleList()
        for before, after, skipped in zip(decoded, decoded[1:], encoded[::-1], strict=False):
            self.widen.append(self._block(before, after, 2))
            self.merge.append(self._block(after + skipped, after))
        self.dense = nn.Conv1d(decoded[-1], self.head_units, 1)
        self.num_features = self.head_units
        self.head = self.make_head(self.n_outputs)
        keras_init_(self)

    def _block(self, before: int, after: int, length: int | None = None) -> nn.Sequential:
        conv = ConstrainedConv1d(before, after, length or self.kernel_length, max_norm=None)
        norm = nn.BatchNorm1d(after, eps=1e-3, momentum=0.01)
        return nn.Sequential(conv, self.activation(), norm)

    def forward(
        self, x: Tensor, step_length: int | None = None, lengths: Tensor | None = None
    ) -> Tensor:
        """Map windows or sequences of windows to logits.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times) or (batch, n_windows, n_chans, n_times)
            One window or several consecutive windows of each recording, in microvolts.
        step_length : int | None
            Number of samples of a step that gets a stage; it divides `n_times`. None: one stage for
            each window.
        lengths : Tensor of int, shape (batch,) | None
            Number of windows in each sequence before the padding, which then has no influence.
            None: no padding.

        Returns
        -------
        Tensor, shape (batch, n_outputs) or (batch, n_windows, n_outputs)
            Logits. With `step_length`, the shape is (batch, n_steps, n_outputs) or
            (batch, n_windows, n_steps, n_outputs). The features of padding are zero.
        """
        groups = self._groups(x, lengths)
        steps = self._steps(x, self.n_times if step_length is None else step_length, groups)
        logits: Tensor = self.head(steps.squeeze(-2) if step_length is None else steps)
        return logits

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map windows or sequences of windows to the mean features of each window."""
        return self._steps(x, self.n_times, self._groups(x, lengths)).squeeze(-2)

    def _groups(self, x: Tensor, lengths: Tensor | None) -> Groups | None:
        """Return the sequences by length: those of equal length are computed together."""
        if lengths is None:
            return None
        sequences = self.as_sequences(x)
        self.check_lengths(sequences, lengths)
        return _rows_by_length(lengths, sequences.shape[1])

    def _steps(self, x: Tensor, step_length: int, groups: Groups | None = None) -> Tensor:
        """Return the mean features of steps, shape (batch, [n_windows,] n_steps, head_units)."""
        if self.n_times % positive_int("step_length", step_length):
            raise ValueError(
                f"expected step_length to divide n_times={self.n_times}, got {step_length}"
            )
        sequences = self.as_sequences(x)
        n_steps = self.n_times // step_length
        if groups is None:
            (steps,) = self._steps_of([sequences], step_length)
        else:
            unpadded = [sequences[rows, :length] for length, rows in groups]
            parts = self._steps_of(unpadded, step_length)
            steps = parts[0].new_zeros(*sequences.shape[:2], n_steps, self.head_units)
            for (length, rows), part in zip(groups, parts, strict=True):
                steps[rows, :length] = part
        return steps.reshape(*x.shape[:-2], n_steps, self.head_units)

    def _steps_of(self, sequences: list[Tensor], step_length: int) -> list[Tensor]:
        """Return the mean features of steps for batches of unpadded sequences."""
        n_steps, results = self.n_times // step_length, []
        maps = self._maps([batch.transpose(1, 2).flatten(2) for batch in sequences])
        for batch, features in zip(sequences, maps, strict=True):
            n_windows = batch.shape[1]
            steps = F.avg_pool1d(features, step_length)[..., : n_windows * n_steps]
            results.append(steps.transpose(1, 2).reshape(-1, n_windows, n_steps, self.head_units))
        return results

    def _maps(self, signals: list[Tensor]) -> list[Tensor]:
        """Return the features (batch, head_units, samples) of signals (batch, n_chans, samples)."""
        skips = []
        for block in self.encoder:
            signals = [F.pad(x, (x.shape[2] % 2, 0)) for x in _apply_jointly(block, signals)]
            skips.append(signals)
            signals = [F.max_pool1d(x, 2) for x in signals]
        signals = _apply_jointly(self.bottom, signals)
        for widen, merge, skip in zip(self.widen, self.merge, skips[::-1], strict=True):
            signals = _apply_jointly(widen, [x.repeat_interleave(2, dim=2) for x in signals])
            signals = _apply_jointly(merge, list(map(_join, skip, signals)))
        return [torch.tanh(self.dense(x)) for x in signals]

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Sequential(
            nn.Linear(self.head_units, n_outputs),
            self.activation(),
            nn.Linear(n_outputs, n_outputs),
        )
        keras_init_(head)
        return head


def _rows_by_length(lengths: Tensor, n_windows: int) -> Groups:
    """Return each length with the indices of its sequences, without sequences of length 0."""
    values = lengths.tolist()
    if not all(0 <= value <= n_windows for value in values):
        raise ValueError(f"expected lengths to be from 0 to n_windows={n_windows}, got {values}")
    # There is always a group, because processes that train together exchange statistics even if
    # one of them has no windows.
    return [
        (length, (lengths == length).nonzero().squeeze(1))
        for length in sorted({*values} - {0}) or [n_windows]
    ]


def _apply_jointly(block: nn.Module, signals: list[Tensor]) -> list[Tensor]:
    """Apply a block to batches of signals, with batch statistics over all of them."""
    *layers, norm = block.children()
    if len(signals) == 1 or not norm.training:
        return [block(x) for x in signals]
    for layer in layers:
        signals = [layer(x) for x in signals]
    together = torch.cat([x.transpose(0, 1).flatten(1) for x in signals], dim=1)  # (maps, samples)
    parts = norm(together.unsqueeze(0)).squeeze(0).split([len(x) * x.shape[2] for x in signals], 1)
    return [
        part.unflatten(1, (len(x), x.shape[2])).transpose(0, 1)
        for part, x in zip(parts, signals, strict=True)
    ]


def _join(skip: Tensor, x: Tensor) -> Tensor:
    """Append a widened signal, which is up to two samples too long, to a skip connection."""
    start = (x.shape[2] - skip.shape[2]) // 2
    return torch.cat([skip, x[..., start : start + skip.shape[2]]], dim=1)
