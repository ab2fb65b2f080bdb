"""Simulated EEG recordings with known labels, which need no download.

Rhythms, transients and 1/f activity are simulated in microvolts at dipoles in a spherical head, and
projected to the scalp with MNE's forward model.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any

import mne
import numpy as np
from scipy import ndimage, signal

from eegzoo.data.datasets.simulated_sources import (
    Array,
    Seed,
    check_range,
    hold,
    make_raw,
    make_rng,
    pink_noise,
    project_sources,
    rhythm_around,
    transients,
)

_BCI_IV_2A = (
    *("Fz", "FC3", "FC1", "FCz", "FC2", "FC4", "C5", "C3", "C1", "Cz", "C2", "C4", "C6"),
    *("CP3", "CP1", "CPz", "CP2", "CP4", "P1", "Pz", "P2", "POz"),
)
# Fraction of `power_drop` by which mu drops below C3, Cz and C4: for a hand, mainly contralateral.
_POWER_LOST = {
    "left_hand": (0.25, 0.1, 1.0),
    "right_hand": (1.0, 0.1, 0.25),
    "feet": (0.0, 1.0, 0.0),
    "rest": (0.0, 0.0, 0.0),
}
_WINDOW_SECONDS = 30.0
SLEEP_SITES = ("Oz", "Fz", "Cz", "AFz", "Fpz")
_STAGES = ("W", "N1", "N2", "N3", "REM")
_NEXT_STAGE = (  # probability of the next window's stage (column) given the present one (row)
    (0.84, 0.15, 0.01, 0.00, 0.00),
    (0.08, 0.50, 0.38, 0.00, 0.04),
    (0.02, 0.03, 0.80, 0.07, 0.08),
    (0.01, 0.01, 0.10, 0.88, 0.00),
    (0.04, 0.04, 0.05, 0.00, 0.87),
)
SLEEP_LEVELS = {  # by stage: microvolts rms below the electrode, or events per minute (last four)
    "background": (7.0, 7.0, 8.0, 9.0, 7.0),
    "muscle": (4.0, 2.0, 1.3, 1.0, 1.0),
    "alpha": (16.0, 5.0, 3.0, 2.0, 4.0),
    "theta": (4.0, 8.0, 8.0, 6.0, 8.0),
    "slow waves": (6.0, 8.0, 20.0, 60.0, 7.0),
    "slow eye movements": (6.0, 20.0, 0.0, 0.0, 4.0),
    "sawtooth waves": (0.0, 0.0, 0.0, 0.0, 6.0),
    "blinks": (8.0, 0.5, 0.0, 0.0, 0.0),
    "saccades": (1.0, 0.0, 0.0, 0.0, 5.0),
    "K-complexes": (0.0, 0.1, 2.0, 0.5, 0.0),
    "spindles": (0.0, 0.2, 5.0, 1.5, 0.1),
}


def simulate_motor_imagery(
    n_trials: int = 200,
    *,
    classes: Sequence[str] = ("left_hand", "right_hand"),
    power_drop: float = 0.8,
    ch_names: Sequence[str] = _BCI_IV_2A,
    sfreq: float = 128.0,
    rest_seconds: float = 2.0,
    imagery_seconds: float = 4.0,
    random_state: Seed = None,
) -> mne.io.RawArray:
    """Simulate a motor imagery recording of one person.

    From half a second after the cue, the mu rhythm (about 10 Hz, with a harmonic at twice the
    frequency) desynchronises, mainly over the hemisphere contralateral to the hand [1]_. Posterior
    alpha, a 1/f background, blinks, sensor noise and 50 Hz line noise are added. Each seed
    simulates another person, with slightly different positions and frequencies of the rhythms.

    Parameters
    ----------
    n_trials : int
        Number of trials. They are divided evenly among the classes, in random order.
    classes : sequence of str
        Two or more of "left_hand", "right_hand", "feet" and "rest".
    power_drop : float
        Largest fraction of mu power lost during imagery, from 0 (nothing to decode) to 1 (easiest).
    ch_names : sequence of str
        Electrodes of the 10-05 system, or bipolar channels such as "C3-Cz".
    sfreq : float
        Sampling rate in Hz, at least 64. Up to 100 Hz, no line noise is added.
    rest_seconds, imagery_seconds : float
        Durations of rest and imagery in each trial. Half of the rest precedes the cue, the other
        half follows the imagery.
    random_state : int, numpy.random.Generator or None
        Seed. The same integer gives exactly the same recording.

    Returns
    -------
    mne.io.RawArray, shape (n_chans, n_trials * (rest_seconds + imagery_seconds) * sfreq)
        Recording in volts with a montage. For each trial, an annotation with the class as
        description starts at the cue and lasts for `imagery_seconds`.

    Raises
    ------
    ValueError
        If an argument is invalid; the message names it.

    References
    ----------
    .. [1] Pfurtscheller, G. & Lopes da Silva, F. H. (1999). Event-related EEG/MEG synchronization
       and desynchronization: basic principles. Clinical Neurophysiology, 110(11), 1842-1857.
       https://doi.org/10.1016/S1388-2457(99)00141-8

    Examples
    --------
    >>> raw = simulate_motor_imagery(4, ch_names=("C3", "Cz", "C4"), random_state=0)
    >>> raw.get_data().shape  # 4 trials of 6 s at 128 Hz
    (3, 3072)
    >>> sorted(str(label) for label in raw.annotations.description)
    ['left_hand', 'left_hand', 'right_hand', 'right_hand']
    """
    if not isinstance(n_trials, numbers.Integral) or n_trials < 1:
        raise ValueError(f"expected n_trials to be a positive integer, got {n_trials!r}")
    if not 2 <= len(set(classes) & set(_POWER_LOST)) == len(classes):
        choice = ", ".join(_POWER_LOST)
        raise ValueError(f"expected classes to be two or more of {choice}, got {classes!r}")
    check_range("power_drop", power_drop, 0, 1)
    check_range("sfreq", sfreq, 64, 10_000)
    check_range("rest_seconds", rest_seconds, 0, 3600)
    check_range("imagery_seconds", imagery_seconds, 1, 3600)
    rng = make_rng(random_state)
    sources, background = project_sources(ch_names, ("C3", "Cz", "C4", "POz", "Oz", "Fpz"), rng)

    n_before, n_after = round(rest_seconds * sfreq), round(imagery_seconds * sfreq)
    n_trial = n_before + n_after
    n_times = n_trials * n_trial
    labels = rng.permutation(np.resize(np.arange(len(classes)), n_trials))

    def vary(mean: float, spread: float) -> Array:
        return hold(mean + rng.normal(0, spread, n_trials), n_trial, sfreq)

    since_cue = np.arange(n_trial) - n_before // 2
    imagining = (since_cue >= 0.75 * sfreq) & (since_cue < n_after)  # 0.5 to 1 s once smoothed
    success = rng.uniform(0.5, 1.0, (n_trials, 1))  # imagery varies from trial to trial
    lost = power_drop * success * np.array([_POWER_LOST[name] for name in classes])[labels]
    peak = vary(rng.uniform(9.5, 11.5), 0.5)
    waves = []
    vigour = np.exp(vary(0, 0.3))  # common to both hemispheres
    for lost_here in lost.T:
        power_lost = np.outer(lost_here, imagining).ravel()
        power = 1 - ndimage.uniform_filter1d(power_lost, int(sfreq / 2))
        mu = rhythm_around(peak + vary(0, 0.2), 1.2, sfreq, rng)
        # Squaring doubles the frequency and locks the phase, which gives mu its arch shape.
        arches = mu.real + 0.4 * (mu**2 / np.abs(mu)).real
        waves.append(9.0 * np.exp(vary(0, 0.1)) * vigour * np.sqrt(power) * arches)
    waves += [
        7.0 * np.exp(vary(0, 0.4)) * rhythm_around(peak - 0.5, 0.7, sfreq, rng).real,
        7.0 * np.exp(vary(0, 0.4)) * rhythm_around(peak - 0.5, 0.7, sfreq, rng).real,
        transients("blinks", np.full(n_times, 12.0), sfreq, rng),
    ]

    data = sources @ np.array(waves)
    data += 7.0 * background @ pink_noise(len(background), n_times, sfreq, rng)
    data += 0.7 * rng.standard_normal(data.shape)
    if sfreq > 100:
        mains = rhythm_around(np.full(n_times, 50.0), 0.02, sfreq, rng)
        data += rng.uniform(0.5, 1.5, (len(data), 1)) * mains.real
    onsets = (np.arange(n_trials) * n_trial + n_before // 2) / sfreq
    annotations = mne.Annotations(onsets, n_after / sfreq, [classes[label] for label in labels])
    return make_raw(data, ch_names, sfreq, annotations)


def simulate_sleep(
    n_hours: float = 2.0,
    *,
    ch_names: Sequence[str] = ("Fpz-Cz", "Pz-Oz"),
    sfreq: float = 100.0,
    random_state: Seed = None,
) -> mne.io.RawArray:
    """Simulate a sleep recording with its stages.

    The stages follow a Markov chain that starts awake. Each stage has its characteristic
    activity [1]_ on a 1/f background: alpha and blinks (W), slow eye movements and theta (N1),
    spindles and K-complexes (N2), slow waves (N3), saccades and sawtooth waves (REM). Amplitudes
    and rates vary from window to window, so that stages overlap as in real recordings.

    Parameters
    ----------
    n_hours : float
        Duration in hours, at least 0.01, rounded to whole windows of 30 s.
    ch_names : sequence of str
        Electrodes of the 10-05 system, or bipolar channels such as the defaults, which are those of
        Sleep-EDF [2]_.
    sfreq : float
        Sampling rate in Hz, at least 64.
    random_state : int, numpy.random.Generator or None
        Seed. The same integer gives exactly the same recording.

    Returns
    -------
    mne.io.RawArray, shape (n_chans, n_hours * 3600 * sfreq)
        Recording in volts with one annotation per 30 s: "W", "N1", "N2", "N3" or "REM". The montage
        has positions of electrodes, but not of bipolar channels.

    Raises
    ------
    ValueError
        If an argument is invalid; the message names it.

    References
    ----------
    .. [1] Iber, C., Ancoli-Israel, S., Chesson, A. & Quan, S. F. (2007). The AASM Manual for the
       Scoring of Sleep and Associated Events. American Academy of Sleep Medicine.
    .. [2] Kemp, B. et al. (2000). Analysis of a sleep-dependent neuronal feedback loop: the
       slow-wave microcontinuity of the EEG. IEEE Transactions on Biomedical Engineering, 47(9),
       1185-1194. https://doi.org/10.1109/10.867928

    Examples
    --------
    >>> raw = simulate_sleep(0.1, random_state=0)
    >>> raw.get_data().shape, len(raw.annotations)  # 6 minutes at 100 Hz
    ((2, 36000), 12)
    >>> str(raw.annotations.description[0])
    'W'
    """
    check_range("n_hours", n_hours, 0.01, 24)
    check_range("sfreq", sfreq, 64, 10_000)
    rng = make_rng(random_state)
    sources, background = project_sources(ch_names, SLEEP_SITES, rng)

    n_windows, n_window = round(n_hours * 3600 / _WINDOW_SECONDS), round(_WINDOW_SECONDS * sfreq)
    n_times = n_windows * n_window
    stages = [_STAGES.index("W")]
    for chance in rng.random(n_windows - 1):
        stages.append(int(np.searchsorted(np.cumsum(_NEXT_STAGE[stages[-1]])[:-1], chance)))

    def level(name: str) -> Array:
        by_window = np.array(SLEEP_LEVELS[name])[stages] * rng.lognormal(0, 0.35, n_windows)
        return hold(by_window, n_window, sfreq)

    data = sleep_signal(level, sources, background, n_times, sfreq, rng)
    onsets = np.arange(n_windows) * n_window / sfreq
    annotations = mne.Annotations(onsets, n_window / sfreq, [_STAGES[stage] for stage in stages])
    return make_raw(data, ch_names, sfreq, annotations)


def sleep_signal(
    level: Callable[[str], Array],
    sources: Array,
    background: Array,
    n_times: int,
    sfreq: float,
    rng: np.random.Generator,
) -> Array:
    """Return microvolts (n_chans, n_times) with the activities of sleep at given strengths.

    Parameters
    ----------
    level : callable
        Returns the strength (n_times,) of an activity, by its name in `SLEEP_LEVELS`.
    sources : array, shape (n_chans, 5)
        Maps of sources below Oz, Fz, Cz, AFz and Fpz.
    background : array, shape (n_chans, n_rows)
        Map of background activity.
    n_times : int
        Number of samples.
    sfreq : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Generator.
    """

    def events(name: str) -> Array:
        return transients(name, level(name), sfreq, rng)

    def rhythm(frequency: float, bandwidth: float) -> Any:
        return rhythm_around(np.full(n_times, frequency), bandwidth, sfreq, rng)

    saw = rhythm(2.5, 0.3)
    saw = level("sawtooth waves") * np.abs(saw) * signal.sawtooth(np.angle(saw))
    slow = level("slow waves") * rhythm(0.9, 0.3).real + events("K-complexes")
    eyes = events("blinks") + events("saccades") - events("saccades")  # left and right
    waves = [
        level("alpha") * rhythm(10.0, 0.7).real,
        level("theta") * rhythm(5.5, 0.8).real,
        saw + events("spindles") * rhythm(13.5, 0.5).real + slow / 3,  # spread from frontal sites
        slow,
        level("slow eye movements") * rhythm(0.3, 0.1).real + eyes,
    ]
    n_rows = len(background)
    data = sources @ np.array(waves)
    data += level("background") * (background @ pink_noise(n_rows, n_times, sfreq, rng))
    data += level("muscle") * (background @ rng.standard_normal((n_rows, n_times)))
    return np.asarray(data + 0.7 * rng.standard_normal(data.shape))
