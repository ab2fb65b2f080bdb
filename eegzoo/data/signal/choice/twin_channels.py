"""Channels whose name a file contains twice, which MNE numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mne
import numpy as np

_BLOCK_SECONDS = 60.0


def find_twins(inst: Any, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Find channels that a file contains twice under one name.

    MNE appends -0, -1 and so on to such names.

    Parameters
    ----------
    inst : mne.io.Raw | mne.Epochs
        Recording or epochs.
    names : sequence of str
        Names among which twins are searched.

    Returns
    -------
    renamed : dict of str to str
        The name in the file of the first of each group of equal channels.
    left_out : dict of str to str
        Reason for which the others are left out.

    Raises
    ------
    ValueError
        If channels of one name differ.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        numbered = re.fullmatch(r"(.+)-(\d+)", name)
        if numbered:
            groups.setdefault(numbered[1], []).append(name)
    renamed: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for plain, twins in groups.items():
        if plain in inst.ch_names or twins != [f"{plain}-{k}" for k in range(len(twins))]:
            continue
        if len(twins) < 2:
            continue
        if not _are_equal(inst, twins):
            raise ValueError(
                f"expected channels with different names, got {plain!r} {len(twins)} times with "
                f"different signals: leave out all but one of {twins}"
            )
        renamed[twins[0]] = plain
        left_out |= dict.fromkeys(twins[1:], f"a copy of {twins[0]}")
    return renamed, left_out


def _are_equal(inst: Any, names: Sequence[str]) -> bool:
    if not isinstance(inst, mne.io.BaseRaw):
        data = inst.get_data(picks=list(names), verbose="ERROR")
        return bool((data == data[:, :1]).all())
    step = max(1, round(_BLOCK_SECONDS * inst.info["sfreq"]))
    for start in range(0, inst.n_times, step):
        stop = min(start + step, inst.n_times)
        data = inst.get_data(picks=list(names), start=start, stop=stop, verbose="ERROR")
        if not np.array_equal(data, np.broadcast_to(data[:1], data.shape), equal_nan=True):
            return False
    return True
