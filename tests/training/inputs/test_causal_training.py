"""Tests of classifiers that are trained on what a stream will see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Notch,
    PersonAlignment,
    Preprocessing,
    Recording,
    Reference,
    RunningAlignment,
    Sequences,
    as_causal,
    simulate_motor_imagery,
    simulate_sleep,
)
from eegzoo.online import StreamingClassifier, compare
from eegzoo.training import EEGClassifier

TWO_WAY = Preprocessing([Reference(), Notch([50.0]), Filter(4.0, 38.0), Epoch(0.0, seconds=2.0)])
CAUSAL = as_causal(TWO_WAY)


def _recordings(n_people: int = 3, n_trials: int = 24) -> list[Recording]:
    raws = [
        simulate_motor_imagery(n_trials=n_trials, random_state=seed).pick(range(6))
        for seed in range(n_people)
    ]
    return [Recording(raw, f"S{place}") for place, raw in enumerate(raws)]


def _trained(**parameters: Any) -> EEGClassifier:
    dataset = EpochsDataset.from_recordings(_recordings()[:2], CAUSAL)
    return EEGClassifier("eegnet", causal=True, max_epochs=1, random_state=0, **parameters).fit(
        dataset
    )


def test_saved_classifier_has_no_delay_and_no_difference_in_a_stream(tmp_path: Path) -> None:
    _trained().save(tmp_path / "model.safetensors", CAUSAL)
    loaded = EEGClassifier.load(tmp_path / "model.safetensors")
    assert loaded.causal
    compared = compare(loaded, _recordings()[2].raw)
    assert compared.n_trials > 20
    assert compared.largest_difference < 1e-5
    assert compared.delay_seconds == 0
    assert compared.differences == ()


@pytest.mark.parametrize("align", ["euclid", "zscore"])
def test_person_is_aligned_as_in_a_stream(align: str) -> None:
    classifier = _trained(align=align, normalize="none")
    raw = _recordings()[2].raw
    compared = compare(classifier, raw, preprocessing=CAUSAL, adapt="running")
    assert compared.n_trials >= 12
    assert compared.n_left_out >= 9
    assert compared.largest_difference < 1e-5
    assert compared.differences == ()
    # Another classifier aligns by all windows offline, which a stream does not have.
    other = EEGClassifier("eegnet", align=align, normalize="none", max_epochs=1, random_state=0)
    other.fit(EpochsDataset.from_recordings(_recordings()[:2], CAUSAL))
    compared = compare(other, raw, preprocessing=CAUSAL, adapt="running")
    assert compared.largest_difference > 1e-5
    assert "by all windows offline" in compared.differences[0]


def test_windows_of_two_people_are_aligned_each_by_those_before() -> None:
    classifier = _trained(align="euclid", normalize="none")
    dataset = EpochsDataset.from_recordings(_recordings(), CAUSAL)
    found = classifier.predict_proba(dataset, groups="subject")
    shuffled = np.random.default_rng(0).permutation(len(dataset))
    again = classifier.predict_proba(dataset.subset(shuffled), groups="subject")
    np.testing.assert_allclose(again, found[shuffled], atol=1e-6)
    rows = np.flatnonzero(dataset.groups("subject") == "S2")
    own = classifier._aligned_for(dataset.X[rows[:15]])
    expected = own.predict_proba(dataset.X[rows[14:15]])
    np.testing.assert_allclose(found[rows[14]], expected[0], atol=1e-5)


def test_latest_hundred_windows_count_as_in_a_stream() -> None:
    raw = _recordings(1, n_trials=30)[0].raw.crop(0, 160)
    steps = Preprocessing([Epoch(0.0, seconds=1.0)])
    classifier = EEGClassifier(
        "eegnet", align="euclid", causal=True, normalize="none", check_signal="ignore",
        max_epochs=1, random_state=0,
    ).fit(steps.epochs(raw))  # fmt: skip
    onsets, offline = classifier.predict_recording(raw, 1.0, preprocessing=steps)
    stream = StreamingClassifier(
        classifier, ch_names=raw.ch_names, sfreq=128.0, preprocessing=steps, adapt="running",
        step_seconds=1.0,
    )  # fmt: skip
    decisions = stream.push(raw.get_data())
    assert len(decisions) == len(onsets) == 160
    for place, each in enumerate(decisions):
        assert each.is_abstention == (place < 9)
        if not each.is_abstention:
            np.testing.assert_allclose(each.probabilities, offline[place], atol=1e-5)
    # The first of these windows is forgotten.
    windows = 1e6 * raw.get_data().astype(np.float64)[:, : 160 * 128].reshape(6, 160, 128)
    running = RunningAlignment(PersonAlignment("euclid"), keep=100)
    running.update(windows.swapaxes(0, 1)[60:])
    own = classifier._aligned_for(windows.swapaxes(0, 1)[60:])
    np.testing.assert_allclose(running.fitted.matrix, own.alignment_.matrix, rtol=1e-6)
    np.testing.assert_allclose(
        own.predict_proba(windows.swapaxes(0, 1)[-1:])[0], offline[-1], atol=1e-5
    )


def test_overlapping_windows_are_aligned_as_in_a_stream() -> None:
    raw = _recordings(1, n_trials=12)[0].raw
    classifier = _trained(align="euclid", normalize="none", check_signal="ignore")
    onsets, offline = classifier.predict_recording(
        raw, 0.5, preprocessing=Preprocessing([Epoch(0.0, seconds=2.0)])
    )
    stream = StreamingClassifier(
        classifier, ch_names=raw.ch_names, sfreq=128.0, adapt="running", step_seconds=0.5,
        preprocessing=Preprocessing([Epoch(0.0, seconds=2.0)]),
    )  # fmt: skip
    decisions = stream.push(raw.get_data())
    made = [place for place, each in enumerate(decisions) if not each.is_abstention]
    assert len(made) > 50
    for place in made:
        assert decisions[place].onset == pytest.approx(onsets[place])
        np.testing.assert_allclose(decisions[place].probabilities, offline[place], atol=1e-5)


def test_windows_of_two_way_filters_are_refused() -> None:
    dataset = EpochsDataset.from_recordings(_recordings(1), TWO_WAY)
    classifier = EEGClassifier("eegnet", causal=True, max_epochs=1)
    with pytest.raises(ValueError, match="as_causal\\), got some whose filters needed later"):
        classifier.fit(dataset)
    # Of epochs it is not known how they were filtered; a stream and a file say so.
    fitted = classifier.fit(TWO_WAY.epochs(_recordings(1)[0].raw))
    with pytest.raises(ValueError, match="got Notch"):
        fitted.save("model.safetensors", TWO_WAY)
    with pytest.raises(ValueError, match="got Notch"):
        fitted.predict_recording(_recordings(1)[0].raw, preprocessing=TWO_WAY)
    with pytest.raises(ValueError, match="got Notch"):
        compare(fitted, _recordings(1)[0].raw, preprocessing=TWO_WAY)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"people_per_batch": 2}, "expected people_per_batch None with causal.*got 2"),
        ({"align": PersonAlignment(first=8)}, "align without first with causal.*first=8"),
    ],
)
def test_parameters_that_need_later_windows_are_refused(parameters: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        EEGClassifier("eegnet", causal=True, **parameters).check_parameters()


@pytest.mark.parametrize(("model", "size"), [("deepsleepnet", {"n_filters": 4, "hidden_size": 4})])
def test_model_that_needs_later_windows_is_refused(model: str, size: Any) -> None:
    night = EpochsDataset.from_recordings(
        [Recording(simulate_sleep(0.1, random_state=0), "S1")],
        Preprocessing([Epoch(0.0, seconds=30)]),
    )
    sequences = Sequences.of(night, n_windows=3)
    classifier = EEGClassifier(model, sfreq=100, model_params=size, causal=True, max_epochs=1)
    with pytest.raises(ValueError, match="no later windows with causal, got DeepSleepNet"):
        classifier.fit(sequences.X, sequences.y, mask=sequences.mask)
