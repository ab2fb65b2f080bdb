"""FBCNet: spatial filters in frequency bands, then the logarithm of their variance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.fronts.filter_bank import FilterBank
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "fbcnet",
    tasks=("motor imagery",),
    paper="Mane et al. (2021), FBCNet: a multi-view convolutional neural network for "
    "brain-computer interface",
    doi="10.48550/arXiv.2104.01233",
    source="ravikiran-mane/FBCNet, commit de1bbdd (PyTorch)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class FBCNet(EEGModel):
    """FBCNet: spatial filters in each of nine bands, then the log-variance in four segments.

    From the bands on equal to the authors' PyTorch code, the softmax left to the loss. Their norm
    limits are kept by ``torch.renorm`` in each forward: the projection that the constrained layers
    here do too, but theirs writes to the weights in evaluation also. They hand a probability of
    dropout to the network, which has none.

    The bands are not equal. The authors filter before the network, and forwards alone
    (``scipy.signal.lfilter``); here `FilterBank` is its first stage, and runs forwards and
    backwards: no delay, and twice the attenuation. Both take the lowest Chebyshev II filter that
    loses 3 dB in the band and 30 dB from 2 Hz beyond it; the authors put the edges of its stop band
    there, `FilterBank` as near to the band as that order can. `features_of_bands` takes bands that
    were filtered in another way.

    The authors take 4 s from the cue on, and train with Adam (1e-3) in batches of 16.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window.
    n_outputs : int
        Classes.
    sfreq : float
        Sampling rate in Hz.
    n_bands : int
        Frequency bands, side by side.
    bandwidth : float
        Width of a band, and lower edge of the first, in Hz.
    n_filters : int
        Spatial filters for each band.
    n_segments : int
        Parts of a window with a variance of their own (a second each for the authors). A rest of
        fewer samples at the end is left out.
    max_norm : float | None
        Largest norm of a spatial filter.
    head_max_norm : float | None
        Largest norm of an output's weights.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Mane, Chew, Chua, Ang, Robinson, Vinod, Lee, Guan (2021). FBCNet: a multi-view convolutional
    neural network for brain-computer interface. https://doi.org/10.48550/arXiv.2104.01233

    Reference implementation: https://github.com/ravikiran-mane/FBCNet, commit de1bbdd.

    Examples
    --------
    >>> model = FBCNet(n_chans=22, n_times=1000, n_outputs=4)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 1152]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float = 250.0,
        n_bands: int = 9,
        bandwidth: float = 4.0,
        n_filters: int = 32,
        n_segments: int = 4,
        max_norm: float | None = 2.0,
        head_max_norm: float | None = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.n_bands = positive_int("n_bands", n_bands)
        self.bandwidth = number_between("bandwidth", bandwidth, 0.0, above=True)
        self.n_filters = positive_int("n_filters", n_filters)
        self.n_segments = positive_int("n_segments", n_segments)
        self.max_norm, self.head_max_norm = max_norm, head_max_norm
        self.filter_bank = FilterBank(self.sfreq, self.n_bands, self.bandwidth)
        # By as many samples a window is extended on either side; a variance takes two.
        edge = 3 * (2 * max(map(len, self.filter_bank.sos)) + 1)
        self.check_smallest_window(max(edge + 1, 2 * self.n_segments))

        n_maps = self.n_bands * self.n_filters
        self.spatial = ConstrainedConv2d(
            self.n_bands, n_maps, (self.n_chans, 1), padding="valid",
            groups=self.n_bands, max_norm=max_norm,
        )  # fmt: skip
        self.norm = nn.BatchNorm1d(n_maps)
        self.activation = nn.SiLU()
        self.num_features = n_maps * self.n_segments
        self.head = self.make_head(self.n_outputs)
        self._make_filters()

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        if x.shape[0] == 0:  # no Fourier transform takes that
            return x.new_empty(0, self.num_features)
        return self.features_of_bands(self.filter_bank(x))

    def features_of_bands(self, bands: Tensor) -> Tensor:
        """Map filtered windows (batch, n_bands, n_chans, n_times) to features."""
        x = self.activation(self.norm(self.spatial(bands).squeeze(2)))  # (batch, n_maps, n_times)
        n_each = self.n_times // self.n_segments
        segments = x[..., : self.n_segments * n_each].unflatten(2, (self.n_segments, n_each))
        features: Tensor = segments.var(dim=3).clamp(1e-6, 1e6).log().flatten(1)
        return features

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)

    def _make_filters(self) -> None:
        """Let the bank make its filters for these windows: compilers cannot trace how it does."""
        weight = self.spatial.weight
        with torch.no_grad():
            self.filter_bank(weight.new_zeros(1, self.n_chans, self.n_times))

    # The bank forgets its filters when it is copied, and another dtype or device needs others.
    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._make_filters()

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> FBCNet:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._make_filters()
        return self
