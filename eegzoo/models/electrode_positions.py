"""Positions of electrodes by name, for models that know a channel by its place on the head."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eegzoo.layers.fixed_tensors import FixedTensors

Position = tuple[float, float, float]

FILE = Path(__file__).with_suffix(".json")
_STORED = json.loads(FILE.read_text(encoding="utf-8"))
# Positions in metres, in the file's order.
_POSITIONS: dict[str, Position] = {
    name: (x / 1000, y / 1000, z / 1000) for name, (x, y, z) in _STORED["millimetres"].items()
}
_BY_KEY = {name.upper(): position for name, position in _POSITIONS.items()}
# Names of the electrodes whose positions are known.
ELECTRODES = tuple(_POSITIONS)


class ChannelPositions(FixedTensors):
    """Positions of a model's channels, which are no part of the state dict.

    Parameters
    ----------
    positions : sequence of tuple of float
        Position of each channel in metres, from `positions_of_channels`.

    Examples
    --------
    >>> ChannelPositions([(0.0, -0.01, 0.1)])(torch.float32, torch.device("cpu"))
    tensor([[ 0.0000, -0.0100,  0.1000]])
    """

    def __init__(self, positions: Sequence[Position]) -> None:
        super().__init__()
        self.positions = tuple(positions)

    def compute_tensors(self) -> tuple[Tensor, ...]:
        """Return the positions (n_chans, 3)."""
        return (torch.tensor(self.positions, dtype=torch.float64),)

    def forward(self, dtype: torch.dtype, device: torch.device) -> Tensor:
        """Return the positions (n_chans, 3) in a dtype and on a device."""
        return self.tensors(dtype, device)[0]


def positions_of_channels(
    ch_names: Sequence[str] | None, positions: Sequence[Position] | None, n_chans: int
) -> tuple[Position, ...]:
    """Return the position of each channel.

    They are those of MNE's template "colin27_1005" ("standard_1005" before MNE 1.13): metres in its
    MRI frame, with x to the right, y to the front and z up. The difference of two electrodes is
    midway between them.

    Parameters
    ----------
    ch_names : sequence of str | None
        Names of the channels, "A-B" for a difference; upper and lower case are the same. None: the
        channels are the first electrodes, which is no restriction for new weights.
    positions : sequence of tuple of float | None
        Position of each channel, from `check_positions`; the names are then not looked up.
    n_chans : int
        Number of channels.

    Raises
    ------
    ValueError
        If a name has no position, or there are more channels than electrodes.

    Examples
    --------
    >>> positions_of_channels(["CZ", "C3-C4"], None, 2)
    ((0.0004009, -0.009167, 0.100244), (0.0008799, -0.011266, 0.063969))
    >>> positions_of_channels(["Cz", "E7"], None, 2)
    Traceback (most recent call last):
        ...
    ValueError: expected ch_names among the 343 that the model knows, got 'E7'; give positions
    """
    if positions is not None:
        return tuple(positions)
    if ch_names is None:
        if n_chans > len(ELECTRODES):
            raise ValueError(
                f"expected n_chans of at most {len(ELECTRODES)}, got {n_chans}; give positions"
            )
        return tuple(_POSITIONS.values())[:n_chans]
    found = {name: position_of(name) for name in ch_names}
    unknown = [name for name, position in found.items() if position is None]
    if unknown:
        raise ValueError(
            f"expected ch_names among the {len(ELECTRODES)} that the model knows, got "
            f"{', '.join(map(repr, unknown))}; give positions"
        )
    if len({name.upper() for name in ch_names}) < len(ch_names):
        raise ValueError(f"expected different channels in ch_names, got {list(ch_names)}")
    return tuple(position for position in found.values() if position is not None)


def position_of(name: str) -> Position | None:
    """Return the position of an electrode or of a difference of two, or None if it is unknown.

    Examples
    --------
    >>> position_of("fz"), position_of("E7")
    ((0.0003122, 0.058512, 0.066462), None)
    """
    ends = [_BY_KEY.get(part.upper()) for part in name.split("-")]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends) or len(ends) > 2:
        return None
    x, y, z = (round(sum(axis) / len(known), 9) for axis in zip(*known, strict=True))
    return x, y, z


def in_head_frame(positions: Sequence[Position]) -> tuple[Position, ...]:
    """Return positions of the template in MNE's head frame, in metres.

    Its x axis goes from the left to the right ear, and its y axis through the nasion. It is the
    frame of the positions that ``raw.set_montage`` writes into ``raw.info``.

    Parameters
    ----------
    positions : sequence of tuple of float
        Positions from `positions_of_channels`.

    Examples
    --------
    >>> in_head_frame(positions_of_channels(["Cz"], None, 1))
    ((-0.001374133, 0.027617094, 0.140199494),)
    """
    return tuple(
        tuple(
            round(sum(a * b for a, b in zip(row, (*position, 1.0), strict=True)), 9)
            for row in _STORED["to_head"]
        )
        for position in positions
    )


def check_positions(positions: Any, n_chans: int) -> tuple[Position, ...] | None:
    """Return the argument ``positions`` of a model as a tuple for each channel.

    Raises
    ------
    ValueError
        If it does not hold three finite coordinates for each channel, or they cannot be metres: a
        channel is more than 0.3 m from the origin.

    Examples
    --------
    >>> check_positions([[0.0, 0.1, 0.0]], 1)
    ((0.0, 0.1, 0.0),)
    >>> check_positions([[0.0, 95.0, 0.0]], 1)
    Traceback (most recent call last):
        ...
    ValueError: expected positions in metres, within 0.3 m of the origin, got 95 m
    """
    if positions is None:
        return None
    try:
        found = np.asarray(positions, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected positions to be numbers, got {positions!r}") from error
    if found.shape != (n_chans, 3) or not np.isfinite(found).all():
        raise ValueError(
            f"expected positions of shape (n_chans={n_chans}, 3) without NaN, got {found.shape}"
        )
    farthest = float(np.linalg.norm(found, axis=1).max())
    if farthest > 0.3:
        raise ValueError(
            f"expected positions in metres, within 0.3 m of the origin, got {farthest:g} m"
        )
    return tuple((x, y, z) for x, y, z in found.tolist())
