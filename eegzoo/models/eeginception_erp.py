"""EEGInceptionERP: two inception modules with temporal filters of three lengths."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.blocks.initializers import he_normal_, keras_init_
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.dropout import Dropout
from eegzoo.models.argument_checks import check_each
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "eeginception_erp",
    tasks=("erp",),
    paper="Santamaría-Vázquez et al. (2020), EEG-Inception: a novel deep convolutional neural "
    "network for assistive ERP-based brain-computer interfaces",
    doi="10.1109/TNSRE.2020.3048106",
    source="esantamariavazquez/EEG-Inception, commit ff84534 (Keras)",
    standard={"n_chans": 8, "n_times": 128, "n_outputs": 2, "sfreq": 128.0},
)
class EEGInceptionERP(EEGModel):
    """EEGInceptionERP: two inception modules with three kernel lengths, one with spatial filters.

    Equal to the authors' Keras code, except that the inputs of the head are in torch's order (map,
    time) instead of Keras's (time, map) and the softmax is left to the loss. The kernels of both
    inception modules follow `sfreq`; in the second module, their lengths are divided by the length
    of the first pool. The last two kernels and the pools are in samples, with defaults for 128 Hz.

    `max_norm` limits the magnitude of each single spatial weight because the authors' code takes
    the norm over an axis of length one. (In EEGNet, the origin of this constraint, that axis holds
    the channels, so the norm of a filter is limited.)

    The authors take the first second after each stimulus and train with Adam (1e-3) in batches of
    1024 until the validation loss has not decreased for ten epochs.

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
        Number of temporal filters of each length.
    D : int
        Number of spatial filters for each temporal filter of the first module.
    kernel_seconds : tuple of float
        Lengths of the first module's temporal filters in seconds.
    kernel_lengths : tuple of int | None
        Lengths of the first module's temporal filters in samples. None: computed
        from `kernel_seconds`.
    output_kernel_lengths : tuple of int
        Lengths of the last two convolutions' kernels, each in samples of its input.
    pool_lengths : tuple of int
        Lengths of the four average pools, each in samples of its input: one after each module and
        one after each of the last two convolutions.
    drop_prob : float
        Dropout probability.
    activation : type of nn.Module
        Activation after each batch normalisation.
    max_norm : float | None
        Maximum magnitude of a spatial weight. None: no limit.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Santamaría-Vázquez, Martínez-Cagigal, Vaquerizo-Villar, Hornero (2020). EEG-Inception: a novel
    deep convolutional neural network for assistive ERP-based brain-computer interfaces. IEEE Trans.
    Neural Syst. Rehabil. Eng. 28, 2773-2782. https://doi.org/10.1109/TNSRE.2020.3048106

    Reference implementation: https://github.com/esantamariavazquez/EEG-Inception, commit ff84534.

    Examples
    --------
    >>> model = EEGInceptionERP(n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> model(torch.randn(3, 8, 128)).shape, model.features(torch.randn(3, 8, 128)).shape
    (torch.Size([3, 2]), torch.Size([3, 24]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 8,
        D: int = 2,
        kernel_seconds: tuple[float, ...] = (0.5, 0.25, 0.125),
        kernel_lengths: tuple[int, ...] | None = None,
        output_kernel_lengths: tuple[int, int] = (8, 4),
        pool_lengths: tuple[int, int, int, int] = (4, 2, 2, 2),
        drop_prob: float = 0.25,
        activation: type[nn.Module] = nn.ELU,
        max_norm: float | None = 1.0,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.kernel_seconds = check_each("kernel_seconds", kernel_seconds)
        if kernel_lengths is None:
            kernel_lengths = tuple(max(1, int(s * self.sfreq)) for s in self.kernel_seconds)
        self.set_arguments(
            n_filters=n_filters, D=D, kernel_lengths=kernel_lengths, drop_prob=drop_prob,
            activation=activation, max_norm=max_norm,
        )  # fmt: skip
        self.output_kernel_lengths = positive_ints(
            "output_kernel_lengths", output_kernel_lengths, 2
        )
        self.pool_lengths = positive_ints("pool_lengths", pool_lengths, 4)
        pool_1, pool_2, pool_3, pool_4 = self.pool_lengths
        self.check_smallest_window(pool_1 * pool_2 * pool_3 * pool_4)

        n_spatial = self.n_filters * self.D
        n_concatenated = len(self.kernel_lengths) * self.n_filters
        self.scales, self.finer_scales = nn.ModuleList(), nn.ModuleList()
        for length in self.kernel_lengths:
            temporal = self._filters(1, self.n_filters, length, bias=True)
            spatial = ConstrainedConv2d(
                self.n_filters, n_spatial, (n_chans, 1), padding="valid",
                groups=self.n_filters, bias=False, max_norm=max_norm, axis_norm=3,
            )  # fmt: skip
            keras_init_(spatial)
            self.scales.append(
                nn.Sequential(*temporal, spatial, *self._norm(n_spatial), Dropout(drop_prob))
            )
            self.finer_scales.append(
                self._filters(n_concatenated * self.D, self.n_filters, max(1, length // pool_1))
            )
        self.pool = nn.AvgPool2d((1, pool_1))
        self.reduce = nn.Sequential(nn.AvgPool2d((1, pool_2)))
        before = n_concatenated
        pools = (pool_3, pool_4)
        for divisor, length, pool in zip((2, 4), self.output_kernel_lengths, pools, strict=True):
            after = max(1, n_concatenated // divisor)
            *filters, drop = self._filters(before, after, length)
            self.reduce.extend((*filters, nn.AvgPool2d((1, pool)), drop))
            before = after
        n_pooled = self.n_times // pool_1 // pool_2 // pool_3 // pool_4
        self.num_features = before * n_pooled
        self.head = self.make_head(self.n_outputs)

    def _filters(
        self, in_channels: int, out_channels: int, length: int, bias: bool = False
    ) -> nn.Sequential:
        conv = ConstrainedConv2d(in_channels, out_channels, (1, length), bias=bias, max_norm=None)
        he_normal_(conv.weight)
        if conv.bias is not None:
            nn.init.zeros_(conv.bias)
        return nn.Sequential(conv, *self._norm(out_channels), Dropout(self.drop_prob))

    def _norm(self, n_maps: int) -> tuple[nn.Module, nn.Module]:
        return nn.BatchNorm2d(n_maps, eps=1e-3, momentum=0.01), self.activation()

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = x.unsqueeze(1)
        x = torch.cat([scale(x) for scale in self.scales], dim=1)  # (batch, 48, 1, n_times)
        x = self.pool(x)  # (batch, 48, 1, n_times // 4)
        x = torch.cat([scale(x) for scale in self.finer_scales], dim=1)  # (batch, 24, 1, ...)
        x = self.reduce(x)  # (batch, 6, 1, n_times // 32)
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        keras_init_(head)
        return head
