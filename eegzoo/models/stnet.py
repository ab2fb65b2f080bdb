"""STNet: convolutions over a grid of electrodes, with the samples of a window as maps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.constrained.separable import SeparableConv2d
from eegzoo.layers.dropout import Dropout
from eegzoo.models.argument_checks import check_each
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model
from eegzoo.torch_internals import AfterMove

# Positions of the 10-10 system's electrodes, from front to back and from left to right.
SCALP = """
.   .   .   Fp1 Fpz Fp2 .   .   .
.   AF7 .   AF3 AFz AF4 .   AF8 .
F7  F5  F3  F1  Fz  F2  F4  F6  F8
FT7 FC5 FC3 FC1 FCz FC2 FC4 FC6 FT8
T7  C5  C3  C1  Cz  C2  C4  C6  T8
TP7 CP5 CP3 CP1 CPz CP2 CP4 CP6 TP8
P7  P5  P3  P1  Pz  P2  P4  P6  P8
.   PO7 PO5 PO3 POz PO4 PO6 PO8 .
.   .   CB1 O1  Oz  O2  CB2 .   .
"""
OLD_NAMES = {"t3": "t7", "t4": "t8", "t5": "p7", "t6": "p8"}
CELLS = {
    name.lower(): (row, column)
    for row, names in enumerate(SCALP.strip().splitlines())
    for column, name in enumerate(names.split())
    if name != "."
}
Cells = Sequence[tuple[int, int]]


@register_model(
    "stnet",
    tasks=("emotion",),
    paper="Zhang, Zhong and Liu (2022), GANSER: a self-supervised data augmentation framework for "
    "EEG-based emotion recognition",
    doi="10.1109/TAFFC.2022.3170369",
    source="torcheeg/torcheeg, commit b6039b1 (PyTorch)",
    standard={"n_chans": 32, "n_times": 128, "n_outputs": 2, "sfreq": 128.0},
)
class STNet(AfterMove, EEGModel):
    """STNet: 2-D convolutions over a grid of electrodes, with the samples of a window as maps.

    The model equals the PyTorch code in torcheeg, the library of the paper's first author, with its
    defaults. selfEEG has a port that differs: it drops half of the values instead of a fifth, and
    applies dropout after the activation, twice before the first linear layer. No length depends on
    `sfreq`.

    `cells` are the positions of the electrodes on the grid. Without them, named channels get their
    positions in the 10-10 system if the grid is 9 by 9, which is torcheeg's grid for DEAP and SEED;
    old names such as T3 are accepted. Otherwise the channels fill the grid row by row. Cells
    without a channel are zero.

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
        Number of filters of the first convolution, a multiple of 16. Each later convolution has
        half as many as the previous one.
    head_units : int
        Number of hidden units of the head.
    drop_prob : float
        Dropout probability.
    grid_size : tuple of int
        Number of rows and of columns of the grid.
    cells : sequence of tuple of int | None
        Row (from the front) and column (from the left) of each channel. None: see above.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Zhang, Zhong, Liu (2022). GANSER: a self-supervised data augmentation framework for EEG-based
    emotion recognition. IEEE Trans. Affect. Comput. 14, 2048-2063.
    https://doi.org/10.1109/TAFFC.2022.3170369

    Reference implementation: https://github.com/torcheeg/torcheeg, commit b6039b1.

    Examples
    --------
    >>> model = STNet(
    ...     n_chans=3, n_times=128, n_outputs=2, sfreq=128, ch_names=("C3", "Cz", "C4")
    ... )
    >>> model.cells
    ((4, 2), (4, 4), (4, 6))
    >>> model(torch.randn(2, 3, 128)).shape, model.features(torch.randn(2, 3, 128)).shape
    (torch.Size([2, 2]), torch.Size([2, 1296]))
    """

    channel_of: Tensor

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 256,
        head_units: int = 1024,
        drop_prob: float = 0.2,
        grid_size: tuple[int, int] = (9, 9),
        cells: Cells | None = None,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(n_filters=n_filters, head_units=head_units, drop_prob=drop_prob)
        if self.n_filters % 16:
            raise ValueError(f"expected n_filters to be a multiple of 16, got {n_filters}")
        self.grid_size = positive_ints("grid_size", grid_size, 2)
        if cells is None:
            cells = self._default_cells()
        self.cells = check_each("cells", cells, partial(positive_ints, length=2, at_least=0))
        n_rows, n_columns = self.grid_size
        inside = all(row < n_rows and column < n_columns for row, column in self.cells)
        if not (inside and len(set(self.cells)) == len(self.cells) == self.n_chans):
            raise ValueError(
                f"expected cells to be {n_chans} different cells of a grid of {n_rows} by "
                f"{n_columns}, got {list(self.cells)}"
            )
        channel_of = torch.empty(n_rows * n_columns, dtype=torch.int64)
        self.register_buffer("channel_of", channel_of, persistent=False)
        self.after_move()

        n_maps = [self.n_filters // 2**layer for layer in range(5)]
        self.body = nn.Sequential(
            *self._layer(_convolve(self.n_times, n_maps[0], 3)),
            *self._layer(_convolve(n_maps[0], n_maps[1], 5)),
            *self._layer(_convolve(n_maps[1], n_maps[2], 5)),
            *self._layer(SeparableConv2d(n_maps[2], n_maps[3], 5, bias=True)),
            *self._layer(_Inception(n_maps[3], n_maps[4])),
        )
        self.num_features = n_maps[4] * n_rows * n_columns
        self.head = self.make_head(self.n_outputs)

    def after_move(self) -> None:
        """Write the channel of each cell, which ``to_empty`` does not keep."""
        # Cells without a channel have index n_chans, a channel of zeros that `features` appends.
        self.channel_of.fill_(self.n_chans)
        for channel, (row, column) in enumerate(self.cells):
            self.channel_of[row * self.grid_size[1] + column] = channel

    def _layer(self, layer: nn.Module) -> tuple[nn.Module, nn.Module, nn.Module]:
        return layer, Dropout(self.drop_prob), nn.SELU()

    def _default_cells(self) -> Cells:
        if self.ch_names is None or self.grid_size != (9, 9):
            n_columns = self.grid_size[1]
            return [divmod(channel, n_columns) for channel in range(self.n_chans)]
        names = [OLD_NAMES.get(name.lower(), name.lower()) for name in self.ch_names]
        unknown = [name for name, key in zip(self.ch_names, names, strict=True) if key not in CELLS]
        if unknown:
            raise ValueError(f"expected cells for channels outside the 10-10 system, got {unknown}")
        return [CELLS[name] for name in names]

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        on_scalp = F.pad(x, (0, 0, 0, 1)).index_select(1, self.channel_of)
        shape = (x.shape[0], self.n_times, *self.grid_size)
        grids = on_scalp.transpose(1, 2).reshape(shape)  # (batch, n_times, 9, 9)
        maps: Tensor = self.body(grids)  # (batch, n_filters / 16, 9, 9)
        return maps.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Sequential(
            *self._layer(nn.Linear(self.num_features, self.head_units)),
            nn.Linear(self.head_units, n_outputs),
        )


class _Inception(nn.Module):
    """Sum of three convolutions with kernels of 5 by 5, 3 by 3 and 1 by 1 cells."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            _convolve(in_channels, out_channels, size) for size in (5, 3, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        large, middle, small = (scale(x) for scale in self.scales)
        out: Tensor = large + middle + small
        return out


def _convolve(in_channels: int, out_channels: int, size: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, size, padding=size // 2)
