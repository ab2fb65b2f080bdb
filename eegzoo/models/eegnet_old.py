"""EEGNet's first version: spatial filters, then convolutions over filters and time."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int, positive_ints
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.padding import same_padding
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "eegnet_old",
    tasks=("erp", "motor imagery"),
    paper="Lawhern et al. (2016), EEGNet: a compact convolutional network for EEG-based "
    "brain-computer interfaces, version 2",
    doi="10.48550/arXiv.1611.08024",
    source="vlawhern/arl-eegmodels, commit d9d4a42 (Keras)",
    standard={"n_chans": 64, "n_times": 128, "n_outputs": 4, "sfreq": 128.0},
)
class EEGNetOld(EEGModel):
    """EEGNetOld: EEGNet's first version, spatial filters whose signals are convolved as an image.

    Equal to the authors' Keras code of 2019, but for two things that are the same function: dense
    rows stand in torch's order (map, filter, time), and the softmax is left to the loss. Their
    later code, from commit 8d35502 on, cannot be run, as its input lacks an axis, and would
    exchange other axes than this one. The authors recommend `eegnet` instead.

    Where the paper pools, the code moves its kernels in steps. Lengths are in samples and do not
    follow `sfreq`; they suit 128 Hz.

    To the loss the authors add penalties, which are not part of the model: 1e-4 of the absolute and
    of the squared weights of the spatial filters, and 1e-4 of the squared weights of the later
    kernels.

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
    n_filters : int
        Spatial filters.
    n_maps : int
        Maps of each later convolution.
    kernel_sizes : tuple of tuple of int
        Spatial filters and samples that the kernels of each later convolution span.
    stride : tuple of int
        Spatial filters and samples from one place of these kernels to the next.
    drop_prob : float
        Probability of dropout.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Lawhern, Solon, Waytowich, Gordon, Hung, Lance (2016). EEGNet: a compact convolutional network
    for EEG-based brain-computer interfaces. https://doi.org/10.48550/arXiv.1611.08024

    Reference implementation: https://github.com/vlawhern/arl-eegmodels, commit d9d4a42.

    Examples
    --------
    >>> model = EEGNetOld(n_chans=64, n_times=128, n_outputs=4)
    >>> model(torch.randn(2, 64, 128)).shape, model.features(torch.randn(2, 64, 128)).shape
    (torch.Size([2, 4]), torch.Size([2, 128]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float = 128.0,
        n_filters: int = 16,
        n_maps: int = 4,
        kernel_sizes: Sequence[tuple[int, int]] = ((2, 32), (8, 4)),
        stride: tuple[int, int] = (2, 4),
        drop_prob: float = 0.25,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.n_filters = positive_int("n_filters", n_filters)
        self.n_maps = positive_int("n_maps", n_maps)
        self.kernel_sizes = tuple(positive_ints("kernel_sizes", size, 2) for size in kernel_sizes)
        self.stride = positive_ints("stride", stride, 2)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)

        self.spatial = self._with_norm(nn.Conv2d(1, self.n_filters, (n_chans, 1)))
        self.image = nn.Sequential()
        (down, along), before = self.stride, 1
        height, width = self.n_filters, self.n_times
        for high, wide in self.kernel_sizes:
            pads = (*same_padding(width, wide, along), *same_padding(height, high, down))
            conv = nn.Conv2d(before, self.n_maps, (high, wide), (down, along))
            self.image.extend((nn.ZeroPad2d(pads), self._with_norm(conv)))
            height, width = -(-height // down), -(-width // along)
            before = self.n_maps
        self.num_features = before * height * width
        self.head = self.make_head(self.n_outputs)
        keras_init_(self)

    def _with_norm(self, conv: nn.Conv2d) -> nn.Sequential:
        norm = nn.BatchNorm2d(conv.out_channels, eps=1e-3, momentum=0.01)
        return nn.Sequential(conv, norm, nn.ELU(), nn.Dropout(self.drop_prob))

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.spatial(x.unsqueeze(1))  # (batch, n_filters, 1, n_times)
        x = self.image(x.transpose(1, 2))  # (batch, n_maps, 4, n_times / 16)
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        keras_init_(head)
        return head
