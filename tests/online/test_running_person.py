"""Tests of streams of a person whom the classifier aligns."""

from __future__ import annotations

import numpy as np
import pytest

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    simulate_motor_imagery,
)
from eegzoo.online import StreamingClassifier
from eegzoo.training import EEGClassifier
from tests.online.running import push_all

PREPROCESSING = Preprocessing([Filter(4.0, 38.0, "forward"), Epoch(0.0, seconds=2.0)])
N_CHANS = 6


def _people() -> list[Recording]:
    raws = [
        simulate_motor_imagery(n_trials=24, random_state=seed).pick(range(N_CHANS))
        for seed in range(3)
    ]
    return [Recording(raw, f"S{place}") for place, raw in enumerate(raws)]


@pytest.fixture(scope="module", params=["euclid", "zscore"])
def classifier(request: pytest.FixtureRequest) -> EEGClassifier:
    dataset = EpochsDataset.from_recordings(_people()[:2], PREPROCESSING)
    return EEGClassifier(
        "eegnet", align=request.param, normalize="none", max_epochs=1, random_state=0
    ).fit(dataset)


def _stream(classifier: EEGClassifier, **options: object) -> StreamingClassifier:
    raw = _people()[2].raw
    return StreamingClassifier(
        classifier, ch_names=raw.ch_names, sfreq=128.0, preprocessing=PREPROCESSING,
        step_seconds=2.0, **options,
    )  # fmt: skip


def test_person_is_known_after_ten_windows_and_aligned_by_those_so_far(
    classifier: EEGClassifier,
) -> None:
    raw = _people()[2].raw
    decisions = push_all(_stream(classifier, adapt="running"), raw.get_data(), ())
    reasons = [each.reason for each in decisions]
    settled = [reason for reason in reasons if reason and "settled" in reason]
    unknown = [reason for reason in reasons if reason and "not known yet" in reason]
    assert unknown[0] == "the person is not known yet: 1 of 10 windows"
    assert len(unknown) == 9
    first = len(settled)  # windows before are in no statistics
    windows = EpochsDataset.from_epochs(PREPROCESSING.windows(raw))
    for number in (first + 9, len(decisions) - 1):
        own = classifier._aligned_for(windows.X[first : number + 1])
        expected = own.predict_proba(windows.X[number : number + 1])[0]
        np.testing.assert_allclose(decisions[number].probabilities, expected, atol=1e-4)


def test_reset_forgets_the_person(classifier: EEGClassifier) -> None:
    data, stream = _people()[2].raw.get_data(), _stream(classifier, adapt="running")
    push_all(stream, data, ())
    stream.reset()
    again = push_all(stream, data[:, :2000], ())
    assert all(each.is_abstention for each in again)


def test_adapted_classifier_needs_no_running_alignment(classifier: EEGClassifier) -> None:
    raw = _people()[2].raw
    windows = EpochsDataset.from_epochs(PREPROCESSING.windows(raw))
    own = classifier.adapt(windows.X, how=("align",))
    decisions = push_all(_stream(own), raw.get_data(), ())
    np.testing.assert_allclose(
        decisions[-1].probabilities, own.predict_proba(windows.X[-1:])[0], atol=1e-4
    )
    with pytest.raises(ValueError, match="aligns none, or is adapted to one"):
        _stream(own, adapt="running")


def test_unknown_person_raises_unless_asked(classifier: EEGClassifier) -> None:
    with pytest.raises(ValueError, match="adapt='running' or a classifier that is adapted"):
        _stream(classifier)
    with pytest.raises(ValueError, match="adapt"):
        _stream(classifier, adapt="always")
