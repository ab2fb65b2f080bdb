"""Trigger bits of status channels, whose other bits say how the amplifier is."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between

# BioSemi: bits 0 to 7 (with two cables, 0 to 15) are triggers, 16 to 23 battery, range and mode.
_TRIGGER_BITS = 0xFF


def masked(codes: npt.NDArray[np.int64], name: str, mask: int | None) -> npt.NDArray[np.int64]:
    """Return the trigger bits of the codes in a stim channel.

    Parameters
    ----------
    codes : array of int, shape (n_times,)
        Codes.
    name : str
        Name of the channel.
    mask : int | None
        Bits to keep. None: the lowest eight for a channel named Status, all for others.

    Raises
    ------
    ValueError
        If `mask` is not positive.

    Warns
    -----
    RuntimeWarning
        If bits 8 to 15 of a channel named Status change: they may be triggers as well.

    Examples
    --------
    >>> masked(np.array([0x1F0000, 0x1F0002, 0xFF06]), "Status", None).tolist()
    [0, 2, 6]
    """
    if mask is not None:
        return codes & int(number_between("stim_mask", mask, 1))
    if name.strip().lower() != "status":
        return codes
    upper = (codes >> 8) & 0xFF
    # Amplifiers set all eight at once, for inputs that are not connected.
    if not np.isin(upper, (0, 0xFF)).all():
        warnings.warn(
            f"only the lowest eight bits of channel {name} are read as triggers, but bits 8 to 15 "
            "change too: use --stim-mask 0xFFFF, or stim_mask=0xFFFF, if they are triggers",
            RuntimeWarning,
            stacklevel=2,
        )
    return codes & _TRIGGER_BITS
