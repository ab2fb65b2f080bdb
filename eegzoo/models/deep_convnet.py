"""DeepConvNet: four blocks of convolutions and max pooling."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

from torch import Tensor, nn

from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.conv_pool import conv_norm_pool
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fast_conv.fast_layers import FastConstrainedConv1d
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.layers.one_window.conv_pool_window import ConvPoolWindow, fold_conv_pools
from eegzoo.models.registry import register_model
from eegzoo.models.shorter_way import OneWindowModel
from eegzoo.torch_internals import has_hooks, has_patched_forward


@register_model(
    "deep_convnet",
    tasks=("motor imagery",),
    paper="Schirrmeister et al. (2017), Deep learning with convolutional neural networks for EEG "
    "decoding and visualization",
    doi="10.1002/hbm.23730",
    source="vlawhern/arl-eegmodels, commit 4a512e5 (Keras)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class DeepConvNet(OneWindowModel):
    """DeepConvNet: four blocks of convolution and max pooling, the first with spatial filters.

    Equal to the Keras code of Lawhern et al., except that the inputs of the head are in torch's
    order (map, time) instead of Keras's (time, map) and the softmax is left to the loss. Kernels
    follow `sfreq`: 10 samples at 250 Hz, as in the paper, and 5 at 128 Hz, as in the Keras code.
    Pools have 3 samples (the paper) at 200 Hz and above, and 2 (the Keras code) below. They do not
    grow with the rate because the reductions of the four pools multiply.

    Where code and paper differ, this model follows the code: limits on the norms of all kernels,
    which Lawhern et al. have from the authors, a bias in all convolutions, dropout after each pool,
    and a dense layer as classifier. (The paper has dropout before each convolution except the
    first, so the only difference is the dropout after the last pool.)

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
        Number of filters in the first block. Each later block has twice as many as the previous
        one.
    kernel_length : int | None
        Length of the temporal kernels in samples. None: 0.04 s.
    pool_length : int | None
        Length of the max pools in samples. None: 3 at 200 Hz and above, 2 below.
    pool_stride : int | None
        Stride of the max pools in samples. None: `pool_length`.
    drop_prob : float
        Dropout probability.
    max_norm : float | None
        Maximum norm of a convolution's filter. None: no limit.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Schirrmeister, Springenberg, Fiederer, Glasstetter, Eggensperger, Tangermann, Hutter, Burgard,
    Ball (2017). Deep learning with convolutional neural networks for EEG decoding and
    visualization. Human Brain Mapping 38, 5391-5420. https://doi.org/10.1002/hbm.23730

    Reference implementation: https://github.com/vlawhern/arl-eegmodels, commit 4a512e5.

    Examples
    --------
    >>> model = DeepConvNet(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 1400]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 25,
        kernel_length: int | None = None,
        pool_length: int | None = None,
        pool_stride: int | None = None,
        drop_prob: float = 0.5,
        max_norm: float | None = 2.0,
        head_max_norm: float | None = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        if kernel_length is None:
            kernel_length = self.samples_in(0.04)
        if pool_length is None:
            pool_length = 3 if self.sfreq >= 200 else 2
        self.set_arguments(
            n_filters=n_filters, kernel_length=kernel_length, pool_length=pool_length,
            pool_stride=pool_length if pool_stride is None else pool_stride,
            drop_prob=drop_prob, max_norm=max_norm, head_max_norm=head_max_norm,
        )  # fmt: skip
        smallest = 1
        for _ in range(4):
            smallest = (smallest - 1) * self.pool_stride + self.pool_length + self.kernel_length - 1
        self.check_smallest_window(smallest)

        self.front = TemporalSpatialConv(
            ConstrainedConv2d(
                1, n_filters, (1, self.kernel_length), padding="valid", max_norm=max_norm
            ),
            ConstrainedConv2d(
                n_filters, n_filters, (n_chans, 1), padding="valid", max_norm=max_norm
            ),
        )
        self.first = self._norm_pool(n_filters)
        widths = [n_filters * 2**block for block in range(4)]
        self.blocks = nn.Sequential()
        for before, after in pairwise(widths):
            conv = FastConstrainedConv1d(
                before, after, self.kernel_length, padding="valid", max_norm=max_norm
            )
            self.blocks.append(nn.Sequential(conv, *self._norm_pool(after)))
        n_pooled = self.n_times
        for _ in widths:
            n_filtered = n_pooled - self.kernel_length + 1
            n_pooled = (n_filtered - self.pool_length) // self.pool_stride + 1
        self.num_features = widths[-1] * n_pooled
        self.head = self.make_head(self.n_outputs)
        keras_init_(self)

    def _norm_pool(self, n_filters: int) -> nn.Sequential:
        # ELU does not change which value is the largest: after the pool its outputs are the same,
        # to the bit, and there are fewer of them.
        return nn.Sequential(
            nn.BatchNorm1d(n_filters, eps=1e-5, momentum=0.1),
            nn.MaxPool1d(self.pool_length, self.pool_stride),
            nn.ELU(),
            Dropout(self.drop_prob),
        )

    def fold_layers(self) -> ConvPoolWindow | None:
        """Return the function of one window, or None if this has none."""
        if not self._has_usual_blocks():
            return None
        layers = [*self.first, *chain(*(block.children() for block in self.blocks)), self.head]
        return fold_conv_pools(self.front, layers, self.n_times)

    def _has_usual_blocks(self) -> bool:
        """Return whether calls of the layers give what calls of their containers give."""
        containers = (self.first, self.blocks, *self.blocks)
        lengths = (4, 3, 5, 5, 5)
        return tuple(map(_length_of_sequential, containers)) == lengths

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        if not self._has_usual_blocks():
            outputs: Tensor = self.blocks(self.first(self.front(x)))
            return outputs.flatten(1)
        norm, pool, activation, drop = self.first
        # (batch, n_filters, 330) for 1000 samples at 250 Hz
        x = drop(conv_norm_pool(self.front, norm, pool, activation, x))
        for block in self.blocks:
            convolution, norm, pool, activation, drop = block.children()
            x = drop(conv_norm_pool(convolution, norm, pool, activation, x))
        return x.flatten(1)  # (batch, 8 * n_filters * 7) for 1000 samples at 250 Hz

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)
        keras_init_(head)
        return head


def _length_of_sequential(part: nn.Module) -> int | None:
    """Return the number of layers that are called one after the other, or None."""
    plain = type(part) is nn.Sequential and not (has_hooks(part) or has_patched_forward(part))
    return len(list(part.children())) if plain else None
