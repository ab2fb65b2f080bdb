"""Channels that are marked as bad: interpolated, left out or refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.arguments import one_of
from eegzoo.data.signal.alignment import interpolation

BADS = ("raise", "interpolate", "drop", "keep")


def handle_bads(inst: Any, names: Sequence[str], bads: str = "raise") -> list[str]:
    """Interpolate the bad channels of a recording or epochs in place, or leave them out.

    Parameters
    ----------
    inst : mne.io.Raw | mne.Epochs
        Recording or epochs. It is loaded and changed if "interpolate" finds bad channels.
    names : sequence of str
        Names of the channels to use.
    bads : {"raise", "interpolate", "drop", "keep"}
        What to do with channels among `names` that are in ``inst.info["bads"]``. "keep" uses them
        as they are.

    Returns
    -------
    list of str
        Names of the channels to use, without those that are left out.

    Raises
    ------
    ValueError
        If there are bad channels and `bads` is "raise", if all channels are bad, or if a channel
        cannot be interpolated.
    """
    one_of("bads", bads, BADS)
    marked = [name for name in names if name in inst.info["bads"]]
    good = [name for name in names if name not in marked]
    if not marked or bads == "keep":
        return list(names)
    if bads == "raise":
        raise ValueError(
            f"expected no bad channels, got {marked}: interpolate them or leave them out with "
            "bads='interpolate' or bads='drop'"
        )
    if not good:
        raise ValueError(f"expected good channels, got only bad ones: {marked}")
    if bads == "drop":
        return good
    weights = np.stack([bad_channel_weights(inst.info, good, name) for name in marked])
    with mne.use_log_level("ERROR"):  # load_data of epochs has no argument verbose
        inst.load_data()
    n_good = len(good)

    def fill(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
        data[..., n_good:, :] = weights @ data[..., :n_good, :]
        return data

    inst.apply_function(fill, picks=[*good, *marked], channel_wise=False, verbose="ERROR")
    inst.info["bads"] = [name for name in inst.info["bads"] if name not in marked]
    return list(names)


def bad_channel_weights(info: mne.Info, good: Sequence[str], bad: str) -> npt.NDArray[np.float64]:
    """Return the weights that interpolate a bad channel from good channels.

    MNE's spherical splines are used, with the recording's own positions if the bad channel and
    four good ones have them, otherwise with those of the 10-05 system. Good channels without a
    position have weight 0.

    Raises
    ------
    ValueError
        If the bad channel or all but three of the good ones have no position.
    """
    placed = [name for name in good if _has_position(info, name)]
    if not _has_position(info, bad) or len(placed) < 4:
        try:
            return interpolation(good, bad)
        except ValueError as error:
            raise ValueError(
                f"expected positions of the bad channel {bad!r} and of four good channels to "
                "interpolate it, got neither positions in the file nor names of the 10-05 system: "
                "leave it out instead (bads='drop')"
            ) from error
    chosen = mne.pick_info(info, [info.ch_names.index(name) for name in [*placed, bad]])
    unit = mne.EvokedArray(np.eye(len(placed) + 1, len(placed)), chosen, verbose="ERROR")
    unit.info["bads"] = [bad]
    weights = np.zeros(len(good))
    found = unit.interpolate_bads(verbose="ERROR").data[-1]
    weights[[good.index(name) for name in placed]] = found
    return weights


def _has_position(info: mne.Info, name: str) -> bool:
    position = info["chs"][info.ch_names.index(name)]["loc"][:3]
    return bool(np.isfinite(position).all() and np.any(position != 0))
