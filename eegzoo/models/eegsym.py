"""EEGSym: the same filters on both hemispheres, then across them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.blocks.initializers import he_normal_, keras_glorot_uniform_, keras_init_
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


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
    """EEGSym: inception and residual blocks on each hemisphere, then across both.

    Channels stand in the order left hemisphere, midline, right hemisphere, the right one as the
    left one's mirror image: F3 C3 P3 Cz Pz F4 C4 P4. Both halves of the network have the same
    weights, and the midline goes through both.

    Equal to the authors' Keras code with residual connections, the softmax left to the loss. Its
    defaults (8 filters, dropout 0.25) are not those of the paper and of the authors' trained
    weights, which are followed. The paper's supplement lists other kernels where hemispheres and
    time are merged; its parameter count is that of the code. The first kernels, and a quarter of
    them in the second block, follow `sfreq`; the later ones are in samples and suit 128 Hz.

    With one channel a hemisphere the authors' code fails; here its spatial filters are numbers.

    The authors train on 3 s at 128 Hz with Adam (1e-3, for a new person 1e-4). Three in four
    windows are augmented: shifted, or parts of them noise or zero, or channels of a hemisphere
    exchanged. Their code leaves out what comes before; the statistics in their trained weights fit
    recordings that are not filtered, the average of the model's channels subtracted, then each
    channel of each window standardised.

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
    n_lateral : int | None
        Channels of one hemisphere; what both leave is the midline. 0: no hemispheres, any order.
        None: as many as `ch_names` has with odd numbers, or, without names, as many as leave one
        or two channels for the midline.
    n_filters : int
        Filters of each length in the first two blocks. The later ones have shares of all of them,
        a multiple of 8.
    kernel_seconds : tuple of float
        Lengths of the first block's filters.
    kernel_lengths : tuple of int | None
        The same in samples. None: from `kernel_seconds`.
    drop_prob : float
        Probability of dropout.
    activation : type of nn.Module
        After each normalisation.
    ch_names : sequence of str | None
        Names of the channels. They must stand in the order above, unless `n_lateral` is 0.

    References
    ----------
    Pérez-Velasco, Santamaría-Vázquez, Martínez-Cagigal, Marcos-Martínez, Hornero (2022). EEGSym:
    overcoming inter-subject variability in motor imagery based BCIs with deep learning. IEEE Trans.
    Neural Syst. Rehabil. Eng. 30, 1766-1775. https://doi.org/10.1109/TNSRE.2022.3186442

    Reference implementation: https://github.com/Serpeve/EEGSym, commit 26a19bf.

    Examples
    --------
    >>> names = ("F3", "C3", "P3", "Cz", "Pz", "F4", "C4", "P4")
    >>> model = EEGSym(n_chans=8, n_times=384, n_outputs=2, ch_names=names)
    >>> model(torch.randn(2, 8, 384)).shape, model.features(torch.randn(2, 8, 384)).shape
    (torch.Size([2, 2]), torch.Size([2, 36]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float = 128.0,
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
        self.n_filters = positive_int("n_filters", n_filters)
        self.kernel_seconds = tuple(
            number_between("kernel_seconds", seconds, 0.0, above=True) for seconds in kernel_seconds
        )
        if kernel_lengths is None:
            kernel_lengths = [max(1, int(s * self.sfreq)) for s in self.kernel_seconds]
        self.kernel_lengths = tuple(positive_int("kernel_lengths", k) for k in kernel_lengths)
        n_maps = self.n_filters * len(self.kernel_lengths)
        if n_maps == 0 or n_maps % 8:
            raise ValueError(
                "expected n_filters times the number of kernel_lengths to be a multiple of 8, "
                f"got {self.n_filters} times {len(self.kernel_lengths)}"
            )
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        self.activation = activation
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
            _Beside(self._unit(_conv(quarter, quarter, (1, 4), padding="same"))),
            nn.AvgPool2d((1, 2)),
        )
        over_channels, over_time = (self.n_sides * n_side, 1), (1, self.n_times // 64)
        self.merge = nn.Sequential(
            _Beside(self._unit(_conv(quarter, quarter, over_channels))),
            _Beside(self._unit(_conv(quarter, quarter, over_channels))),
            self._unit(_grouped_conv(quarter, quarter, over_channels, groups=n_maps // 8)),
            _Beside(self._unit(_conv(quarter, quarter, over_time))),
            self._unit(_grouped_conv(quarter, half, over_time, groups=quarter)),
            *(_Beside(self._unit(_conv(half, half, (1, 1)))) for _ in range(4)),
            nn.Flatten(),
        )
        self.num_features = half
        self.head = self.make_head(self.n_outputs)

    def _inception(self, before: int, lengths: Sequence[int], n_side: int) -> nn.Sequential:
        scales = _Scales(before, self.n_filters, lengths)
        n_maps = scales.out_channels
        spatial = _grouped_conv(n_maps, n_maps, (n_side, 1), groups=n_maps)
        return nn.Sequential(
            _Beside(self._unit(scales)), nn.AvgPool2d((1, 2)), _Beside(self._unit(spatial))
        )

    def _residual(self, before: int, after: int, length: int, n_side: int) -> nn.Sequential:
        temporal = _conv(before, after, (1, length), padding="same", bias=True)
        return nn.Sequential(
            _Beside(self._unit(temporal), self._unit(_conv(before, after, (1, 1)))),
            nn.AvgPool2d((1, 2)),
            _Beside(self._unit(_conv(after, after, (n_side, 1)))),
        )

    def _unit(self, conv: nn.Conv2d | _Scales) -> nn.Sequential:
        norm = nn.BatchNorm2d(conv.out_channels, eps=1e-3, momentum=0.01)
        return nn.Sequential(conv, norm, self.activation(), nn.Dropout(self.drop_prob))

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        n_side = self.n_chans - self.n_lateral
        middle, right = x[:, self.n_lateral : n_side], x[:, n_side:]
        sides = (x[:, :n_side], torch.cat((right, middle), dim=1))[: self.n_sides]
        x = torch.stack(sides, dim=1).flatten(0, 1)  # (batch * n_sides, n_side, n_times)
        x = self.hemisphere(x.unsqueeze(1))  # (batch * n_sides, 18, n_side, n_times // 64)
        x = x.reshape(-1, self.n_sides, *x.shape[1:]).transpose(1, 2).flatten(2, 3)
        merged: Tensor = self.merge(x)  # (batch, 36)
        return merged

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        keras_init_(head)
        return head


class _Beside(nn.Module):
    """A body beside a shortcut; what the body says of all channels is added to each."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = nn.Identity() if shortcut is None else shortcut

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.shortcut(x) + self.body(x)
        return out


class _Scales(nn.ModuleList):
    """Temporal filters of several lengths, side by side."""

    def __init__(self, in_maps: int, n_filters: int, lengths: Sequence[int]) -> None:
        super().__init__(
            _conv(in_maps, n_filters, (1, length), padding="same", bias=True) for length in lengths
        )
        self.out_channels = n_filters * len(lengths)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([conv(x) for conv in self], dim=1)


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
    keras_glorot_uniform_(conv.weight)  # fans as Keras: maps of one group in, of all out
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
            f"expected ch_names to hold {n_lateral} channels of the left hemisphere, the midline, "
            "then those of the right in the order of the left, as F3 C3 Cz F4 C4, "
            f"got {list(names)}; with n_lateral=0 any order is taken"
        )
