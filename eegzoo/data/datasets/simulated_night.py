"""Simulated nights, in which a stage is often told only by the windows before it."""

from __future__ import annotations

from collections.abc import Sequence

import mne
import numpy as np

from eegzoo.data.datasets.simulated import SLEEP_LEVELS, SLEEP_SITES, sleep_signal
from eegzoo.data.datasets.simulated_sources import (
    Array,
    Seed,
    check_range,
    hold,
    make_raw,
    make_rng,
    project_sources,
    rhythm_around,
    transients,
)

_STAGES = ("W", "N1", "N2", "N3", "R")
_WINDOW_SECONDS = 30.0
_NEXT_STAGE = np.array(  # probability of the next window's stage (column) given the present one
    [
        (0.880, 0.090, 0.030, 0.000, 0.000),
        (0.040, 0.760, 0.180, 0.000, 0.020),
        (0.008, 0.012, 0.900, 0.045, 0.035),
        (0.005, 0.005, 0.040, 0.950, 0.000),
        (0.020, 0.015, 0.015, 0.000, 0.950),
    ]
)
# Strength of each activity in a window without the signs of its stage.
_QUIET = dict(
    zip(SLEEP_LEVELS, (7.5, 1.3, 3.0, 8.0, 9.0, 3.0, 0.0, 0.2, 0.2, 0.1, 0.2), strict=True)
)
# Nearest electrodes to those of the electrooculogram, and the sign of a look to the left there.
_EYES = {"E1": ("AF9", 1.0), "E2": ("AF10", -1.0)}


def simulate_night(
    n_hours: float = 8.0,
    *,
    ch_names: Sequence[str] = ("C4-M1", "Fpz-Cz", "E1-M2", "E2-M2"),
    sfreq: float = 100.0,
    quiet: float = 0.3,
    random_state: Seed = None,
) -> mne.io.RawArray:
    """Simulate a night with its stages, some of which only the course of the night tells.

    Stages last for minutes, as in a real night: N3 is frequent at its beginning and REM sleep
    towards its end. Their activities are those of `simulate_sleep`: alpha and blinks (W), slow eye
    movements and theta (N1), spindles and K-complexes (N2), slow waves (N3), rapid eye movements
    and sawtooth waves (R). Windows without the signs of their stage, as between two spindles of N2
    or two bursts of rapid eye movements, look alike in all stages; a scorer keeps the stage of the
    windows before them.

    Parameters
    ----------
    n_hours : float
        Duration in hours, at least 0.01, rounded to whole windows of 30 s. A shorter night is a
        whole one that passes faster.
    ch_names : sequence of str
        Electrodes of the 10-05 system or bipolar channels. E1 and E2 are the electrodes of the
        electrooculogram, at which eye movements to the side have opposite signs.
    sfreq : float
        Sampling rate in Hz, at least 64.
    quiet : float
        Share of windows without the signs of their stage, from 0 to 1.
    random_state : int, numpy.random.Generator or None
        Seed. The same integer gives exactly the same recording.

    Returns
    -------
    mne.io.RawArray, shape (n_chans, n_hours * 3600 * sfreq)
        Recording in volts with one annotation per 30 s: "W", "N1", "N2", "N3" or "R". Channels with
        E1 or E2 are of type "eog".

    Raises
    ------
    ValueError
        If an argument is invalid; the message names it.

    Examples
    --------
    >>> raw = simulate_night(0.1, random_state=0)
    >>> raw.get_data().shape, raw.get_channel_types()
    ((4, 36000), ['eeg', 'eeg', 'eog', 'eog'])
    >>> len(raw.annotations), str(raw.annotations.description[0])
    (12, 'W')
    """
    check_range("n_hours", n_hours, 0.01, 24)
    check_range("sfreq", sfreq, 64, 10_000)
    check_range("quiet", quiet, 0, 1)
    rng = make_rng(random_state)
    pairs = [str(name).split("-") for name in ch_names]
    sites = ["-".join(_EYES.get(part, (part, 0.0))[0] for part in pair) for pair in pairs]
    if len(set(ch_names)) == len(pairs) and len(set(sites)) < len(pairs):
        raise ValueError(f"expected ch_names to be different electrodes, got {ch_names!r}")
    try:
        sources, background = project_sources(sites, SLEEP_SITES, rng)
    except ValueError as error:
        raise ValueError(f"{str(error).rpartition(', got ')[0]}, got {ch_names!r}") from None

    n_windows, n_window = round(n_hours * 3600 / _WINDOW_SECONDS), round(_WINDOW_SECONDS * sfreq)
    n_times = n_windows * n_window
    stages = np.array(course_of_night(n_windows, rng))
    is_quiet = rng.random(n_windows) < quiet

    def level(name: str) -> Array:
        by_stage = np.where(is_quiet, _QUIET[name], np.array(SLEEP_LEVELS[name])[stages])
        return hold(by_stage * rng.lognormal(0, 0.25, n_windows), n_window, sfreq)

    data = sleep_signal(level, sources, background, n_times, sfreq, rng)
    sides = np.array([sum(_EYES.get(part, ("", 0.0))[1] for part in pair[:1]) for pair in pairs])
    if sides.any():
        rolling = rhythm_around(np.full(n_times, 0.3), 0.1, sfreq, rng).real
        rapid = [transients("saccades", level("saccades"), sfreq, rng) for _ in range(2)]
        aside = 2 * level("slow eye movements") * rolling + rapid[0] - rapid[1]
        data += np.outer(sides, aside)
    onsets = np.arange(n_windows) * n_window / sfreq
    annotations = mne.Annotations(onsets, n_window / sfreq, [_STAGES[stage] for stage in stages])
    raw = make_raw(data, ch_names, sfreq, annotations)
    kinds = {name: "eog" for name, side in zip(ch_names, sides, strict=True) if side}
    return raw.set_channel_types(kinds, on_unit_change="ignore")


def course_of_night(n_windows: int, rng: np.random.Generator) -> list[int]:
    """Return the stages of a night, as places in W, N1, N2, N3, R; awake at first."""
    stages = [0]
    for place, chance in enumerate(rng.random(n_windows - 1)):
        passed = place / n_windows
        likely = _NEXT_STAGE[stages[-1]].copy()
        if stages[-1] != 3:
            likely[3] *= 2.0 * (1.0 - passed)  # deep sleep early
        else:
            likely[3] *= 1.0 - 0.1 * passed
        if stages[-1] != 4:
            likely[4] *= 2.0 * passed  # REM sleep late
        limits = np.cumsum(likely / likely.sum())
        stages.append(int(np.searchsorted(limits[:-1], chance)))
    return stages
