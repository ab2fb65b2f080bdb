"""StagerNet: sleep staging with spatial filters and two temporal convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "stagernet",
    tasks=("sleep",),
    paper="Chambon et al. (2018), A deep learning architecture for temporal sleep stage "
    "classification using multivariate and multimodal time series",
    doi="10.1109/TNSRE.2018.2813138",
    source="braindecode/braindecode, commit eb3ddee (PyTorch), a port",
    standard={"n_chans": 6, "n_times": 3840, "n_outputs": 5, "sfreq": 128.0},
)
class StagerNet(EEGModel):
    """StagerNet: as many spatial filters as channels, then temporal filters that they share.

    This is the network that the paper draws for one modality and one window. The authors published
    no code. The model equals braindecode's port (``SleepStagerChambon2018``) for kernels of odd
    length, where the port equals the paper, and selfEEG's port (``StagerNet``) at the paper's own
    sizes.

    With an even kernel, such as the paper's (64 samples at 128 Hz), a convolution keeps the number
    of samples in the paper and here; braindecode's port pads one more sample, which shifts the
    output by one. Initial weights have a normal distribution with standard deviation 0.1, as in the
    paper; braindecode's port uses torch's defaults. As in braindecode, a single channel has no
    spatial filter.

    In the paper, one classifier uses the features of several modalities (EEG and EOG; EMG, with a
    separate network) and of neighbouring windows together; `features` returns those features. The
    authors train at 128 Hz with Adam (1e-3), in batches of 128 windows in which the stages are
    equally frequent.

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

    Reference implementation: https://github.com/braindecode/braindecode, commit eb3ddee.

    Examples
    --------
    >>> model = StagerNet(n_chans=6, n_times=3840, n_outputs=5, sfreq=128)
    >>> model(torch.randn(2, 6, 3840)).shape, model.features(torch.randn(2, 6, 3840)).shape
    (torch.Size([2, 5]), torch.Size([2, 720]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 8,
        kernel_seconds: float = 0.5,
        kernel_length: int | None = None,
        pool_seconds: float = 0.125,
        pool_length: int | None = None,
        drop_prob: float = 0.25,
        activation: type[nn.Module] = nn.ReLU,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, kernel_seconds=kernel_seconds, pool_seconds=pool_seconds,
            drop_prob=drop_prob, activation=activation,
        )  # fmt: skip
        if kernel_length is None:
            kernel_length = math.ceil(self.kernel_seconds * self.sfreq)
        if pool_length is None:
            pool_length = math.ceil(self.pool_seconds * self.sfreq)
        self.set_arguments(kernel_length=kernel_length, pool_length=pool_length)
        self.check_smallest_window(self.pool_length**2)

        self.spatial = nn.Identity() if n_chans == 1 else nn.Conv1d(n_chans, n_chans, 1)
        self.temporal = nn.Sequential()
        for maps in (1, n_filters):
            conv = ConstrainedConv2d(maps, n_filters, (1, self.kernel_length), max_norm=None)
            self.temporal.extend((conv, activation(), nn.MaxPool2d((1, self.pool_length))))
        n_pooled = self.n_times // self.pool_length // self.pool_length
        self.num_features = n_filters * n_chans * n_pooled
        self.head = self.make_head(self.n_outputs)
        _init_(self)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.spatial(x).unsqueeze(1)  # (batch, 1, n_chans, n_times)
        x = self.temporal(x)  # (batch, n_filters, n_chans, 15) for 30 s
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Sequential(Dropout(self.drop_prob), nn.Linear(self.num_features, n_outputs))
        _init_(head)
        return head


def _init_(module: nn.Module) -> None:
    for layer in module.modules():
        if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            nn.init.normal_(layer.weight, std=0.1)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
