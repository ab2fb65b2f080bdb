"""Pseudo-online evaluation: a recording as a stream, its commands against its events."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import mne

from eegzoo.arguments import number_between
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.online.decision_rule import DecisionRule
from eegzoo.online.simulation import PlayedRecording, Simulation
from eegzoo.training.classifier import EEGClassifier

_THRESHOLDS = tuple(round(step / 100, 2) for step in range(50, 100))


def simulate(
    classifier: EEGClassifier | str | os.PathLike[str],
    raw: mne.io.BaseRaw,
    event_id: Mapping[str, Any] | None = None,
    *,
    rule: DecisionRule | None = None,
    event_seconds: float | None = None,
    step_seconds: float = 0.25,
    preprocessing: Preprocessing | None = None,
) -> Simulation:
    """Run a recording as a stream, and compare the commands with its events.

    The protocol is the pseudo-online one of MOABB: windows slide over the whole recording, and what
    is no event is a class of its own. A window belongs to an event if at least half of it is in it.

    Parameters
    ----------
    classifier : EEGClassifier | str | path-like
        Fitted classifier, name of trained weights, or file of a saved classifier.
    raw : mne.io.Raw
        Recording with events. It is not modified.
    event_id : mapping of str to str | int | None
        Events to use, as in `Preprocessing.epochs`.
    rule : DecisionRule | None
        Rule that gives commands. None: the default one. `idle` names the classes that are no
        command.
    event_seconds : float | None
        Duration of an event in seconds. None: the durations in the recording or, where they are
        zero, the length of a window and its start after the event.
    step_seconds : float
        Interval between successive decisions in seconds.
    preprocessing : Preprocessing | None
        As in `StreamingClassifier`.

    Returns
    -------
    Simulation
        Hits, false positives per minute, time to decision and information transfer rate.

    Raises
    ------
    ValueError
        If the recording has no events.

    References
    ----------
    Carrara and Papadopoulo (2024). Pseudo-online framework for BCI evaluation: a MOABB perspective
    using various MI and SSVEP datasets. J. Neural Eng. 21.
    https://doi.org/10.1088/1741-2552/ad171a

    Wolpaw et al. (2002). Brain-computer interfaces for communication and control. Clin.
    Neurophysiol. 113. https://doi.org/10.1016/S1388-2457(02)00057-3

    Examples
    --------
    >>> from eegzoo.data import Epoch, Filter, Preprocessing
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=12, random_state=0)
    >>> preprocessing = Preprocessing([Filter(4.0, 38.0, "forward"), Epoch(0.0, seconds=2.0)])
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", max_epochs=2, random_state=0)
    >>> classifier = classifier.fit(preprocessing.epochs(raw))
    >>> simulated = eegzoo.online.simulate(classifier, raw, preprocessing=preprocessing)
    >>> simulated.n_events == simulated.n_hits + simulated.n_wrong + simulated.n_missed
    True
    """
    run = PlayedRecording.of(classifier, raw, event_id, preprocessing, step_seconds, event_seconds)
    return run.scored(DecisionRule(run.classes) if rule is None else rule)


def choose_threshold(
    classifier: EEGClassifier | str | os.PathLike[str],
    raw: mne.io.BaseRaw,
    event_id: Mapping[str, Any] | None = None,
    *,
    false_positives_per_minute: float,
    rule: DecisionRule | None = None,
    event_seconds: float | None = None,
    step_seconds: float = 0.25,
    preprocessing: Preprocessing | None = None,
) -> DecisionRule:
    """Return a rule with the lowest threshold that keeps false positives rare enough.

    Use a recording that the classifier was not trained on, and that is not tested on afterwards.

    Parameters
    ----------
    classifier, raw, event_id, event_seconds, step_seconds, preprocessing
        As in `simulate`.
    false_positives_per_minute : float
        Number of commands per minute without an event that is acceptable.
    rule : DecisionRule | None
        Rule whose threshold is chosen. None: the default one.

    Returns
    -------
    DecisionRule
        Rule with another threshold.

    Raises
    ------
    ValueError
        If no threshold keeps to the limit, or the recording has less than a minute without an
        event.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Filter, Preprocessing
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=40, random_state=0)
    >>> preprocessing = Preprocessing([Filter(4.0, 38.0, "forward"), Epoch(0.0, seconds=2.0)])
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", max_epochs=2, random_state=0)
    >>> classifier = classifier.fit(preprocessing.epochs(raw))
    >>> rule = eegzoo.online.choose_threshold(
    ...     classifier, raw, false_positives_per_minute=5, event_seconds=3.0,
    ...     preprocessing=preprocessing,
    ... )
    >>> 0.5 <= rule.threshold < 1
    True
    """
    number_between("false_positives_per_minute", false_positives_per_minute, 0.0)
    run = PlayedRecording.of(classifier, raw, event_id, preprocessing, step_seconds, event_seconds)
    rule = DecisionRule(run.classes) if rule is None else rule
    if run.idle_minutes < 1:
        raise ValueError(
            f"expected a minute or more without an event, got {run.idle_minutes:.2f} minutes"
        )
    rates = {}
    for threshold in _THRESHOLDS:
        tried = rule.with_threshold(threshold)
        rates[threshold] = run.scored(tried).false_positives_per_minute
        if rates[threshold] <= false_positives_per_minute:
            return tried
    raise ValueError(
        f"expected at most {false_positives_per_minute:g} false positives per minute, got "
        f"{min(rates.values()):.2f} at best, with a threshold of {_THRESHOLDS[-1]}"
    )
