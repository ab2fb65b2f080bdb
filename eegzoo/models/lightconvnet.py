"""LightConvNet: log-variances in frequency bands, averaged over time by learned weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.layers.blocks.log_variance import log_variances
from eegzoo.layers.fronts.filter_bank import FilterBank
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "lightconvnet",
    tasks=("motor imagery",),
    paper="Ma et al. (2023), A temporal dependency learning CNN with attention mechanism for "
    "MI-EEG decoding",
    doi="10.1109/TNSRE.2023.3299355",
    source="Ma-Xinzhi/LightConvNet, commit 3cb9c99 (PyTorch)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class LightConvNet(EEGModel):
    """LightConvNet: filters over bands and channels, then a weighted mean of their log-variances.

    From the filters over bands and channels on, the model equals the authors' PyTorch code with the
    arguments of their script for BCI Competition IV 2a. The variance of each map in each segment
    of a window is averaged over the segments with weights that sum to one (a softmax of learned
    values). The maps of one head share their weights. The authors' segments last a second;
    `n_segments` follows `n_times` and `sfreq`.

    The band-pass filters differ from the authors' as they do in `FBCNet`: the authors filter before
    the network and only forwards, `FilterBank` forwards and backwards. `features_of_bands` takes
    bands that were filtered in another way.

    The authors use 4 s from the cue on, and train with Adam (1e-3), whose rate is multiplied by 0.6
    when the validation loss no longer decreases, in batches of 150.

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
    n_bands : int
        Number of adjacent frequency bands.
    bandwidth : float
        Width of each band, and lower edge of the first band, in Hz.
    n_filters : int
        Number of filters over bands and channels, a multiple of `n_heads`.
    n_heads : int
        Number of sets of weights for the segments.
    n_segments : int | None
        Number of segments of a window, each with its own variance. Samples that do not fill a
        segment at the end are ignored. None: one for each second.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Ma, Chen, Pei, Liu, Huang, Chen (2023). A temporal dependency learning CNN with attention
    mechanism for MI-EEG decoding. IEEE Trans. Neural Syst. Rehabil. Eng. 31, 3188-3200.
    https://doi.org/10.1109/TNSRE.2023.3299355

    Reference implementation: https://github.com/Ma-Xinzhi/LightConvNet, commit 3cb9c99.

    Examples
    --------
    >>> model = LightConvNet(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 64]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_bands: int = 9,
        bandwidth: float = 4.0,
        n_filters: int = 64,
        n_heads: int = 8,
        n_segments: int | None = None,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        if n_segments is None:
            n_segments = max(1, int(self.n_times / self.sfreq))
        self.set_arguments(
            n_bands=n_bands, bandwidth=bandwidth, n_filters=n_filters, n_heads=n_heads,
            n_segments=n_segments,
        )  # fmt: skip
        if self.n_filters % self.n_heads:
            raise ValueError(
                f"expected n_filters to be a multiple of n_heads={n_heads}, got {n_filters}"
            )
        self.filter_bank = FilterBank(self.sfreq, self.n_bands, self.bandwidth)
        # A variance needs two samples.
        self.check_smallest_window(max(self.filter_bank.shortest, 2 * self.n_segments))

        self.spatial = nn.Sequential(
            nn.Conv2d(self.n_bands, self.n_filters, (self.n_chans, 1)),
            nn.BatchNorm2d(self.n_filters),
            nn.ELU(),
        )
        self.segments = nn.Parameter(torch.empty(self.n_heads, 1, self.n_segments))
        nn.init.xavier_uniform_(self.segments)
        self.num_features = self.n_filters
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        return self.features_of_bands(self.filter_bank(x))

    def features_of_bands(self, bands: Tensor) -> Tensor:
        """Map band-pass filtered windows (batch, n_bands, n_chans, n_times) to features."""
        x = self.spatial(bands).squeeze(2)  # (batch, n_filters, n_times)
        # (batch, n_filters, n_segments), in at least float32
        variances = log_variances(x, self.n_segments).to(bands.dtype)
        # Neighbouring maps belong to different heads.
        by_head = torch.unflatten(variances, 1, (-1, self.n_heads))
        features: Tensor = (by_head * self.segments.squeeze(1).softmax(-1)).sum(-1).flatten(1)
        return features
