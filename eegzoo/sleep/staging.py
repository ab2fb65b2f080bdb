"""Staging of a night."""

from __future__ import annotations

import collections
import logging
import os
from collections.abc import Sequence

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.amplitude import MICROVOLTS_PER_VOLT, check_amplitude
from eegzoo.sleep.hypnogram import Hypnogram
from eegzoo.sleep.inputs.clock_times import Time, recording_start, seconds_from_start
from eegzoo.sleep.inputs.derivations import Derivation, choose_derivations
from eegzoo.sleep.inputs.unscored import PARTIAL, WindowGrid
from eegzoo.sleep.inputs.usable_signals import UsableSignals, usable_signals, without_windows
from eegzoo.sleep.stagers.load_stager import load_stager
from eegzoo.sleep.stagers.stager import Stager
from eegzoo.sleep.stages import STAGES, UNSCORED

Array = npt.NDArray[np.float64]

_logger = logging.getLogger(__name__)
_N_CHECKED = 16  # windows whose amplitude is checked


def stage(
    raw: mne.io.BaseRaw,
    model: str | os.PathLike[str] | Stager = "robustsleepnet",
    *,
    channels: str | Sequence[str] | None = None,
    lights_off: Time = None,
    lights_on: Time = None,
) -> Hypnogram:
    """Stage a night.

    The derivations are chosen by name, and computed from single electrodes where necessary. Windows
    of 30 s in which no EEG can be used (missing, marked as bad, saturated or flat in more than a
    tenth of the window) are unscored, and so is a shorter window at the end. A window in which only
    some derivations can be used is staged with these.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording, with EEG and possibly EOG.
    model : str | path-like | Stager
        Name of a model, file of a model, or what `load_stager` returns.
    channels : str | sequence of str | None
        Derivations or channels to stage, such as ``"C4-M1,EOG left"``, in the order that the model
        expects. None: those that the model was trained on, if it knows their names; else one
        central, one frontal and one occipital derivation and both eyes, as far as there are any,
        of which a model of one channel gets the first.
    lights_off, lights_on : float | str | datetime.datetime | None
        Seconds from the start of the recording, or clock times such as ``"23:10"``. Statistics
        count what lies in between; all of the recording is staged.

    Returns
    -------
    Hypnogram
        Stages and their probabilities. Its `channels`, `reasons` and `notes` say which derivations
        were staged and what could not be; the notes are logged as well.

    Raises
    ------
    TypeError
        If `raw` is no recording, or `model` no stager.
    ValueError
        If the recording has no suitable channel (the message lists the channels), no window or
        no usable signal, or an argument is wrong.

    Warns
    -----
    SignalWarning
        If amplitudes look like another unit than volts.

    Examples
    --------
    A stager of one's own, in place of trained weights:

    >>> class AlwaysN2(eegzoo.sleep.Stager):
    ...     def _probabilities(self, signals, sfreq, n):
    ...         return np.tile([0.1, 0.1, 0.6, 0.1, 0.1], (n, 1))
    >>> data = np.random.default_rng(0).normal(0, 1e-5, (3, 10_000))
    >>> info = mne.create_info(["C4", "M1", "SaO2"], 100.0, "eeg")
    >>> hypnogram = stage(mne.io.RawArray(data, info, verbose=False), AlwaysN2("always N2"))
    >>> hypnogram
    <Hypnogram | 4 windows of 30 s: N2 3, unscored 1>
    >>> for note in hypnogram.notes:
    ...     print(note)
    derivations: C4-M1 (C4 minus M1)
    unscored: 1 of 4 windows (shorter than a window 1)
    """
    if not isinstance(raw, mne.io.BaseRaw):
        raise TypeError(f"expected raw to be a recording of MNE, got {type(raw).__name__}")
    stager = load_stager(model) if isinstance(model, (str, os.PathLike)) else model
    if not callable(getattr(stager, "probabilities", None)):
        raise TypeError(f"expected model to be a name, a file or a Stager, got {stager!r}")
    derivations = _derivations(raw, channels, stager)
    seconds, start = raw.n_times / raw.info["sfreq"], recording_start(raw)
    off = seconds_from_start("lights_off", lights_off, start, seconds)
    on = seconds_from_start("lights_on", lights_on, start, seconds)
    grid = WindowGrid(raw.n_times, float(raw.info["sfreq"]), float(stager.window_seconds))
    if not len(grid):
        raise ValueError(
            f"expected at least one window of {grid.window_seconds:g} s, got {seconds:g} s"
        )
    found = _for_stager(usable_signals(raw, derivations, grid), stager)
    _check_unit(found, grid)
    probabilities = _probabilities(stager, found, grid)
    stages, reasons = _stages(probabilities, found)
    rest = grid.rest_seconds
    if rest:
        stages, reasons = [*stages, UNSCORED], [*reasons, PARTIAL]
        probabilities = np.concatenate([probabilities, np.full((1, len(STAGES)), np.nan)])
    notes = _notes(found, reasons)
    for note in notes:
        _logger.info("%s", note)
    return Hypnogram(
        stages,
        probabilities,
        window_seconds=grid.window_seconds,
        last_seconds=rest or None,
        meas_date=start,
        lights_off=off,
        lights_on=on,
        channels=[derivation.name for derivation in found.derivations],
        model=str(stager.name),
        reasons=reasons,
        notes=notes,
    )


def _derivations(
    raw: mne.io.BaseRaw, channels: str | Sequence[str] | None, stager: Stager
) -> list[Derivation]:
    """Return the derivations to stage; a stager of several channels has to be told which."""
    if channels is not None:
        chosen = choose_derivations(raw, channels)
        if stager.n_chans not in (None, len(chosen)):
            raise ValueError(
                f"expected channels to be {stager.n_chans} for {stager.name}, got "
                f"{', '.join(derivation.name for derivation in chosen)}"
            )
        return chosen
    if stager.ch_names is None and (stager.n_chans or 1) > 1:
        raise ValueError(
            f"expected channels (--channels) for {stager.name}, which takes {stager.n_chans} in "
            f"the order of its training, got none; the recording has {', '.join(raw.ch_names)}"
        )
    return choose_derivations(raw, stager.ch_names)


def _for_stager(found: UsableSignals, stager: Stager) -> UsableSignals:
    """Return the derivations of a stager that takes a certain number of channels."""
    wanted = stager.n_chans
    if wanted is None or len(found.derivations) == wanted:
        return found
    if len(found.derivations) < wanted:
        shown = ", ".join(derivation.name for derivation in found.derivations)
        raise ValueError(f"expected {wanted} channels for {stager.name}, got {shown}")
    return found.first(wanted)


def _probabilities(stager: Stager, found: UsableSignals, grid: WindowGrid) -> Array:
    """Return the probabilities of each window; NaN where no EEG can be used.

    Windows that have the same usable derivations are staged together, among all windows in which
    these can be used.
    """
    order = [list(stager.stages).index(name) for name in STAGES]
    usable = found.usable
    is_eeg = np.array([derivation.kind == "eeg" for derivation in found.derivations])
    needed = is_eeg if is_eeg.any() else ~is_eeg
    all_needed = stager.n_chans is not None
    probabilities = np.full((len(grid), len(STAGES)), np.nan)
    for pattern in np.unique(usable, axis=1).T:
        if not (pattern & needed).any() or (all_needed and not pattern.all()):
            continue
        wanted = (usable == pattern[:, None]).all(axis=0)
        context = usable[pattern].all(axis=0)
        # Choosing rows makes a copy, and a night is large.
        chosen = found.signals if pattern.all() else found.signals[pattern]
        signals = without_windows(chosen, context, grid)
        answer = np.asarray(stager.probabilities(signals, grid.sfreq), np.float64)
        if answer.shape != (context.sum(), len(STAGES)) or not np.isfinite(answer).all():
            raise ValueError(
                f"expected finite probabilities of shape {(int(context.sum()), len(STAGES))} from "
                f"{stager.name}, got shape {answer.shape}"
            )
        probabilities[wanted] = answer[wanted[context]][:, order]
    return probabilities


def _stages(probabilities: Array, found: UsableSignals) -> tuple[list[str], list[str]]:
    """Return the most probable stage of each window, and why windows are unscored."""
    stages, reasons = [], []
    for row, own in zip(probabilities, found.reasons.T, strict=True):
        scored = bool(np.isfinite(row).all())
        stages.append(STAGES[int(row.argmax())] if scored else UNSCORED)
        reasons.append("" if scored else next(reason for reason in own if reason))
    return stages, reasons


def _notes(found: UsableSignals, reasons: Sequence[str]) -> list[str]:
    """Return what was chosen, left out and not scored, in one line each."""
    notes = [f"derivations: {', '.join(str(derivation) for derivation in found.derivations)}"]
    notes += [f"left out: {name}: {reason}" for name, reason in found.left_out.items()]
    for derivation, usable in zip(found.derivations, found.usable, strict=True):
        lost = int((~usable & (np.array(reasons[: len(usable)]) == "")).sum())
        if lost:
            notes.append(f"staged without {derivation.name}: {lost} windows")
    counts = collections.Counter(reason for reason in reasons if reason)
    if counts:
        shown = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
        notes.append(f"unscored: {counts.total()} of {len(reasons)} windows ({shown})")
    return notes


def _check_unit(found: UsableSignals, grid: WindowGrid) -> None:
    """Warn if the amplitude of EEG looks like another unit than volts."""
    is_eeg = [derivation.kind == "eeg" for derivation in found.derivations]
    windows = np.flatnonzero(found.usable[is_eeg].all(axis=0)) if any(is_eeg) else np.zeros(0, int)
    if not windows.size:
        return
    chosen = windows[np.linspace(0, len(windows) - 1, min(len(windows), _N_CHECKED)).astype(int)]
    length = int(grid.window_seconds * grid.sfreq)
    starts = grid.edges[chosen]
    data = np.array([found.signals[is_eeg, start : start + length] for start in starts])
    names = [derivation.name for derivation in found.derivations if derivation.kind == "eeg"]
    check_amplitude(data * MICROVOLTS_PER_VOLT, how="warn", ch_names=names, sfreq=grid.sfreq)
