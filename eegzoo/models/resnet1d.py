"""ResNet1D: residual blocks that filter each channel in time, plus filters over all channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "resnet1d_selfeeg",
    tasks=("pathology",),
    paper="Del Pup et al. (2024), SelfEEG: a Python library for self-supervised learning in "
    "electroencephalography",
    doi="10.21105/joss.06224",
    source="MedMaxLab/selfEEG, commit 7bf7681 (PyTorch)",
    standard={"n_chans": 18, "n_times": 769, "n_outputs": 3, "sfreq": 256.0},
    defaults={"depths": (2, 2, 2, 2), "across_channels": False},
)
@register_model(
    "resnet1d",
    tasks=("pathology",),
    paper="Zheng et al. (2022), Task-oriented self-supervised learning for anomaly detection in "
    "electroencephalography",
    doi="10.48550/arXiv.2207.01391",
    source="ironing/Task-oriented-SSL-EEG-AD, commit 1aa0772 (PyTorch)",
    standard={"n_chans": 18, "n_times": 769, "n_outputs": 3, "sfreq": 256.0},
)
class ResNet1D(EEGModel):
    """ResNet1D: residual blocks that filter each channel in time, plus filters over all channels.

    The model equals the authors' PyTorch code, `TaskOriNet`, whose fixed sizes (18 channels, 769
    samples) are arguments here. ``resnet1d_selfeeg`` has the defaults of selfEEG's port, ResNet1D:
    fewer blocks, no filters over all channels, and no convolution after the last block. The port
    has a single output for two classes; here there are two. Lengths are in samples and do not
    depend on `sfreq`.

    The authors use windows of 3 s. They train with Adam (1e-4) in batches of 128 to classify
    whether the amplitude of a window was changed, its frequency, or neither. Windows whose features
    are far from those of normal EEG are anomalies.

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
        Number of filters of the first convolution and the first stage. Each later stage has twice
        as many as the previous one.
    kernel_length : int
        Length of all kernels in samples, an odd number.
    depths : tuple of int
        Number of residual blocks in each of the four stages.
    across_channels : bool
        Whether the model has filters over all channels, and a convolution after the last stage.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Zheng, Liu, Mo, Chen, Zheng, Wang (2022). Task-oriented self-supervised learning for anomaly
    detection in electroencephalography. MICCAI. https://doi.org/10.48550/arXiv.2207.01391

    Del Pup et al. (2024). SelfEEG: a Python library for self-supervised learning in
    electroencephalography. J. Open Source Softw. 9, 6224 (`resnet1d_selfeeg`).
    https://doi.org/10.21105/joss.06224

    Reference implementations: https://github.com/ironing/Task-oriented-SSL-EEG-AD, commit 1aa0772;
    https://github.com/MedMaxLab/selfEEG, commit 7bf7681 (`resnet1d_selfeeg`).

    Examples
    --------
    >>> model = ResNet1D(n_chans=18, n_times=769, n_outputs=3, sfreq=256)
    >>> model(torch.randn(2, 18, 769)).shape, model.features(torch.randn(2, 18, 769)).shape
    (torch.Size([2, 3]), torch.Size([2, 542]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 16,
        kernel_length: int = 7,
        depths: tuple[int, int, int, int] = (3, 4, 6, 3),
        across_channels: bool = True,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, kernel_length=kernel_length, across_channels=across_channels
        )
        length = self.kernel_length
        if length % 2 == 0:
            raise ValueError(f"expected kernel_length to be odd, got {length}")
        self.depths = positive_ints("depths", depths, 4)
        # The first convolution and three stages each halve the number of samples, rounding up.
        self.check_smallest_window(16 * (length - 1) + 1 if across_channels else 1)

        self.first = nn.Sequential(*_convolve(1, n_filters, length, stride=2), nn.ReLU())
        self.stages = nn.Sequential()
        before = self.n_filters
        for stage, depth in enumerate(self.depths):
            after = n_filters * 2**stage
            strides = [2 if stage else 1] + [1] * (depth - 1)
            for stride in strides:
                self.stages.append(_ResidualBlock(before, after, length, stride))
                before = after
        self.last: nn.Module = nn.Identity()
        self.num_features = n_chans * before
        if across_channels:
            self.last = nn.Conv2d(before, n_filters, (1, length), bias=False)
            step = max(1, length // 2)
            self.across = nn.Conv2d(n_filters, 2, (n_chans, length), stride=(1, step), bias=False)
            n_across = (-(-self.n_times // 2) - length) // step + 1
            self.num_features = n_chans * n_filters + 2 * n_across
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.first(x.unsqueeze(1))  # (batch, n_filters, n_chans, n_times / 2)
        deep: Tensor = self.last(self.stages(x))  # (batch, n_filters, n_chans, n_times / 16 - 6)
        features = deep.mean(dim=3).flatten(1)
        if self.across_channels:
            features = torch.cat([features, self.across(x).flatten(1)], dim=1)
        return features

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Linear(self.num_features, n_outputs)


class _ResidualBlock(nn.Module):
    """Two convolutions plus a shortcut, which is a convolution if the number of maps changes."""

    def __init__(self, in_channels: int, out_channels: int, length: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_convolve(in_channels, out_channels, length, stride),
            nn.ReLU(),
            *_convolve(out_channels, out_channels, length),
        )
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = nn.Sequential(*_convolve(in_channels, out_channels, length, stride))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


def _convolve(
    in_channels: int, out_channels: int, length: int, stride: int = 1
) -> tuple[nn.Module, nn.Module]:
    conv = nn.Conv2d(
        in_channels, out_channels, (1, length),
        stride=(1, stride), padding=(0, length // 2), bias=False,
    )  # fmt: skip
    return conv, nn.BatchNorm2d(out_channels)
