"""EEGNet's first version: spatial filters, then 2-D convolutions over filters and time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.padding import same_padding
from eegzoo.models.argument_checks import check_each
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
    """EEGNetOld: the first version of EEGNet, with 2-D convolutions over spatial filters and time.

    Equal to the authors' Keras code of 2019, except for two differences that do not change the
    function: the inputs of the head are in torch's order (map, filter, time), and the softmax is
    left to the loss. Their later code, from commit 8d35502 on, cannot run because its input lacks
    an axis, and would swap other axes than the code of 2019. The authors recommend `eegnet`
    instead.

    Where the paper has pools, the code has strided convolutions. Lengths are in samples and do not
    follow `sfreq`; the defaults suit 128 Hz.

    The authors add penalties to the loss, which are not part of the model: 1e-4 times the absolute
    and the squared weights of the spatial filters, and 1e-4 times the squared weights of the later
    kernels.

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
        Number of spatial filters.
    second_n_filters : int
        Number of filters of each later convolution.
    kernel_sizes : tuple of tuple of int
        Kernel size of each later convolution: number of spatial filters and of samples.
    stride : tuple of int
        Stride of the later convolutions: number of spatial filters and of samples.
    drop_prob : float
        Dropout probability.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Lawhern, Solon, Waytowich, Gordon, Hung, Lance (2016). EEGNet: a compact convolutional network
    for EEG-based brain-computer interfaces. https://doi.org/10.48550/arXiv.1611.08024

    Reference implementation: https://github.com/vlawhern/arl-eegmodels, commit d9d4a42.

    Examples
    --------
    >>> model = EEGNetOld(n_chans=64, n_times=128, n_outputs=4, sfreq=128)
    >>> model(torch.randn(2, 64, 128)).shape, model.features(torch.randn(2, 64, 128)).shape
    (torch.Size([2, 4]), torch.Size([2, 128]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 16,
        second_n_filters: int = 4,
        kernel_sizes: Sequence[tuple[int, int]] = ((2, 32), (8, 4)),
        stride: tuple[int, int] = (2, 4),
        drop_prob: float = 0.25,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, second_n_filters=second_n_filters, drop_prob=drop_prob
        )
        self.kernel_sizes = check_each(
            "kernel_sizes", kernel_sizes, partial(positive_ints, length=2)
        )
        self.stride = positive_ints("stride", stride, 2)

        self.spatial = self._with_norm(nn.Conv2d(1, self.n_filters, (self.n_chans, 1)))
        self.image = nn.Sequential()
        (down, along), before = self.stride, 1
        height, width = self.n_filters, self.n_times
        for high, wide in self.kernel_sizes:
            pads = (*same_padding(width, wide, along), *same_padding(height, high, down))
            conv = nn.Conv2d(before, self.second_n_filters, (high, wide), (down, along))
            self.image.extend((nn.ZeroPad2d(pads), self._with_norm(conv)))
            height, width = -(-height // down), -(-width // along)
            before = self.second_n_filters
        self.num_features = before * height * width
        self.head = self.make_head(self.n_outputs)
        keras_init_(self)

    def _with_norm(self, conv: nn.Conv2d) -> nn.Sequential:
        norm = nn.BatchNorm2d(conv.out_channels, eps=1e-3, momentum=0.01)
        return nn.Sequential(conv, norm, nn.ELU(), Dropout(self.drop_prob))

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.spatial(x.unsqueeze(1))  # (batch, n_filters, 1, n_times)
        x = self.image(x.transpose(1, 2))  # (batch, second_n_filters, 4, n_times / 16)
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        keras_init_(head)
        return head
