"""SCCNet: spatial components, spatio-temporal filters, then the logarithm of their power."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_FLOOR = 1e-6  # of the power, before its logarithm


@register_model(
    "sccnet",
    tasks=("motor imagery",),
    paper="Wei et al. (2019), Spatial component-wise convolutional network (SCCNet) for "
    "motor-imagery EEG classification",
    doi="10.1109/NER.2019.8716937",
    source="braindecode 1.8.1, SCCNet by the first author, padded as in the paper "
    "(tests/reference/make_sccnet.py)",
    standard={"n_chans": 22, "n_times": 562, "n_outputs": 4, "sfreq": 125.0},
)
class SCCNet(EEGModel):
    """SCCNet: spatial components, filters over components and time, then their logarithmic power.

    The first layer filters over channels alone, like common spatial patterns, and its outputs are
    the components that the second layer filters in time. Lengths follow `sfreq`: at 125 Hz they are
    the paper's (kernels of 12 samples, pools of 62 with a stride of 12).

    The paper pads the windows for the second convolution with six zeros on either side, so that
    42 averages remain of its 562 samples. The port in braindecode 1.8.1, by the first author, does
    not pad and has 41; the reference numbers were made with its class after its padding was set to
    the paper's. As there, 1e-6 is added to the power before the logarithm, which keeps silent
    windows finite.

    The authors resample to 125 Hz and train with weight decay.

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
        Numbers of spatial components and of spatio-temporal filters.
    kernel_length : int | None
        Length of the spatio-temporal filters in samples. None: 0.1 s, rounded down.
    pool_length : int | None
        Number of samples whose power is averaged. None: 0.5 s, rounded down.
    pool_stride : int | None
        Number of samples from one average to the next. None: 0.1 s, rounded down.
    drop_prob : float
        Dropout probability of the power.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Wei, Koike-Akino, Wang (2019). Spatial component-wise convolutional network (SCCNet) for
    motor-imagery EEG classification. 9th International IEEE/EMBS Conference on Neural Engineering,
    328-331. https://doi.org/10.1109/NER.2019.8716937

    Reference implementation: https://github.com/braindecode/braindecode, version 1.8.1.

    Examples
    --------
    >>> model = SCCNet(n_chans=22, n_times=562, n_outputs=4, sfreq=125)
    >>> model(torch.randn(2, 22, 562)).shape, model.features(torch.randn(2, 22, 562)).shape
    (torch.Size([2, 4]), torch.Size([2, 840]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, int] = (22, 20),
        kernel_length: int | None = None,
        pool_length: int | None = None,
        pool_stride: int | None = None,
        drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        tenth, half = (max(1, int(self.sfreq * seconds)) for seconds in (0.1, 0.5))
        self.n_filters = positive_ints("n_filters", n_filters, 2)
        self.set_arguments(
            kernel_length=tenth if kernel_length is None else kernel_length,
            pool_length=half if pool_length is None else pool_length,
            pool_stride=tenth if pool_stride is None else pool_stride,
            drop_prob=drop_prob,
        )
        padding = self.kernel_length // 2
        n_filtered = self.n_times + 2 * padding - self.kernel_length + 1
        self.check_smallest_window(self.pool_length - (n_filtered - self.n_times))

        n_components, n_maps = self.n_filters
        self.spatial = nn.Sequential(
            nn.Conv1d(self.n_chans, n_components, 1), nn.BatchNorm1d(n_components)
        )
        self.temporal = nn.Sequential(
            # In one dimension, with the components as maps, it takes almost twice as long on a CPU.
            nn.Conv2d(
                1, n_maps, (n_components, self.kernel_length), padding=(0, padding), bias=False
            ),
            nn.BatchNorm2d(n_maps),
        )
        self.drop = Dropout(self.drop_prob)
        self.pool = nn.AvgPool1d(self.pool_length, self.pool_stride)
        self.num_features = n_maps * ((n_filtered - self.pool_length) // self.pool_stride + 1)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.temporal(self.spatial(x).unsqueeze(1)).squeeze(2)  # (batch, n_maps, n_times + 1)
        precise = x.to(torch.promote_types(x.dtype, torch.float32))  # holds the squares
        power = self.pool(self.drop(precise.square()))  # (batch, n_maps, 42) for 562 samples
        features: Tensor = (power + _FLOOR).log().flatten(1)
        return features
