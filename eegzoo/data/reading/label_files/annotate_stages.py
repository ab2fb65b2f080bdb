"""Sleep stages as annotations of windows, for training and testing on nights."""

from __future__ import annotations

import mne
import numpy as np

from eegzoo.arguments import number_between
from eegzoo.data.reading.events.spoiled import spoiled_stretches
from eegzoo.data.reading.label_files.read_scoring import scoring_of
from eegzoo.data.reading.label_files.scoring import Scoring
from eegzoo.data.reading.label_files.stages import NOT_SCORED


def annotate_stages(
    raw: mne.io.BaseRaw,
    scoring: Scoring | None = None,
    *,
    window_seconds: float = 30.0,
    mixed: bool = True,
) -> mne.io.BaseRaw:
    """Return a recording with one annotation for each window that has a stage.

    An annotation of a scorer that lasts for many windows thus gives as many. The stages are the
    AASM's, also of a scoring by Rechtschaffen and Kales. Windows that are not scored, and movement
    and artefacts, have no annotation.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. It is not modified. Of its annotations, pauses and marks of bad stretches stay.
    scoring : Scoring | None
        Stages. None: those among its annotations.
    window_seconds : float
        Length of a window in seconds. The first begins with the recording.
    mixed : bool
        Whether windows of several stages are annotated, with the stage of their greater part.

    Returns
    -------
    mne.io.Raw
        Recording with annotations "W", "N1", "N2", "N3" and "R".

    Raises
    ------
    ValueError
        If there are no stages, or no window has one.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=60, ch_names=("Cz",), random_state=0)
    >>> bouts = mne.Annotations([0, 120], [120, 240], ["Sleep stage 4", "Sleep stage R"])
    >>> annotate_stages(raw.set_annotations(bouts)).annotations.description.tolist()
    ['N3', 'N3', 'N3', 'N3', 'R', 'R', 'R', 'R', 'R', 'R', 'R', 'R']
    """
    seconds = number_between("window_seconds", window_seconds, 0.0, above=True)
    scoring = scoring_of(raw) if scoring is None else scoring
    sfreq = float(raw.info["sfreq"])
    n_windows = int(raw.n_times / sfreq / seconds + 1e-6)
    onset = seconds * np.arange(n_windows)
    stages, pure = scoring.of_windows(onset, seconds)
    chosen = (stages != NOT_SCORED) & (mixed | pure)
    if not chosen.any():
        raise ValueError(f"expected windows of {seconds:g} s with a stage, got none of {n_windows}")
    annotated = raw.copy().set_annotations(
        mne.Annotations(onset[chosen], seconds, stages[chosen].tolist())
    )
    for mark in spoiled_stretches(raw):
        annotated.annotations.append(mark.onset + raw.first_time, mark.duration, mark.description)
    return annotated
