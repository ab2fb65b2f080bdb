"""Tests of the pseudo-online evaluation, on a stream whose answers are known."""

from __future__ import annotations

import math
from typing import Any

import mne
import numpy as np
import pytest
import torch
from torch import nn

from eegzoo.data import Epoch, Preprocessing
from eegzoo.online import DecisionRule, choose_threshold, simulate
from eegzoo.training import EEGClassifier

SFREQ, N_SECONDS = 100.0, 120
PREPROCESSING = Preprocessing([Epoch(0.0, seconds=1.0)])
ONSETS = np.arange(5.0, 115.0, 10.0)


class _Louder(nn.Module):
    """Network that names the louder of two channels, sure if the difference is large."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.gain * (x.std(dim=-1) - 1.0)


def _raw(wrong: Any = (), silent: Any = (), extra: Any = ()) -> mne.io.BaseRaw:
    """Return noise in which the channel of each event's label is loud for 4 s."""
    rng = np.random.default_rng(0)
    data = rng.normal(0, 1e-6, (2, round(N_SECONDS * SFREQ)))
    labels = ["left" if place % 2 == 0 else "right" for place in range(len(ONSETS))]
    for place, (onset, label) in enumerate(zip(ONSETS, labels, strict=True)):
        channel = int((label == "right") != (place in wrong))
        if place not in silent:
            data[channel, round(onset * SFREQ) : round((onset + 4) * SFREQ)] *= 10
    for onset in extra:
        data[0, round(onset * SFREQ) : round((onset + 2) * SFREQ)] *= 10
    raw = mne.io.RawArray(data, mne.create_info(["C3", "C4"], SFREQ, "eeg"), verbose=False)
    return raw.set_annotations(mne.Annotations(ONSETS, 4.0, labels))


@pytest.fixture(scope="module")
def classifier() -> EEGClassifier:
    fitted = EEGClassifier(
        _Louder(), recipe="plain", normalize="none", max_epochs=1, lr=1e-9, check_signal="ignore",
        random_state=0,
    ).fit(PREPROCESSING.epochs(_raw()))  # fmt: skip
    assert fitted.classes_.tolist() == ["left", "right"]
    return fitted


def _rule(**options: Any) -> DecisionRule:
    return DecisionRule(["left", "right"], **{"threshold": 0.9, "dwell_seconds": 0.5, **options})


def test_hits_misses_wrong_and_false_commands_are_counted(classifier: EEGClassifier) -> None:
    raw = _raw(wrong=(2,), silent=(3, 5), extra=(12.0, 52.0))
    rule = _rule(refractory_seconds=6.0)
    found = simulate(classifier, raw, rule=rule, preprocessing=PREPROCESSING)
    assert (found.n_events, found.n_hits, found.n_wrong, found.n_missed) == (11, 8, 1, 2)
    assert found.n_false_positives == 2
    assert found.idle_minutes == pytest.approx((120 - 44) / 60)
    assert found.false_positives_per_minute == pytest.approx(2 * 60 / 76)
    assert 0.5 < found.seconds_to_decision < 1.5
    # Wolpaw: 9 selections, 8 right, of two classes, in 44 s.
    share = 8 / 9
    bits = 1 + share * math.log2(share) + (1 - share) * math.log2(1 - share)
    assert found.bits_per_minute == pytest.approx(9 * bits / (44 / 60))
    assert "8 of 11 events hit, 1 wrong, 2 missed" in str(found)


def test_noise_is_at_chance(classifier: EEGClassifier) -> None:
    raw = _raw(silent=range(11))
    found = simulate(classifier, raw, rule=_rule(), preprocessing=PREPROCESSING)
    assert (found.n_hits, found.n_false_positives, found.bits_per_minute) == (0, 0, 0)
    assert found.nmcc == pytest.approx(0.5)


def test_perfect_stream_has_a_high_correlation(classifier: EEGClassifier) -> None:
    found = simulate(classifier, _raw(), rule=_rule(), preprocessing=PREPROCESSING)
    assert found.n_hits == 11
    assert found.nmcc > 0.9


def test_threshold_is_the_lowest_that_keeps_to_the_limit(classifier: EEGClassifier) -> None:
    raw = _raw(extra=(12.0, 32.0, 52.0))
    options = {"preprocessing": PREPROCESSING, "rule": _rule(threshold=0.5)}
    loose = choose_threshold(classifier, raw, false_positives_per_minute=1e3, **options)
    assert loose.threshold == 0.5
    tight = choose_threshold(
        classifier, _raw(), false_positives_per_minute=0, preprocessing=PREPROCESSING, rule=_rule()
    )
    assert simulate(
        classifier, _raw(), rule=tight, preprocessing=PREPROCESSING
    ).n_false_positives == 0  # fmt: skip
    assert tight.dwell_seconds == 0.5
    with pytest.raises(ValueError, match="at most 0 false positives"):
        choose_threshold(classifier, raw, false_positives_per_minute=0, **options)


def test_recording_without_rest_cannot_choose_a_threshold(classifier: EEGClassifier) -> None:
    with pytest.raises(ValueError, match="a minute or more without an event"):
        choose_threshold(
            classifier, _raw(), false_positives_per_minute=1, event_seconds=10.0,
            preprocessing=PREPROCESSING,
        )  # fmt: skip


def test_unknown_event_raises(classifier: EEGClassifier) -> None:
    with pytest.raises(ValueError, match="up"):
        simulate(classifier, _raw(), {"up": "up"}, preprocessing=PREPROCESSING)


def test_rule_for_other_classes_raises(classifier: EEGClassifier) -> None:
    with pytest.raises(ValueError, match=r"rule for the classes \['left', 'right'\], got one for"):
        simulate(
            classifier, _raw(), rule=DecisionRule(["right", "left"]), preprocessing=PREPROCESSING
        )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"event_seconds": np.nan}, "event_seconds"),
        ({"event_seconds": 0.0}, "event_seconds"),
        ({"step_seconds": np.inf}, "step_seconds"),
    ],
)
def test_bad_arguments_raise(
    classifier: EEGClassifier, options: dict[str, float], expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        simulate(classifier, _raw(), preprocessing=PREPROCESSING, **options)
    with pytest.raises(ValueError, match="false_positives_per_minute"):
        choose_threshold(
            classifier, _raw(), false_positives_per_minute=np.nan, preprocessing=PREPROCESSING
        )
