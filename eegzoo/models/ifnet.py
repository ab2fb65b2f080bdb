"""IFNet: spatial and temporal filters in two frequency bands, which then interact."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fronts.butterworth_bank import ButterworthBank, check_bands
from eegzoo.layers.fronts.depthwise import DepthwiseConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_PAPER = (
    "Wang et al. (2023), IFNet: an interactive frequency convolutional neural network for "
    "enhancing motor imagery decoding from EEG"
)
_DOI = "10.1109/TNSRE.2023.3257319"
_STANDARD = {"n_chans": 22, "n_times": 750, "n_outputs": 4, "sfreq": 250.0}


@register_model(
    "ifnet_v2",
    tasks=("motor imagery",),
    paper=_PAPER,
    doi=_DOI,
    source="Jiaheng-Wang/IFNet, commit 00ca53e, IFNetV2 (PyTorch)",
    standard=_STANDARD,
    defaults={"log_power": True, "head_max_norm": 0.5},
)
@register_model(
    "ifnet",
    tasks=("motor imagery",),
    paper=_PAPER,
    doi=_DOI,
    source="Jiaheng-Wang/IFNet, commit 00ca53e (PyTorch)",
    standard=_STANDARD,
)
class IFNet(EEGModel):
    """IFNet: spatial and temporal filters in two frequency bands, whose sum is pooled.

    From the spatial filters on, the model equals the authors' PyTorch code. `ifnet` is the network
    of the paper, which averages the sum of the bands. `ifnet_v2`, which the authors published
    later, takes the logarithm of its power instead, clipped to [1e-4, 1e4], and limits the norms of
    the head. All lengths follow `sfreq`: at 250 Hz they are the authors' (kernels of 63 and 31
    samples, pools of 125). braindecode 1.8.1's IFNet is the second version, and averages an eighth
    of any window instead of half a second.

    The band-pass filters differ. The authors filter the recording with Butterworth filters of order
    5, and only forwards (``scipy.signal.lfilter``). Here `ButterworthBank` is the first stage and
    filters each window forwards and backwards, without delay and with twice the attenuation.
    `features_of_bands` takes bands that were filtered in another way.

    The authors take 0.5 to 3.5 s from the cue on, divide by 5 microvolts, and train with AdamW
    (2^-12, weight decay 0.01) in batches of 32 windows, each five times: cropped and erased at
    random, and for the second version mixed with another window of its class (CutMix).

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
    bands : sequence of tuple of float
        Lower and upper edge of each frequency band in Hz.
    filter_order : int
        Order of the band-pass filters in one direction.
    n_filters : int
        Number of spatial filters, and of temporal filters, in each band.
    kernel_length : int | None
        Length of the temporal filters of the first band in samples. Those of each further band are
        half as long. None: 0.252 s.
    pool_length : int | None
        Number of samples that are averaged. Samples that do not fill a last pool are ignored. None:
        0.5 s.
    log_power : bool
        Whether the pool gives the logarithm of the mean power instead of the mean.
    drop_prob : float
        Dropout probability.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Wang, Yao, Wang (2023). IFNet: an interactive frequency convolutional neural network for
    enhancing motor imagery decoding from EEG. IEEE Trans. Neural Syst. Rehabil. Eng. 31, 1900-1911.
    https://doi.org/10.1109/TNSRE.2023.3257319

    Reference implementation: https://github.com/Jiaheng-Wang/IFNet, commit 00ca53e.

    Examples
    --------
    >>> model = IFNet(n_chans=22, n_times=750, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 750)).shape, model.features(torch.randn(2, 22, 750)).shape
    (torch.Size([2, 4]), torch.Size([2, 384]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        bands: Sequence[tuple[float, float]] = ((4.0, 16.0), (16.0, 40.0)),
        filter_order: int = 5,
        n_filters: int = 64,
        kernel_length: int | None = None,
        pool_length: int | None = None,
        log_power: bool = False,
        drop_prob: float = 0.5,
        head_max_norm: float | None = None,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.bands = check_bands("bands", bands, self.sfreq)
        self.filter_order = positive_int("filter_order", filter_order)
        self.set_arguments(
            n_filters=n_filters,
            kernel_length=self.samples_in(0.252) if kernel_length is None else kernel_length,
            pool_length=self.samples_in(0.5) if pool_length is None else pool_length,
            log_power=log_power, drop_prob=drop_prob, head_max_norm=head_max_norm,
        )  # fmt: skip
        self.filter_bank = ButterworthBank(self.sfreq, self.bands, self.filter_order)
        self.check_smallest_window(max(self.filter_bank.shortest, self.pool_length))

        n_bands, n_maps = len(self.bands), len(self.bands) * self.n_filters
        self.spatial = nn.Sequential(
            nn.Conv1d(n_bands * self.n_chans, n_maps, 1, bias=False, groups=n_bands),
            nn.BatchNorm1d(n_maps),
        )
        self.temporal = nn.ModuleList(
            nn.Sequential(
                DepthwiseConv1d(self.n_filters, max(1, self.kernel_length >> band)),
                nn.BatchNorm1d(self.n_filters),
            )
            for band in range(n_bands)
        )
        self.activation = nn.GELU()
        self.pool = nn.AvgPool1d(self.pool_length)
        self.drop = Dropout(self.drop_prob)
        for layer in self.modules():
            if isinstance(layer, nn.Conv1d):
                nn.init.trunc_normal_(layer.weight, std=0.01)
        self.num_features = self.n_filters * (self.n_times // self.pool_length)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        return self.features_of_bands(self.filter_bank(x))

    def features_of_bands(self, bands: Tensor) -> Tensor:
        """Map band-pass filtered windows (batch, n_bands, n_chans, n_times) to features."""
        mixed = self.spatial(bands.flatten(1, 2)).chunk(len(self.temporal), dim=1)
        x = sum(layer(band) for layer, band in zip(self.temporal, mixed, strict=True))
        x = self.activation(x)  # (batch, n_filters, n_times)
        if self.log_power:
            precise = x.to(torch.promote_types(x.dtype, torch.float32))  # holds the squares
            pooled = self.pool(precise.square()).clamp(1e-4, 1e4).log()
        else:
            pooled = self.pool(x)
        features: Tensor = self.drop(pooled).flatten(1)
        return features

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)
        nn.init.trunc_normal_(head.weight, std=0.01)
        nn.init.zeros_(head.bias)
        return head
