"""Preprocessing of a recording, applied to a running signal."""

from __future__ import annotations

import fractions
from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from scipy import signal as scipy_signal

from eegzoo.data.preprocessing.channel_steps import Pick, Reference
from eegzoo.data.preprocessing.filter_steps import Filter, Notch, Resample
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.preprocessing.step import Step
from eegzoo.data.signal.choice.channel_choice import eeg_channels
from eegzoo.data.signal.filtering.forward_filter import butterworth_sections, notch_sections
from eegzoo.data.signal.signal_info import SignalInfo, same_rate
from eegzoo.online.running_signal.causal_operators import (
    CausalOperator,
    ChannelMatrix,
    ForwardFilter,
    LinearPhaseFilter,
    Resampler,
)
from eegzoo.online.running_signal.causal_preprocessing import CausalPreprocessing
from eegzoo.online.running_signal.channel_maps import channel_map, selection

Array = npt.NDArray[np.float64]

# Of the anti-aliasing filter, as in `scipy.signal.resample_poly`.
_HALF_LENGTH, _BETA = 10, 5.0
_LARGEST_DENOMINATOR = 10_000
# Share of a kernel's largest value below which its ends are rounding errors.
_NOTHING = 1e-9


def causal_preprocessing(
    preprocessing: Preprocessing,
    ch_names: Sequence[str],
    sfreq: float,
    signal: SignalInfo | None = None,
    ch_types: str | Sequence[str] = "eeg",
) -> CausalPreprocessing:
    """Return the steps of a preprocessing before its windows as operators on a running signal.

    Linear-phase filters and resampling give the numbers of the zero-phase ones, later by their
    delay. Filters with ``method="iir"``, which run in both directions, run forwards only, and the
    result says so.

    Parameters
    ----------
    preprocessing : Preprocessing
        Steps.
    ch_names : sequence of str
        Channels of the running signal.
    sfreq : float
        Its sampling rate in Hz.
    signal : SignalInfo | None
        Signal of the windows, whose channels are picked by name. None: all channels.
    ch_types : str | sequence of str
        MNE's type of the channels, or of each.

    Returns
    -------
    CausalPreprocessing
        Operators.

    Raises
    ------
    ValueError
        If channels are missing, or a filter does not fit the sampling rate.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Filter, Preprocessing
    >>> steps = Preprocessing([Filter(4.0, 38.0), Epoch(0.0, seconds=2.0)])
    >>> causal_preprocessing(steps, ["C3", "C4"], 128.0).delay_seconds
    0.8203125
    """
    builder = _Builder(list(ch_names), float(sfreq))
    builder.keep(_eeg_names(preprocessing, ch_names, sfreq, ch_types))
    if signal is not None and not any(isinstance(step, Reference) for step in preprocessing.steps):
        # Channels that nothing depends on need not be filtered.
        builder.keep([builder.ch_names[place] for place in signal.order_of(builder.ch_names)])
    for step in preprocessing.steps_before:
        builder.add(step)
    if signal is not None:
        builder.keep([builder.ch_names[place] for place in signal.order_of(builder.ch_names)])
    return CausalPreprocessing(
        builder.operators, builder.ch_names, float(sfreq), builder.sfreq, builder.differences
    )


def _eeg_names(
    preprocessing: Preprocessing, ch_names: Sequence[str], sfreq: float, ch_types: Any
) -> list[str]:
    info = mne.create_info(list(ch_names), sfreq, ch_types)
    raw = mne.io.RawArray(np.zeros((len(ch_names), 2)), info, verbose="ERROR")
    named = [
        name for step in preprocessing.steps if isinstance(step, Pick) for name in step.ch_names
    ]
    return list(eeg_channels(raw, preprocessing.types, keep=named))


class _Builder:
    """Operators, with the channels and the rate after them."""

    def __init__(self, ch_names: list[str], sfreq: float) -> None:
        self.ch_names, self.sfreq = ch_names, sfreq
        self.operators: list[CausalOperator] = []
        self.differences: list[str] = []

    def keep(self, names: Sequence[str]) -> None:
        """Pick channels in the given order."""
        if list(names) != self.ch_names:
            self._multiply(selection(names, self.ch_names))
            self.ch_names = list(names)

    def add(self, step: Step) -> None:
        """Add the operator of a step."""
        if isinstance(step, Resample):
            if not same_rate(self.sfreq, step.sfreq):
                self.operators.append(_resampler(self.sfreq, step.sfreq))
                self.sfreq = step.sfreq
        elif isinstance(step, Filter) and step.method in ("iir", "forward"):
            if step.method == "iir":
                self.differences.append(
                    f"{step} runs in both directions offline, forwards only in a stream"
                )
            sections = butterworth_sections(step.l_freq, step.h_freq, self.sfreq)
            self.operators.append(ForwardFilter(sections))
        elif isinstance(step, Notch) and step.is_causal:
            self.operators.append(ForwardFilter(notch_sections(step.freqs, self.sfreq)))
        elif isinstance(step, (Filter, Notch)):
            self.operators.append(LinearPhaseFilter(self._kernel(step)))
        else:
            matrix, self.ch_names = channel_map(step, self.ch_names, self.sfreq)
            self._multiply(matrix)

    def _multiply(self, matrix: Array) -> None:
        last = self.operators[-1] if self.operators else None
        if isinstance(last, ChannelMatrix):
            matrix = matrix @ last.matrix
            self.operators.pop()
        self.operators.append(ChannelMatrix(matrix))

    def _kernel(self, step: Step) -> Array:
        """Return the impulse response of a zero-phase step, whose design is MNE's."""
        half = max(round(4 * self.sfreq), 64)
        info = mne.create_info(1, self.sfreq, "eeg")
        while True:
            impulse = np.zeros((1, 4 * half + 1))
            impulse[0, 2 * half] = 1.0
            with mne.use_log_level("ERROR"):
                response: Array = step.apply(mne.io.RawArray(impulse, info)).get_data()[0]
            used = np.flatnonzero(np.abs(response) > _NOTHING * np.abs(response).max())
            reach = max(2 * half - int(used[0]), int(used[-1]) - 2 * half)
            if reach < half:
                return response[2 * half - reach : 2 * half + reach + 1]
            half *= 4


def _resampler(sfreq: float, new_sfreq: float) -> Resampler:
    exact = fractions.Fraction(new_sfreq) / fractions.Fraction(sfreq)
    ratio = exact.limit_denominator(_LARGEST_DENOMINATOR)
    largest = max(ratio.numerator, ratio.denominator)
    kernel = scipy_signal.firwin(
        2 * _HALF_LENGTH * largest + 1, 1 / largest, window=("kaiser", _BETA)
    )
    return Resampler(ratio, kernel * ratio.numerator)
