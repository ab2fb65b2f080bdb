"""TIDNet: temporal filters of every channel, then dense blocks across channels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.blocks.weight_norm import WeightNormConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_SPAN = 0.05  # length of the temporal filters, as a share of the window
_NEIGHBORS = 5  # number of neighbouring channels that a spatial filter covers


@register_model(
    "tidnet",
    tasks=("motor imagery", "erp"),
    paper="Kostas and Rudzicz (2020), Thinker invariance: enabling deep neural networks for BCI "
    "across more people",
    doi="10.1088/1741-2552/abb7a7",
    source="SPOClab-ca/ThinkerInvariance, commit 784a8b8 (PyTorch)",
    standard={"n_chans": 22, "n_times": 1500, "n_outputs": 4, "sfreq": 250.0},
)
class TIDNet(EEGModel):
    """TIDNet: long temporal filters of every channel, then dense blocks across channels.

    Equal to the authors' PyTorch code; the log-softmax is left to the loss. The same temporal
    filters apply to every channel. Each spatial layer sees five neighbours in the order of the
    channels, and adds its maps to those that it got; the last one mixes all channels.

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
    n_filters : tuple of int
        Numbers of temporal filters, and of the maps that each spatial layer adds.
    depths : tuple of int
        Numbers of temporal and of spatial layers. The dilation of the temporal layers falls by one
        from each to the next, down to one.
    kernel_length : int | None
        Length of the temporal filters in samples, an odd number. None: a twentieth of the window,
        as in the paper.
    pool_length : int
        Number of samples of which the largest is kept.
    expansion : int
        Number of maps inside a spatial layer, as a multiple of those that it adds.
    drop_prob : float
        Probability of dropping a whole map after the pool and after each spatial layer.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Kostas, Rudzicz (2020). Thinker invariance: enabling deep neural networks for BCI across more
    people. J. Neural Eng. 17, 056008. https://doi.org/10.1088/1741-2552/abb7a7

    Reference implementation: https://github.com/SPOClab-ca/ThinkerInvariance, commit 784a8b8.

    Examples
    --------
    >>> model = TIDNet(n_chans=22, n_times=750, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 750)).shape, model.features(torch.randn(2, 22, 750)).shape
    (torch.Size([2, 4]), torch.Size([2, 4000]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, int] = (32, 24),
        depths: tuple[int, int] = (2, 2),
        kernel_length: int | None = None,
        pool_length: int = 15,
        expansion: int = 3,
        drop_prob: float = 0.4,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        if kernel_length is None:
            kernel_length = math.ceil(_SPAN * self.n_times)
            kernel_length += 1 - kernel_length % 2
        self.set_arguments(
            kernel_length=kernel_length, pool_length=pool_length, expansion=expansion,
            drop_prob=drop_prob,
        )  # fmt: skip
        if self.kernel_length % 2 == 0:
            raise ValueError(f"expected kernel_length to be odd, got {self.kernel_length}")
        self.n_filters = n_maps, n_more = positive_ints("n_filters", n_filters, 2)
        self.depths = temporal_depth, spatial_depth = positive_ints("depths", depths, 2)
        self.check_smallest_window(self.pool_length)

        self.temporal = nn.Sequential()
        for dilation in range(temporal_depth, 0, -1):
            n_in = n_maps if len(self.temporal) else 1
            padding = dilation * (self.kernel_length // 2)
            self.temporal.extend(
                (WeightNormConv1d(n_in, n_maps, self.kernel_length, dilation, padding),
                 nn.LeakyReLU())
            )  # fmt: skip
        self.shortcut = nn.Conv1d(1, n_maps, 1)
        self.pool = nn.MaxPool1d(self.pool_length)
        self.drop = nn.Dropout2d(self.drop_prob)
        self.spatial = nn.Sequential(
            *(
                _DenseLayer(n_maps + layer * n_more, n_more, self.expansion, self.drop_prob)
                for layer in range(spatial_depth)
            )
        )
        n_maps += spatial_depth * n_more
        self.mix = nn.Sequential(
            nn.Conv2d(n_maps, n_maps, (self.n_chans, 1), bias=False),
            nn.LeakyReLU(),
            nn.BatchNorm2d(n_maps),
        )
        self.num_features = n_maps * (self.n_times // self.pool_length)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        signals = x.reshape(-1, 1, self.n_times)
        signals = self.temporal(signals) + self.shortcut(signals)  # (batch * n_chans, 32, n_times)
        maps = self.pool(signals).unflatten(0, (x.shape[0], self.n_chans)).transpose(1, 2)
        maps = self.spatial(self.drop(maps))  # (batch, 80, n_chans, 100) for 1500 samples
        out: Tensor = self.mix(maps).flatten(1)
        return out

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        nn.init.xavier_normal_(head.weight)
        nn.init.zeros_(head.bias)
        return head


class _DenseLayer(nn.Sequential):
    """Maps of neighbouring channels, appended to the maps from which they are computed."""

    def __init__(self, n_maps: int, n_more: int, expansion: int, drop_prob: float) -> None:
        n_inside = expansion * n_more
        super().__init__(
            nn.BatchNorm2d(n_maps),
            nn.LeakyReLU(),
            nn.Conv2d(n_maps, n_inside, 1),
            nn.BatchNorm2d(n_inside),
            nn.LeakyReLU(),
            nn.Conv2d(n_inside, n_more, (_NEIGHBORS, 1), padding=(_NEIGHBORS // 2, 0)),
            nn.Dropout2d(drop_prob),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((x, super().forward(x)), dim=1)  # type: ignore[no-untyped-call]
