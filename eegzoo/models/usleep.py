"""U-Sleep: sleep stages at any step from a U-Net over a whole recording."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.models.registry import register_model
from eegzoo.models.sequence_models import SequenceModel


@register_model(
    "usleep",
    tasks=("sleep",),
    paper="Perslev et al. (2021), U-Sleep: resilient high-frequency sleep staging",
    doi="10.1038/s41746-021-00440-5",
    source="perslev/U-Time, commit e51be3f (Keras)",
    standard={"n_chans": 2, "n_times": 3840, "n_outputs": 5, "sfreq": 128.0},
)
class USleep(SequenceModel):
    """U-Sleep: a U-Net over consecutive windows, averaged over each window or any finer step.

    Equal to the authors' Keras code; the softmax is left to the loss. A sequence of windows is one
    signal to it, at every sample of which it has features: the mean over a window gives its stage,
    the mean over less a stage as often as that. A single window is a sequence of one; the authors
    give 35 of 30 s. Kernels have 9 samples whatever `sfreq`.

    Before a pool, an odd number of samples gets a zero at the start, as in the code, which in a
    sequence with an odd number of samples is the first sample of the first window's mean.

    The authors feed one EEG and one EOG channel at 128 Hz, clipped at 20 times the interquartile
    range of the recording and divided by it, and train with Adam (1e-7, AMSGrad) in batches of 64
    sequences, drawn from all stages alike.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window (30 s).
    n_outputs : int
        Stages: W, N1, N2, N3, REM.
    sfreq : float
        Sampling rate in Hz.
    n_filters : int
        Maps of the first block, before `complexity`; each later one has 1.41 times as many.
    complexity : float
        Factor on the number of weights: its root is one on the number of maps.
    depth : int
        Blocks of the encoder, each of which halves the number of samples, and of the decoder.
    kernel_length : int
        Samples of a kernel.
    n_dense : int | None
        Features at each sample. None: `n_outputs` times the root of `complexity`.
    activation : type of nn.Module
        After each convolution.
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

    >>> model = USleep(depth=4).eval()
    >>> x = torch.randn(2, 3, 2, 3840)
    >>> model(x).shape, model(x, step_length=128).shape
    (torch.Size([2, 3, 5]), torch.Size([2, 3, 30, 5]))
    """

    def __init__(
        self,
        n_chans: int = 2,
        n_times: int = 3840,
        n_outputs: int = 5,
        sfreq: float = 128.0,
        n_filters: int = 5,
        complexity: float = 1.67,
        depth: int = 12,
        kernel_length: int = 9,
        n_dense: int | None = None,
        activation: type[nn.Module] = nn.ELU,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.n_filters = positive_int("n_filters", n_filters)
        self.complexity = number_between("complexity", complexity, 0.0, above=True)
        self.depth = positive_int("depth", depth)
        self.kernel_length = positive_int("kernel_length", kernel_length)
        factor = math.sqrt(self.complexity)
        if n_dense is None:
            n_dense = max(1, int(self.n_outputs * factor))
        self.n_dense = positive_int("n_dense", n_dense)
        self.activation = activation

        # The authors round down on the way in and up on the way out.
        inward = [self.n_filters]
        for _ in range(self.depth):
            inward.append(int(inward[-1] * math.sqrt(2)))
        outward = [inward[-1]]
        for _ in range(self.depth):
            outward.append(math.ceil(outward[-1] / math.sqrt(2)))
        *encoded, bottom = (max(1, int(width * factor)) for width in inward)
        decoded = [max(1, int(width * factor)) for width in outward]

        self.encoder = nn.ModuleList(
            self._block(before, after)
            for before, after in zip([self.n_chans, *encoded], encoded, strict=False)
        )
        self.bottom = self._block(encoded[-1], bottom)
        self.widen, self.merge = nn.ModuleList(), nn.ModuleList()
        for before, after, beside in zip(decoded, decoded[1:], encoded[::-1], strict=False):
            self.widen.append(self._block(before, after, 2))
            self.merge.append(self._block(after + beside, after))
        self.dense = nn.Conv1d(decoded[-1], self.n_dense, 1)
        self.num_features = self.n_dense
        self.head = self.make_head(self.n_outputs)
        keras_init_(self)

    def _block(self, before: int, after: int, length: int | None = None) -> nn.Sequential:
        conv = ConstrainedConv1d(before, after, length or self.kernel_length, max_norm=None)
        norm = nn.BatchNorm1d(after, eps=1e-3, momentum=0.01)
        return nn.Sequential(conv, self.activation(), norm)

    def forward(self, x: Tensor, step_length: int | None = None) -> Tensor:
        """Map windows, or sequences of windows, to logits.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times) or (batch, n_windows, n_chans, n_times)
            One window for each recording, or consecutive ones, in microvolts.
        step_length : int | None
            Samples for which there is one stage, of which a window holds a whole number. None: a
            window.

        Returns
        -------
        Tensor, shape (batch, n_outputs) or (batch, n_windows, n_outputs)
            Logits. With `step_length`, steps stand before the outputs: (batch, n_steps, n_outputs)
            or (batch, n_windows, n_steps, n_outputs).
        """
        steps = self._steps(x, self.n_times if step_length is None else step_length)
        logits: Tensor = self.head(steps.squeeze(-2) if step_length is None else steps)
        return logits

    def features(self, x: Tensor) -> Tensor:
        """Map windows, or sequences of windows, to the mean features of each window."""
        return self._steps(x, self.n_times).squeeze(-2)

    def _steps(self, x: Tensor, step_length: int) -> Tensor:
        """Return the features (batch, n_steps, n_dense), or with windows before the steps."""
        if self.n_times % positive_int("step_length", step_length):
            raise ValueError(
                f"expected step_length to divide n_times={self.n_times}, got {step_length}"
            )
        sequences = self.as_sequences(x)
        maps = self._maps(sequences.transpose(1, 2).flatten(2))  # (batch, n_dense, samples)
        n_windows, n_steps = sequences.shape[1], self.n_times // step_length
        steps = F.avg_pool1d(maps, step_length)[..., : n_windows * n_steps]
        return steps.transpose(1, 2).reshape(*x.shape[:-2], n_steps, self.n_dense)

    def _maps(self, x: Tensor) -> Tensor:
        beside = []
        for block in self.encoder:
            x = block(x)
            x = F.pad(x, (x.shape[2] % 2, 0))
            beside.append(x)
            x = F.max_pool1d(x, 2)
        x = self.bottom(x)
        for widen, merge, skip in zip(self.widen, self.merge, beside[::-1], strict=True):
            x = widen(x.repeat_interleave(2, dim=2))
            start = (x.shape[2] - skip.shape[2]) // 2  # of zero or two samples too many
            x = merge(torch.cat([skip, x[..., start : start + skip.shape[2]]], dim=1))
        return torch.tanh(self.dense(x))

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Sequential(
            nn.Linear(self.n_dense, n_outputs), self.activation(), nn.Linear(n_outputs, n_outputs)
        )
        keras_init_(head)
        return head
