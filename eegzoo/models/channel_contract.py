"""What a pretrained model expects of channels and windows, and the rows of channels in its tables.

A foundation model has this as the class attribute ``channel_contract``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from eegzoo.layers.fixed_tensors import FixedTensors


@dataclass(frozen=True)
class ChannelContract:
    """What the pretrained weights of a model expect of channels and windows.

    Parameters
    ----------
    known_ch_names : tuple of str
        Names of the channels that the model has learnt, in the order of its tables. "A-B" is the
        difference of two electrodes. Empty: the model takes any channels.
    sfreq : float
        Sampling rate of the pretraining in Hz.
    unit : str
        Scale of the signals after the model's own division of its input, which is in microvolts.
    patch_length : int | None
        Number of samples in a token. Samples after the last whole patch are left out. None:
        windows are not cut into tokens.
    min_n_times, max_n_times : int | None
        Number of samples in the shortest and in the longest window. None: no limit.
    min_n_chans, max_n_chans : int | None
        Limits of the number of channels. None: no limit.
    is_fixed_order : bool
        Whether the weights of a channel depend on its place among the channels, and not on its
        name alone.
    is_by_position : bool
        Whether the model knows a channel by its position on the head. The names are those of
        electrodes with a position; a difference of two of them has one as well.

    Examples
    --------
    >>> contract = eegzoo.models.LaBraM.channel_contract
    >>> contract.sfreq, contract.patch_length, contract.known_ch_names[:3]
    (200.0, 200, ('FP1', 'FPZ', 'FP2'))
    """

    known_ch_names: tuple[str, ...]
    sfreq: float
    unit: str
    patch_length: int | None
    min_n_times: int
    max_n_times: int | None = None
    min_n_chans: int = 1
    max_n_chans: int | None = None
    is_fixed_order: bool = False
    is_by_position: bool = False


class ChannelRows(FixedTensors):
    """The rows of a table that belong to a model's channels.

    They are no part of the state dict: weights suit models with other channels.

    Parameters
    ----------
    rows : sequence of int
        Row of each channel, from `rows_of_channels`.

    Examples
    --------
    >>> ChannelRows([2, 0])(torch.arange(8.0).reshape(4, 2))
    tensor([[4., 5.],
            [0., 1.]])
    """

    def __init__(self, rows: Sequence[int]) -> None:
        super().__init__()
        self.rows = tuple(rows)

    def compute_tensors(self) -> tuple[Tensor, ...]:
        """Return the rows (n_chans,)."""
        return (torch.tensor(self.rows, dtype=torch.int64),)

    def forward(self, table: Tensor) -> Tensor:
        """Return the rows (n_chans, features) of a table (n_rows, features)."""
        return table[self.tensors(torch.int64, table.device)[0]]


def rows_of_channels(
    ch_names: Sequence[str] | None, known: Sequence[str], n_chans: int
) -> tuple[int, ...]:
    """Return the row of each channel in a table that has one for every known name.

    Parameters
    ----------
    ch_names : sequence of str | None
        Names of the channels; upper and lower case are the same. None: the channels take the first
        rows, which is no restriction for new weights.
    known : sequence of str
        Names of the rows.
    n_chans : int
        Number of channels.

    Raises
    ------
    ValueError
        If a name is unknown, or there are more channels than rows.

    Examples
    --------
    >>> rows_of_channels(["Cz", "C3"], ["C3", "CZ", "C4"], 2)
    (1, 0)
    >>> rows_of_channels(["Cz", "E7"], ["C3", "CZ", "C4"], 2)
    Traceback (most recent call last):
        ...
    ValueError: expected ch_names among the 3 that the model knows, got 'E7'
    """
    if ch_names is None:
        if n_chans > len(known):
            raise ValueError(f"expected n_chans of at most {len(known)}, got {n_chans}")
        return tuple(range(n_chans))
    places = {name.upper(): row for row, name in enumerate(known)}
    unknown = [name for name in ch_names if name.upper() not in places]
    if unknown:
        raise ValueError(
            f"expected ch_names among the {len(known)} that the model knows, got "
            f"{', '.join(map(repr, unknown))}"
        )
    rows = tuple(places[name.upper()] for name in ch_names)
    if len(set(rows)) < len(rows):
        raise ValueError(f"expected different channels in ch_names, got {list(ch_names)}")
    return rows
