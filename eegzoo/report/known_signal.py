"""What a fitted estimator knows of the signal in its windows."""

from __future__ import annotations

from eegzoo.training.estimator import EEGEstimator


def known_sfreq(estimator: EEGEstimator) -> float:
    """Return the sampling rate of an estimator's windows in Hz, or raise an error."""
    info = estimator.signal_info_
    sfreq = getattr(estimator.model_, "sfreq", None) if info is None else info.sfreq
    if sfreq is None:
        raise ValueError(
            "expected an estimator that knows the sampling rate of its windows, got one of a "
            "module that was fitted on arrays without sfreq"
        )
    return float(sfreq)


def known_ch_names(estimator: EEGEstimator) -> tuple[str, ...]:
    """Return the names of an estimator's channels, "channel 1" and so on if they are unknown."""
    info = estimator.signal_info_
    names = getattr(estimator.model_, "ch_names", None) if info is None else info.ch_names
    if names is None:
        return tuple(f"channel {i + 1}" for i in range(estimator.n_chans_))
    return tuple(names)


def known_unit(estimator: EEGEstimator) -> str:
    """Return the unit of an estimator's windows, as it is written on axes."""
    info = estimator.signal_info_
    return "µV" if info is None or info.unit == "uV" else info.unit
