"""EEGInceptionMI: the InceptionTime network for EEG channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "eeginception_mi",
    tasks=("motor imagery",),
    paper="Zhang, Kim and Eskandarian (2021), EEG-inception: an accurate and robust end-to-end "
    "neural network for EEG-based motor imagery classification",
    doi="10.1088/1741-2552/abed81",
    source="braindecode/braindecode, commit eb3ddee (PyTorch)",
    standard={"n_chans": 22, "n_times": 1125, "n_outputs": 4, "sfreq": 250.0},
)
class EEGInceptionMI(EEGModel):
    """EEGInceptionMI: six inception modules with filters of five lengths, and two shortcuts.

    Equal to braindecode's EEGInceptionMI. The authors have published no code; braindecode's version
    is based on the paper and, according to its documentation, was not checked by them. What the
    paper leaves open is as in braindecode: the modules' pools have a stride of one sample, and the
    last pool averages over the whole window. Kernels follow `sfreq`: the shortest lasts
    `kernel_seconds`, the others have three, five, seven and nine times as many samples.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz.
    n_filters : int
        Number of filters of each length, and of the pooled branch.
    n_kernels : int
        Number of kernel lengths in a module.
    kernel_seconds : float
        Length of the shortest filters and of the modules' pools in seconds.
    kernel_length : int | None
        Length of the shortest filters and of the modules' pools in samples. None: computed
        from `kernel_seconds`.
    activation : type of nn.Module
        Activation after each batch normalisation.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Zhang, Kim, Eskandarian (2021). EEG-inception: an accurate and robust end-to-end neural network
    for EEG-based motor imagery classification. J. Neural Eng. 18, 046014.
    https://doi.org/10.1088/1741-2552/abed81

    Reference implementation: https://github.com/braindecode/braindecode, commit eb3ddee.

    Examples
    --------
    >>> model = EEGInceptionMI(n_chans=22, n_times=250, n_outputs=4, sfreq=250, n_filters=8)
    >>> model(torch.randn(2, 22, 250)).shape, model.features(torch.randn(2, 22, 250)).shape
    (torch.Size([2, 4]), torch.Size([2, 48]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 48,
        n_kernels: int = 5,
        kernel_seconds: float = 0.1,
        kernel_length: int | None = None,
        activation: type[nn.Module] = nn.ReLU,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, n_kernels=n_kernels, kernel_seconds=kernel_seconds,
            activation=activation,
        )  # fmt: skip
        if kernel_length is None:
            kernel_length = max(1, int(self.kernel_seconds * self.sfreq))
        self.set_arguments(kernel_length=kernel_length)
        self.num_features = (self.n_kernels + 1) * self.n_filters

        self.first, self.first_shortcut = self._three_modules(self.n_chans)
        self.second, self.second_shortcut = self._three_modules(self.num_features)
        self.head = self.make_head(self.n_outputs)

    def _three_modules(self, in_channels: int) -> tuple[nn.Sequential, nn.Sequential]:
        """Return three inception modules and the shortcut around them."""
        modules, n_maps = nn.Sequential(), self.num_features
        for before in (in_channels, n_maps, n_maps):
            inception = _Inception(before, self.n_filters, self.n_kernels, self.kernel_length)
            modules.extend((inception, nn.BatchNorm1d(n_maps), self.activation()))
        shortcut = nn.Conv1d(in_channels, n_maps, 1)
        return modules, nn.Sequential(shortcut, nn.BatchNorm1d(n_maps), self.activation())

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.first(x) + self.first_shortcut(x)  # (batch, 6 * n_filters, n_times)
        x = self.second(x) + self.second_shortcut(x)
        return x.mean(dim=2)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Linear(self.num_features, n_outputs)


class _Inception(nn.Module):
    """Filters of several lengths over mixed channels, concatenated with the pooled channels."""

    def __init__(self, in_channels: int, n_filters: int, n_kernels: int, length: int) -> None:
        super().__init__()
        self.bottleneck = nn.Conv1d(in_channels, n_filters, 1)
        self.scales = nn.ModuleList(
            ConstrainedConv1d(n_filters, n_filters, length * (2 * scale + 1), max_norm=None)
            for scale in range(n_kernels)
        )
        self.pooled = nn.Sequential(
            nn.MaxPool1d(length, stride=1, padding=length // 2),
            nn.Conv1d(in_channels, n_filters, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        mixed = self.bottleneck(x)
        pooled = self.pooled(x)[..., : x.shape[2]]  # an even length adds a sample
        return torch.cat([*(scale(mixed) for scale in self.scales), pooled], dim=1)
