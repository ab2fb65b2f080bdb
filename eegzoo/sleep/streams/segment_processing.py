"""The signal processing of each stager, with how far around a sample it reaches."""

from __future__ import annotations

import math

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.filter_steps import Filter, Notch, Resample
from eegzoo.data.preprocessing.step import Step
from eegzoo.data.signal.filtering.polyphase import resample
from eegzoo.data.signal.signal_info import same_rate
from eegzoo.sleep.stagers.classifier import ClassifierStager
from eegzoo.sleep.stagers.physioex import FILTER_LENGTH, bandpass_with_taps
from eegzoo.sleep.stagers.robustsleepnet import BAND, ORDER
from eegzoo.sleep.stagers.signals import bandpass, butterworth_decay
from eegzoo.sleep.streams.running_windows import SegmentProcessing

Array = npt.NDArray[np.float64]

# Share of a filter's response below which its ends have no influence.
_NOTHING = 1e-10
_MICROVOLTS = 1e6


def physioex_processing(sfreq: float, new_sfreq: float) -> SegmentProcessing:
    """Return the processing of `filtered_windows`, of microvolts."""

    def apply(segment: Array) -> Array:
        filtered = np.stack([bandpass_with_taps(channel, sfreq) for channel in segment])
        return _resampled(filtered, sfreq, new_sfreq)

    reach = FILTER_LENGTH - 1 + _resampling_reach(sfreq, new_sfreq)
    return SegmentProcessing(apply, reach, reach)


def robustsleepnet_processing(sfreq: float, new_sfreq: float) -> SegmentProcessing:
    """Return the filter of RobustSleepNet, forward and backward, and its sampling rate."""

    def apply(segment: Array) -> Array:
        filtered = np.stack([bandpass(channel, sfreq, *BAND, ORDER) for channel in segment])
        return _resampled(filtered, sfreq, new_sfreq)

    # With a margin, because the response of a filter that runs in both directions has a factor n.
    decay = butterworth_decay(sfreq, *BAND, ORDER)
    settled = math.ceil(1.2 * math.log(_NOTHING) / math.log(decay))
    reach = settled + _resampling_reach(sfreq, new_sfreq)
    return SegmentProcessing(apply, reach, reach)


def classifier_processing(stager: ClassifierStager, sfreq: float) -> SegmentProcessing:
    """Return the steps of a classifier before its windows, from microvolts to microvolts.

    Raises
    ------
    ValueError
        If a filter does not fit the sampling rate.
    """
    steps = stager.steps_before
    names = list(stager.info.ch_names)

    def apply(segment: Array) -> Array:
        info = mne.create_info(names, sfreq, "eeg", verbose="ERROR")
        raw = mne.io.RawArray(segment / _MICROVOLTS, info, verbose="ERROR")
        with mne.use_log_level("ERROR"):
            for step in steps:
                raw = step.apply(raw)
        processed: Array = _MICROVOLTS * raw.get_data()[stager.info.order_of(raw.ch_names)]
        return processed

    before = after = 0.0  # seconds
    rate = sfreq
    for step in steps:
        if isinstance(step, Resample):
            reaches = (_resampling_reach(rate, step.sfreq),) * 2
        elif isinstance(step, (Filter, Notch)):
            reaches = _filter_reaches(step, rate)
        else:  # it changes each sample alone
            reaches = 0, 0
        before, after = before + reaches[0] / rate, after + reaches[1] / rate
        rate = step.sfreq if isinstance(step, Resample) else rate
    return SegmentProcessing(apply, math.ceil(before * sfreq), math.ceil(after * sfreq))


def _resampled(x: Array, sfreq: float, new_sfreq: float) -> Array:
    return x if same_rate(sfreq, new_sfreq) else resample(x, sfreq, new_sfreq)


def _resampling_reach(sfreq: float, new_sfreq: float) -> int:
    """Return half the length of the anti-aliasing filter: ten samples of the lower rate."""
    if same_rate(sfreq, new_sfreq):
        return 0
    return math.ceil(10 * max(1.0, sfreq / new_sfreq)) + 1


def _filter_reaches(step: Step, sfreq: float) -> tuple[int, int]:
    """Return how many samples before and after it a filtered sample depends on.

    They are measured on an impulse, whatever the design of the filter.
    """
    info = mne.create_info(1, sfreq, "eeg", verbose="ERROR")
    half = max(round(16 * sfreq), 64)
    while True:
        impulse = np.zeros((1, 2 * half + 1))
        impulse[0, half] = 1.0
        with mne.use_log_level("ERROR"):
            response = step.apply(mne.io.RawArray(impulse, info, verbose="ERROR")).get_data()[0]
        size = np.abs(response)
        used = np.flatnonzero(size > _NOTHING * size.max())
        # An input sample acts on later ones as far as an output sample depends on earlier ones.
        before, after = int(used[-1]) - half, half - int(used[0])
        if max(before, after) <= half // 2:
            return max(before, 0), max(after, 0)
        half *= 2
