"""Preprocessing that a stream can compute without samples after a window."""

from __future__ import annotations

import dataclasses

from eegzoo.data.preprocessing.filter_steps import Filter, Notch
from eegzoo.data.preprocessing.preprocessing import Preprocessing


def as_causal(preprocessing: Preprocessing) -> Preprocessing:
    """Return a preprocessing whose filters run forwards only.

    Filters and notches are turned to ``method="forward"``. Resampling needs ten samples of the
    lower rate after a window; a stream computes it with that delay. All other steps act on each
    sample or window alone.

    Parameters
    ----------
    preprocessing : Preprocessing
        Preprocessing. It is not modified.

    Returns
    -------
    Preprocessing
        Preprocessing with which `EEGClassifier(causal=True)` is trained.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Filter, Preprocessing
    >>> print(as_causal(Preprocessing([Filter(4.0, 38.0), Epoch(0.0, 2.0)])).steps[0])
    Filter(l_freq=4.0, h_freq=38.0, method='forward')
    """
    steps = [
        dataclasses.replace(step, method="forward") if isinstance(step, (Filter, Notch)) else step
        for step in preprocessing.steps
    ]
    return dataclasses.replace(preprocessing, steps=steps)


def check_causal(preprocessing: Preprocessing) -> None:
    """Raise an error if a step needs the samples after a window.

    Raises
    ------
    ValueError
        The message names the step.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Filter, Preprocessing
    >>> check_causal(Preprocessing([Filter(4.0, 38.0), Epoch(0.0, 2.0)]))
    Traceback (most recent call last):
        ...
    ValueError: expected a causal preprocessing (eegzoo.data.as_causal), got Filter(...), which ...
    """
    for step in preprocessing.steps:
        if not step.is_causal:
            raise ValueError(
                f"expected a causal preprocessing (eegzoo.data.as_causal), got {step}, which needs "
                "samples after a window"
            )
