"""Chambon et al.'s network for a window in the context of its neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.dropout import Dropout
from eegzoo.models.registry import register_model
from eegzoo.models.sequence_models import ContextModel


@register_model(
    "chambon2018",
    tasks=("sleep",),
    paper="Chambon et al. (2018), A deep learning architecture for temporal sleep stage "
    "classification using multivariate and multimodal time series",
    doi="10.1109/TNSRE.2018.2813138",
    source="guidogagl/physioex, commit 24d4974 (PyTorch), a port",
    standard={"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100.0},
)
class Chambon2018(ContextModel):
    """Chambon et al.'s network: convolutions on each window, a linear layer on 21 windows.

    Equal to the port in physioex, whose trained weights are public; the authors published no code.
    The convolutions are those of `StagerNet`, padded as in braindecode's port, which keeps one
    sample more for kernels of even length. A linear layer classifies a window from its features
    and those of the windows around it. Beyond the ends of a sequence, features are zero: a single
    window is a sequence of length one. As in braindecode, a single channel has no spatial filter.

    physioex divides its signals, from 0.3 to 40 Hz, by the standard deviation of the training
    data, which it did not publish. `eegzoo.sleep.load_stager` divides by 30 microvolts.

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
    context_length : int
        Number of windows from which one window is classified, which is in their middle.
    n_filters : int
        Number of filters of each of the two temporal convolutions.
    kernel_seconds : float
        Length of the first convolution's kernels in seconds. The second convolution's kernels have
        the same number of samples, after pooling.
    kernel_length : int | None
        Length of the kernels in samples. None: computed from `kernel_seconds`, rounded up.
    pool_seconds : float
        Length of the first max pool in seconds. The second pool has the same number of samples.
    pool_length : int | None
        Length of the pools in samples. None: computed from `pool_seconds`, rounded up.
    drop_prob : float
        Dropout probability before the classifier.
    activation : type of nn.Module
        Activation after each temporal convolution.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Chambon, Galtier, Arnal, Wainrib, Gramfort (2018). A deep learning architecture for temporal
    sleep stage classification using multivariate and multimodal time series. IEEE Trans. Neural
    Syst. Rehabil. Eng. 26, 758-769. https://doi.org/10.1109/TNSRE.2018.2813138

    Reference implementation: https://github.com/guidogagl/physioex, commit 24d4974.

    Examples
    --------
    >>> model = Chambon2018(n_chans=1, n_times=3000, n_outputs=5, sfreq=100).eval()
    >>> night = torch.randn(1, 60, 1, 3000)
    >>> model(night).shape, model.features(night).shape
    (torch.Size([1, 60, 5]), torch.Size([1, 60, 2856]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        context_length: int = 21,
        n_filters: int = 8,
        kernel_seconds: float = 0.5,
        kernel_length: int | None = None,
        pool_seconds: float = 0.125,
        pool_length: int | None = None,
        drop_prob: float = 0.5,
        activation: type[nn.Module] = nn.ReLU,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            context_length=context_length, n_filters=n_filters, kernel_seconds=kernel_seconds,
            pool_seconds=pool_seconds, drop_prob=drop_prob, activation=activation,
        )  # fmt: skip
        if self.context_length % 2 == 0:
            raise ValueError(f"expected context_length to be odd, got {self.context_length}")
        if kernel_length is None:
            kernel_length = math.ceil(self.kernel_seconds * self.sfreq)
        if pool_length is None:
            pool_length = math.ceil(self.pool_seconds * self.sfreq)
        self.set_arguments(kernel_length=kernel_length, pool_length=pool_length)
        self.check_smallest_window(self.pool_length**2)

        self.spatial = nn.Identity() if self.n_chans == 1 else nn.Conv1d(n_chans, n_chans, 1)
        self.temporal = nn.Sequential()
        padding = (0, self.kernel_length // 2)
        n_pooled = self.n_times
        for maps in (1, self.n_filters):
            conv = nn.Conv2d(maps, self.n_filters, (1, self.kernel_length), padding=padding)
            self.temporal.extend((conv, self.activation(), nn.MaxPool2d((1, self.pool_length))))
            n_pooled = (n_pooled + 2 * padding[1] - self.kernel_length + 1) // self.pool_length
        self.num_features = self.n_filters * self.n_chans * n_pooled * self.context_length
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map windows or sequences of windows to the features of each window and its context."""
        sequences = self.without_padding(self.as_sequences(x), lengths)
        batch = sequences.shape[:2]
        windows = torch.unflatten(self.window_features(sequences.flatten(0, 1)), 0, batch)
        if lengths is not None:
            windows = self.without_padding(windows.unsqueeze(-1), lengths).squeeze(-1)
        out = self.over_windows(windows)
        return out.squeeze(1) if x.ndim == 3 else out

    def window_features(self, x: Tensor) -> Tensor:
        """Map windows (windows, n_chans, n_times) to the features of each window alone."""
        x = self.temporal(self.spatial(x).unsqueeze(1))  # (windows, n_filters, n_chans, 17)
        return x.flatten(1)

    def over_windows(self, features: Tensor) -> Tensor:
        """Map features of windows (batch, n_windows, ...) to those of each window's context."""
        around = self.context_length // 2
        padded = F.pad(features, (0, 0, around, around))
        return padded.unfold(1, self.context_length, 1).mT.flatten(2)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Sequential(Dropout(self.drop_prob), nn.Linear(self.num_features, n_outputs))
