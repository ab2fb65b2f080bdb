"""What a stream computes around an exported network, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eegzoo.data.preprocessing.channel_steps import Reference
from eegzoo.data.preprocessing.normalization import ExponentialStandardizer
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.online.running_signal.causal_steps import causal_preprocessing
from eegzoo.online.running_signal.window_steps import window_operators
from eegzoo.online.window_classifier import WindowClassifier
from eegzoo.training.classifier import EEGClassifier

# Version of the description.
FORMAT = 1


def parts_outside(classifier: EEGClassifier) -> tuple[str, ...]:
    """Return what a stream computes of a classifier outside its graph, because a graph cannot.

    Returns
    -------
    tuple of str
        Of "alignment" and "normalization", in this order.
    """
    alignment = classifier.alignment_
    is_running = classifier.align_ is not None and alignment is None
    if isinstance(classifier.normalizer_, ExponentialStandardizer):
        return ("alignment", "normalization")
    if is_running or (alignment is not None and alignment.bands is not None):
        return ("alignment",)
    return ()


def stream_description(
    classifier: EEGClassifier,
    preprocessing: Preprocessing,
    *,
    ch_names: Sequence[str] | None = None,
    sfreq: float | None = None,
) -> dict[str, Any]:
    """Return what a stream computes around the graph of a classifier, as JSON-serialisable values.

    Parameters
    ----------
    classifier : EEGClassifier
        Fitted classifier of single windows.
    preprocessing : Preprocessing
        Preprocessing of the recordings that it was trained on.
    ch_names : sequence of str | None
        Channels of the stream that enter the computation. None: those of the training, and those
        that the steps name. An average reference is that of these channels.
    sfreq : float | None
        Sampling rate of the stream in Hz. None: that of the windows.

    Returns
    -------
    dict
        Channels, operators before and after the windows, alignment and normalisation outside the
        graph, labels, and the amplitude that windows are compared with.

    Raises
    ------
    ValueError
        If the classifier does not know its channels, or windows of such a stream do not fit it.
    """
    signal = classifier.signal_info_
    if signal is None:
        raise ValueError(
            "expected a classifier that knows its channels, to find them in a stream, got one that "
            "was trained on arrays"
        )
    names = _named_channels(preprocessing, signal) if ch_names is None else list(ch_names)
    rate = float(signal.sfreq if sfreq is None else sfreq)
    kinds = dict(zip(signal.ch_names, signal.types, strict=True))
    types = [kinds.get(name, "eeg") for name in names]
    causal = causal_preprocessing(preprocessing, names, rate, signal, types)
    outside = parts_outside(classifier)
    waits = classifier.align_ is not None and classifier.alignment_ is None
    # It raises an error if windows do not fit.
    WindowClassifier(
        classifier, preprocessing, causal.ch_names, causal.sfreq, "running" if waits else None
    )
    operators = window_operators(preprocessing, causal.ch_names, causal.sfreq)
    align, alignment = classifier.align_, classifier.alignment_
    is_outside = "alignment" in outside and alignment is not None
    return {
        "format": FORMAT,
        "ch_names": names,
        "ch_types": types,
        "sfreq": rate,
        "before_windows": causal.to_dict(),
        # A window that starts earlier is not answered, because the filters have not settled.
        "settling_samples": max(-causal.first_needed(0), 0),
        "window": {
            "n_times": preprocessing.window.n_times(causal.sfreq),
            "tmin": float(preprocessing.window.tmin),
        },
        "after_windows": [operator.to_dict() for operator in operators],
        "signal": {"ch_names": list(signal.ch_names), "sfreq": float(signal.sfreq)},
        "check_amplitude": classifier.check_signal != "ignore",
        "amplitude": classifier.amplitude_,
        # Whether offline use is that of a stream as well.
        "causal": classifier.causal,
        "align": align.to_dict() if waits and align is not None else None,
        "alignment": alignment.to_dict() if is_outside and alignment is not None else None,
        "normalization": (classifier.normalizer_.to_dict() if "normalization" in outside else None),
        "labels": classifier.classes_.tolist(),
    }


def _named_channels(preprocessing: Preprocessing, signal: SignalInfo) -> list[str]:
    """Return the channels of the training, and those that steps name."""
    named = list(preprocessing.picked_names)
    for step in preprocessing.steps:
        if isinstance(step, Reference) and step.channels != "average":
            named.extend(step.channels)
    return list(dict.fromkeys([*signal.ch_names, *named]))
