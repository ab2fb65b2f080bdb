"""FBCNet: spatial filters in frequency bands, then the log-variance of their outputs."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.fronts.filter_bank import FilterBank
from eegzoo.layers.joint.log_variances_of_bands import log_variances_of_bands
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
    """FBCNet: spatial filters in nine frequency bands, then the log-variance in four segments.

    From the spatial filters on, the model equals the authors' PyTorch code; the softmax is left to
    the loss. The authors limit norms with ``torch.renorm`` in each forward pass. The constrained
    layers here apply the same projection, but the authors' layers also change their weights in
    evaluation mode. The authors pass a dropout probability to the network, which has no dropout.

    The band-pass filters differ. The authors filter before the network, and only forwards
    (``scipy.signal.lfilter``). Here `FilterBank` is the first stage and filters forwards and
    backwards, without delay and with twice the attenuation. Both use the Chebyshev II filter of the
    lowest order that loses 3 dB in the band and 30 dB from 2 Hz outside it. The authors place the
    edges of the stop band there; `FilterBank` places them as close to the band as that order
    allows. `features_of_bands` takes bands that were filtered in another way.

    The authors use 4 s from the cue on, and train with Adam (1e-3) in batches of 16.

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
        Number of spatial filters in each band.
    n_segments : int
        Number of segments of a window, each with its own variance; the authors use segments of one
        second. Samples that do not fill a segment at the end are ignored.
    max_norm : float | None
        Maximum norm of a spatial filter. None: no limit.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Mane, Chew, Chua, Ang, Robinson, Vinod, Lee, Guan (2021). FBCNet: a multi-view convolutional
    neural network for brain-computer interface. https://doi.org/10.48550/arXiv.2104.01233

    Reference implementation: https://github.com/ravikiran-mane/FBCNet, commit de1bbdd.

    Examples
    --------
    >>> model = FBCNet(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 1152]))
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
        n_filters: int = 32,
        n_segments: int = 4,
        max_norm: float | None = 2.0,
        head_max_norm: float | None = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_bands=n_bands, bandwidth=bandwidth, n_filters=n_filters, n_segments=n_segments,
            max_norm=max_norm, head_max_norm=head_max_norm,
        )  # fmt: skip
        self.filter_bank = FilterBank(self.sfreq, self.n_bands, self.bandwidth)
        # A variance needs two samples.
        self.check_smallest_window(max(self.filter_bank.shortest, 2 * self.n_segments))

        n_maps = self.n_bands * self.n_filters
        self.spatial = ConstrainedConv2d(
            self.n_bands, n_maps, (self.n_chans, 1), padding="valid",
            groups=self.n_bands, max_norm=self.max_norm,
        )  # fmt: skip
        self.norm = nn.BatchNorm1d(n_maps)
        self.activation = nn.SiLU()
        self.num_features = n_maps * self.n_segments
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        return self.features_of_bands(self.filter_bank(x))

    def features_of_bands(self, bands: Tensor) -> Tensor:
        """Map band-pass filtered windows (batch, n_bands, n_chans, n_times) to features."""
        found = log_variances_of_bands(
            self.spatial, self.norm, self.activation, bands, self.n_segments
        )
        return found.flatten(1).to(bands.dtype)  # logarithms are in at least float32

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)
