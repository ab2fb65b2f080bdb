"""EEGSym: the same filters for both hemispheres, then filters across them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.blocks.initializers import he_normal_, keras_glorot_uniform_, keras_init_
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fast_conv.dense_conv1d import is_worth_choosing
from eegzoo.layers.joint.channel_rows import MultiScaleConv, Shortcut, are_known, on_rows
from eegzoo.models.argument_checks import check_each
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

# Number of hemispheres whose maps stay in the caches from one layer to the next.
_WINDOWS = 8


@register_model(
    "eegsym",
    tasks=("motor imagery",),
    paper="Pérez-Velasco et al. (2022), EEGSym: overcoming inter-subject variability in motor "
    "imagery based BCIs with deep learning",
    doi="10.1109/TNSRE.2022.3186442",
    source="Serpeve/EEGSym, commit 26a19bf (Keras)",
    standard={"n_chans": 8, "n_times": 384, "n_outputs": 2, "sfreq": 128.0},
)
class EEGSym(EEGModel):
    """EEGSym: inception and residual blocks within each hemisphere, then across both.

    Channels are ordered left hemisphere, midline, right hemisphere, with the right hemisphere
    mirroring the left: F3 C3 P3 Cz Pz F4 C4 P4. The first blocks process each hemisphere together
    with the midline, with the same weights for both.

    The model equals the authors' Keras code with residual connections; the softmax is left to the
    loss. The defaults are those of the paper and of the authors' trained weights, not those of the
    code (8 filters, dropout 0.25). The paper's supplement lists other kernels for merging the
    hemispheres and time; its parameter count is that of the code. Kernel lengths of the first
    block depend on `sfreq`, and those of the second block are a quarter of them. Later kernels are
    in samples and suit 128 Hz.

    The authors' code fails with one channel per hemisphere; here the spatial filters then have a
    single weight.

    The authors use windows of 3 s at 128 Hz and train with Adam (1e-3; 1e-4 for a new person).
    They augment three in four windows: the window is shifted, parts of it are replaced by noise or
    zeros, or channels of a hemisphere are exchanged. Their code does not include the preprocessing.
    The statistics in their trained weights match unfiltered recordings: the average of the model's
    channels is subtracted, then each channel of each window is standardised.

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
    n_lateral : int | None
        Number of channels of one hemisphere; the remaining channels are the midline. 0: no
        hemispheres, channels in any order. None: the number of odd-numbered channels in `ch_names`
        or, without names, the number that leaves one or two channels for the midline.
    n_filters : int
        Number of filters of each length in the first two blocks. Later blocks have fractions of
        their total, which is a multiple of 8.
    kernel_seconds : tuple of float
        Lengths of the first block's filters in seconds.
    kernel_lengths : tuple of int | None
        Lengths of the first block's filters in samples. None: computed from `kernel_seconds`.
    drop_prob : float
        Dropout probability.
    activation : type of nn.Module
        Activation after each normalisation.
    ch_names : sequence of str | None
        Names of the channels, in the order above unless `n_lateral` is 0.

    References
    ----------
    Pérez-Velasco, Santamaría-Vázquez, Martínez-Cagigal, Marcos-Martínez, Hornero (2022). EEGSym:
    overcoming inter-subject variability in motor imagery based BCIs with deep learning. IEEE Trans.
    Neural Syst. Rehabil. Eng. 30, 1766-1775. https://doi.org/10.1109/TNSRE.2022.3186442

    Reference implementation: https://github.com/Serpeve/EEGSym, commit 26a19bf.

    Examples
    --------
    >>> names = ("F3", "C3", "P3", "Cz", "Pz", "F4", "C4", "P4")
    >>> model = EEGSym(n_chans=8, n_times=384, n_outputs=2, sfreq=128, ch_names=names)
    >>> model(torch.randn(2, 8, 384)).shape, model.features(torch.randn(2, 8, 384)).shape
    (torch.Size([2, 2]), torch.Size([2, 36]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_lateral: int | None = None,
        n_filters: int = 24,
        kernel_seconds: Sequence[float] = (0.125, 0.25, 0.5),
        kernel_lengths: Sequence[int] | None = None,
        drop_prob: float = 0.4,
        activation: type[nn.Module] = nn.ELU,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        names = None if n_lateral == 0 else self.ch_names
        if n_lateral is None:
            n_lateral = sum(map(_is_left, names)) if names else (self.n_chans - 1) // 2
        self.n_lateral = positive_int("n_lateral", n_lateral, at_least=0)
        if names is not None:
            _check_order(names, self.n_lateral)
        if self.n_lateral > self.n_chans // 2:
            raise ValueError(
                f"expected n_lateral of at most {self.n_chans // 2} for {self.n_chans} channels, "
                f"got {self.n_lateral}"
            )
        self.set_arguments(n_filters=n_filters, drop_prob=drop_prob, activation=activation)
        self.kernel_seconds = check_each("kernel_seconds", kernel_seconds)
        if kernel_lengths is None:
            kernel_lengths = [max(1, int(s * self.sfreq)) for s in self.kernel_seconds]
        self.set_arguments(kernel_lengths=kernel_lengths)
        n_maps = self.n_filters * len(self.kernel_lengths)
        if n_maps % 8:
            raise ValueError(
                "expected n_filters times the number of kernel_lengths to be a multiple of 8, "
                f"got {self.n_filters} times {len(self.kernel_lengths)}"
            )
        self.check_smallest_window(64)

        half, quarter = n_maps // 2, n_maps // 4
        self.n_sides = 2 if self.n_lateral else 1
        n_side = self.n_chans - self.n_lateral
        self.hemisphere = nn.Sequential(
            self._inception(1, self.kernel_lengths, n_side),
            self._inception(n_maps, [max(1, k // 4) for k in self.kernel_lengths], n_side),
            self._residual(n_maps, half, 16, n_side),
            self._residual(half, half, 8, n_side),
            self._residual(half, quarter, 4, n_side),
            Shortcut(self._unit(_conv(quarter, quarter, (1, 4), padding="same"))),
            nn.AvgPool2d((1, 2)),
        )
        over_channels, over_time = (self.n_sides * n_side, 1), (1, self.n_times // 64)
        self.merge = nn.Sequential(
            Shortcut(self._unit(_conv(quarter, quarter, over_channels))),
            Shortcut(self._unit(_conv(quarter, quarter, over_channels))),
            self._unit(_grouped_conv(quarter, quarter, over_channels, groups=n_maps // 8)),
            Shortcut(self._unit(_conv(quarter, quarter, over_time))),
            self._unit(_grouped_conv(quarter, half, over_time, groups=quarter)),
            *(Shortcut(self._unit(_conv(half, half, (1, 1)))) for _ in range(4)),
            nn.Flatten(),
        )
        self.num_features = half
        self.head = self.make_head(self.n_outputs)

    def _inception(self, in_maps: int, lengths: Sequence[int], n_side: int) -> nn.Sequential:
        temporal = MultiScaleConv([
            _conv(in_maps, self.n_filters, (1, length), padding="same", bias=True)
            for length in lengths
        ])  # fmt: skip
        n_maps = temporal.out_channels
        spatial = _grouped_conv(n_maps, n_maps, (n_side, 1), groups=n_maps)
        return nn.Sequential(
            Shortcut(self._unit(temporal)), nn.AvgPool2d((1, 2)), Shortcut(self._unit(spatial))
        )

    def _residual(self, in_maps: int, out_maps: int, length: int, n_side: int) -> nn.Sequential:
        temporal = _conv(in_maps, out_maps, (1, length), padding="same", bias=True)
        return nn.Sequential(
            Shortcut(self._unit(temporal), self._unit(_conv(in_maps, out_maps, (1, 1)))),
            nn.AvgPool2d((1, 2)),
            Shortcut(self._unit(_conv(out_maps, out_maps, (n_side, 1)))),
        )

    def _unit(self, conv: nn.Conv2d | MultiScaleConv) -> nn.Sequential:
        norm = nn.BatchNorm2d(conv.out_channels, eps=1e-3, momentum=0.01)
        return nn.Sequential(conv, norm, self.activation(), Dropout(self.drop_prob))

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        n_side = self.n_chans - self.n_lateral
        middle, right = x[:, self.n_lateral : n_side], x[:, n_side:]
        sides = (x[:, :n_side], torch.cat((right, middle), dim=1))[: self.n_sides]
        x = torch.stack(sides, dim=1).flatten(0, 1)  # (batch * n_sides, n_side, n_times)
        x = self._of_hemispheres(x.unsqueeze(1))  # (batch * n_sides, 18, n_side, n_times // 64)
        x = x.reshape(-1, self.n_sides, *x.shape[1:]).transpose(1, 2).flatten(2, 3)
        merged: Tensor = self.merge(x)  # (batch, 36)
        return merged

    def _of_hemispheres(self, x: Tensor) -> Tensor:
        """Return ``hemisphere(x)``, with the maps of a channel as a row where this is faster."""
        if torch.compiler.is_compiling() or x.dtype != next(self.hemisphere.parameters()).dtype:
            return self.hemisphere(x)  # type: ignore[no-any-return]
        rows = x.reshape(-1, 1, x.shape[3])
        kernels = self.n_filters * len(self.kernel_lengths), 1, max(self.kernel_lengths)
        padded = rows[..., :1].expand(-1, -1, x.shape[3] + kernels[2] - 1)
        if not (is_worth_choosing(padded, kernels) and are_known(self.hemisphere, x.shape[2])):
            return self.hemisphere(x)  # type: ignore[no-any-return]
        if any(map(_needs_the_batch, self.hemisphere.modules())):
            return on_rows(self.hemisphere, x)
        # A few windows at a time, whose maps stay in the caches.
        return torch.cat([on_rows(self.hemisphere, part) for part in torch.split(x, _WINDOWS)])

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        keras_init_(head)
        return head


def _needs_the_batch(layer: nn.Module) -> bool:
    """Return whether a layer may compute statistics of all windows."""
    return layer.training or (isinstance(layer, nn.BatchNorm2d) and layer.running_mean is None)


def _conv(
    in_maps: int,
    out_maps: int,
    kernel_size: tuple[int, int],
    padding: str = "valid",
    bias: bool = False,
) -> ConstrainedConv2d:
    conv = ConstrainedConv2d(
        in_maps, out_maps, kernel_size, padding=padding, bias=bias, max_norm=None
    )
    he_normal_(conv.weight)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


def _grouped_conv(
    in_maps: int, out_maps: int, kernel_size: tuple[int, int], groups: int
) -> nn.Conv2d:
    conv = nn.Conv2d(in_maps, out_maps, kernel_size, groups=groups, bias=False)
    keras_glorot_uniform_(conv.weight)  # Keras's fans: input maps of one group, output maps of all
    return conv


_LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


def _is_left(name: str) -> bool:
    number = _LAST_NUMBER.search(name)
    return number is not None and int(number[0]) % 2 == 1


def _mirrored(name: str) -> str:
    """Return the name of the electrode across the midline: C4 for C3, Cz for Cz."""
    step = 1 if _is_left(name) else -1
    return _LAST_NUMBER.sub(lambda number: str(int(number[0]) + step), name)


def _check_order(names: Sequence[str], n_lateral: int) -> None:
    n_side = len(names) - n_lateral
    left, middle, right = names[:n_lateral], names[n_lateral:n_side], names[n_side:]
    mirrored = [_mirrored(name) for name in names]
    if mirrored != [*right, *middle, *left] or not all(map(_is_left, left)):
        raise ValueError(
            f"expected ch_names to list {n_lateral} channels of the left hemisphere, the midline "
            "and the right hemisphere in the order of the left, such as F3 C3 Cz F4 C4, "
            f"got {list(names)}; n_lateral=0 accepts any order"
        )
