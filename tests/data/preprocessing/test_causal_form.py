"""Tests of preprocessings that need no sample after a window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import signal

from eegzoo.data import (
    Baseline,
    Epoch,
    EpochsDataset,
    Filter,
    Notch,
    Preprocessing,
    Recording,
    Reference,
    Resample,
    Scale,
    as_causal,
    notch_forward,
    simulate_motor_imagery,
)
from eegzoo.data.preprocessing.causal_form import check_causal

STEPS = [
    Scale(1.0), Reference(), Filter(1.0, None), Notch([50.0]), Filter(None, 40.0, "iir"),
    Epoch(0.0, seconds=2.0), Baseline(None, 0.5),
]  # fmt: skip


def test_filters_and_notches_run_forwards_and_other_steps_stay() -> None:
    causal = as_causal(Preprocessing(STEPS, types=("eeg", "seeg"), bads="drop"))
    assert causal.types == ("eeg", "seeg")
    assert causal.bads == "drop"
    assert [step.method for step in causal.steps if isinstance(step, (Filter, Notch))] == [
        "forward"
    ] * 3
    others = [step for step in causal.steps if not isinstance(step, (Filter, Notch))]
    assert others == [step for step in STEPS if not isinstance(step, (Filter, Notch))]
    assert Preprocessing.from_dict(causal.to_dict()) == causal
    check_causal(causal)


def test_samples_after_a_window_change_nothing() -> None:
    raw = simulate_motor_imagery(n_trials=4, random_state=0)
    changed = raw.copy()
    onset = raw.annotations.onset[1]
    stop = raw.time_as_index(onset + 2.0)[0]
    changed._data[:, stop:] = 3e-5
    windows = [
        as_causal(Preprocessing(STEPS)).epochs(each).get_data()[1] for each in (raw, changed)
    ]
    np.testing.assert_allclose(windows[0], windows[1], atol=1e-16)
    zero_phase = [Preprocessing(STEPS).epochs(each).get_data()[1] for each in (raw, changed)]
    assert np.abs(zero_phase[0] - zero_phase[1]).max() > 1e-7


@pytest.mark.parametrize("step", [Filter(4.0, 38.0), Filter(4.0, None, "iir"), Notch([50.0])])
def test_two_way_filters_are_named(step: Any) -> None:
    with pytest.raises(ValueError, match=rf"as_causal\), got {type(step).__name__}\(.*after a win"):
        check_causal(Preprocessing([Resample(100.0), step, Epoch(0.0, 2.0)]))


@pytest.mark.parametrize("is_causal", [False, True])
def test_windows_know_whether_their_filters_were_causal(is_causal: bool) -> None:
    preprocessing = Preprocessing([Filter(4.0, 38.0), Epoch(0.0, seconds=2.0)])
    if is_causal:
        preprocessing = as_causal(preprocessing)
    raw = simulate_motor_imagery(n_trials=4, random_state=0)
    dataset = EpochsDataset.from_recordings([Recording(raw, "S1")], preprocessing)
    assert dataset[:2].info.processing.is_causal is is_causal
    assert preprocessing.processing.is_causal is is_causal
    epochs = EpochsDataset.from_epochs(preprocessing.epochs(raw))
    assert epochs.info.processing.is_causal is None


def test_notch_is_scipys_from_its_steady_state() -> None:
    raw = simulate_motor_imagery(n_trials=2, random_state=0)
    raw.apply_function(lambda data: data + 1e-3, verbose=False)
    data = raw.get_data()
    expected = data.copy()
    for freq in (50.0, 25.0):
        b, a = signal.iirnotch(freq, 30.0, fs=128.0)
        state = signal.lfilter_zi(b, a)[None] * expected[:, :1]
        expected, _ = signal.lfilter(b, a, expected, zi=state)
    found = notch_forward(raw.copy(), [50.0, 25.0]).get_data()
    np.testing.assert_allclose(found, expected, atol=1e-12)
    step = Notch([50.0, 25.0], "forward")
    np.testing.assert_array_equal(step.apply(raw).get_data(), found)
    assert step.code("raw") == "eegzoo.data.notch_forward(raw, [50.0, 25.0])"


def test_notch_below_half_the_rate_and_known_methods() -> None:
    raw = simulate_motor_imagery(n_trials=2, random_state=0)
    with pytest.raises(ValueError, match="freqs below half the sampling rate"):
        Notch([64.0], "forward").apply(raw)
    with pytest.raises(ValueError, match="method"):
        Notch([50.0], "iir")
