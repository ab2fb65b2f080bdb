"""SPaRCNet: dense blocks of one-dimensional convolutions, down to one sample."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "sparcnet",
    tasks=("epilepsy", "pathology"),
    paper="Jing et al. (2023), Development of expert-level classification of seizures and rhythmic "
    "and periodic patterns during EEG interpretation",
    doi="10.1212/WNL.0000000000207127",
    source="ycq091044/BIOT, commit d138e32, SPaRCNet by an author (PyTorch)",
    standard={"n_chans": 16, "n_times": 2000, "n_outputs": 6, "sfreq": 200.0},
)
class SPaRCNet(EEGModel):
    """SPaRCNet: dense blocks of one-dimensional convolutions, halved until one sample is left.

    Equal to the PyTorch code of one of the authors, with which he compared BIOT. The number of
    blocks is the logarithm of a quarter of the window's samples, to base 2 and rounded down: eight
    for 10 s at 200 Hz. The mean over what is left of time replaces his squeeze. Lengths are in
    samples and do not follow `sfreq`.

    He trains it beside BIOT at 200 Hz with Adam (1e-3, weight decay 1e-5), each channel of a window
    divided by the 95th percentile of its absolute values.

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
        Number of maps that each layer adds.
    depth : int
        Number of layers of each block.
    expansion : int
        Number of maps inside a layer, as a multiple of those that it adds.
    drop_prob : float
        Dropout probability of the maps that a layer adds.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Jing, Ge, Hong, et al. (2023). Development of expert-level classification of seizures and
    rhythmic and periodic patterns during EEG interpretation. Neurology 100, e1750-e1762.
    https://doi.org/10.1212/WNL.0000000000207127

    Reference implementation: https://github.com/ycq091044/BIOT, commit d138e32.

    Examples
    --------
    >>> model = SPaRCNet(n_chans=16, n_times=2000, n_outputs=6, sfreq=200)
    >>> model(torch.randn(2, 16, 2000)).shape, model.features(torch.randn(2, 16, 2000)).shape
    (torch.Size([2, 6]), torch.Size([2, 63]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 16,
        depth: int = 4,
        expansion: int = 16,
        drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, depth=depth, expansion=expansion, drop_prob=drop_prob
        )
        self.check_smallest_window(4)
        n_maps = 1 << self.n_chans.bit_length()  # the smallest power of two above n_chans
        self.front = nn.Sequential(
            nn.Conv1d(self.n_chans, n_maps, 7, stride=2, padding=3),
            nn.BatchNorm1d(n_maps),
            nn.ELU(),
            nn.MaxPool1d(3, stride=2, padding=1),
        )
        self.blocks = nn.Sequential()
        for _ in range((self.n_times // 4).bit_length() - 1):
            block = nn.Sequential()
            for _ in range(self.depth):
                block.append(_DenseLayer(n_maps, self.n_filters, self.expansion, self.drop_prob))
                n_maps += self.n_filters
            halve = nn.Conv1d(n_maps, n_maps // 2, 1)
            block.append(nn.Sequential(nn.BatchNorm1d(n_maps), nn.ELU(), halve, nn.AvgPool1d(2)))
            self.blocks.append(block)
            n_maps //= 2
        self.activation = nn.ELU()
        for module in self.modules():
            if isinstance(module, nn.Conv1d):
                nn.init.kaiming_normal_(module.weight)
        self.num_features = n_maps
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(x)  # (batch, 32, 500) for 16 channels of 2000 samples
        x = self.blocks(x)  # (batch, 63, 1)
        out: Tensor = self.activation(x.mean(dim=2))
        return out

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        nn.init.zeros_(head.bias)
        return head


class _DenseLayer(nn.Sequential):
    """Maps that are appended to the maps from which they are computed."""

    def __init__(self, n_maps: int, n_more: int, expansion: int, drop_prob: float) -> None:
        n_inside = expansion * n_more
        super().__init__(
            nn.BatchNorm1d(n_maps),
            nn.ELU(),
            nn.Conv1d(n_maps, n_inside, 1),
            nn.BatchNorm1d(n_inside),
            nn.ELU(),
            nn.Conv1d(n_inside, n_more, 3, padding=1),
            Dropout(drop_prob),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((x, super().forward(x)), dim=1)  # type: ignore[no-untyped-call]
