"""Checks of the groups that a user gives for windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_N_SHOWN = 5


def check_groups(groups: Any, n_windows: int, name: str = "groups") -> npt.NDArray[Any]:
    """Return the group of each window as an array.

    Parameters
    ----------
    groups : array-like, shape (n_windows,)
        Names or numbers of groups.
    n_windows : int
        Number of windows.
    name : str
        Name of the argument.

    Returns
    -------
    array, shape (n_windows,)

    Raises
    ------
    ValueError
        If the number of groups is not the number of windows, or groups are missing (None, NaN,
        NaT).
    TypeError
        If some groups are text and some are numbers. NumPy makes text of all, so that 1 and "1"
        would be one person.

    Examples
    --------
    >>> check_groups(["S1", "S1", "S2"], 3).tolist()
    ['S1', 'S1', 'S2']
    >>> check_groups([1.0, float("nan")], 2)
    Traceback (most recent call last):
        ...
    ValueError: expected groups to name the group of each window, got none for 1 of 2 windows, ...
    """
    given = np.asarray(groups)
    if given.shape != (n_windows,):
        raise ValueError(f"expected {name} of shape ({n_windows},), got {given.shape}")
    values = given.tolist() if isinstance(groups, np.ndarray) else list(groups)
    missing = [row for row, value in enumerate(values) if _is_missing(value)]
    if missing:
        raise ValueError(
            f"expected {name} to name the group of each window, got none for {len(missing)} of "
            f"{n_windows} windows, such as the windows {missing[:_N_SHOWN]}"
        )
    is_text = {isinstance(value, (str, bytes)) for value in values}
    if len(is_text) > 1:
        kinds = sorted({type(value).__name__ for value in values})
        raise TypeError(f"expected {name} of one type, got a mixture of {', '.join(kinds)}")
    return given


def _is_missing(value: Any) -> bool:
    # NaN, NaT and the missing values of pandas are not equal to themselves.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating, np.datetime64)) and value != value
