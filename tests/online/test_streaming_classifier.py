"""Tests of the classifier of a running signal."""

from __future__ import annotations

import numpy as np
import pytest

from eegzoo.data import Epoch, Filter, Preprocessing
from eegzoo.online import StreamingClassifier
from eegzoo.training import EEGClassifier
from tests.online.running import PREPROCESSINGS, push_all, recording, streaming, trained


@pytest.mark.parametrize("name", PREPROCESSINGS)
def test_probabilities_are_those_of_the_whole_recording(name: str) -> None:
    classifier, preprocessing = trained(name)
    raw = recording()
    onsets, expected = classifier.predict_recording(raw, 0.25, preprocessing=preprocessing)
    decisions = push_all(streaming(name), raw.get_data(), range(37, raw.n_times, 37))
    known = {round(onset, 6): row for onset, row in zip(onsets, expected, strict=True)}
    made = [each for each in decisions if not each.is_abstention]
    assert len(made) > 0.8 * len(onsets)
    for each in made:
        np.testing.assert_allclose(each.probabilities, known[round(each.onset, 6)], atol=1e-5)
        assert each.label == classifier.classes_[each.probabilities.argmax()]


@pytest.mark.parametrize("name", PREPROCESSINGS)
def test_decisions_do_not_depend_on_the_chunks(name: str) -> None:
    data = recording().get_data()
    cuts = np.sort(np.random.default_rng(0).integers(0, data.shape[1], 200))
    whole, parts = (push_all(streaming(name), data, each) for each in ((), cuts))
    assert [each.onset for each in whole] == [each.onset for each in parts]
    for one, other in zip(whole, parts, strict=True):
        assert one.reason == other.reason
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_reset_starts_a_new_stream() -> None:
    data, stream = recording().get_data(), streaming()
    first = push_all(stream, data, ())
    stream.reset()
    again = push_all(stream, data, ())
    assert [each.time for each in first] == [each.time for each in again]
    np.testing.assert_array_equal(first[-1].probabilities, again[-1].probabilities)


def test_delay_is_half_the_filter() -> None:
    data, stream = recording().get_data(), streaming()
    sfreq, n_seen = stream.sfreq, 0
    for chunk in np.split(data, data.shape[1], axis=1):
        decisions = stream.push(chunk)
        n_seen += 1
        if decisions and not decisions[0].is_abstention:
            break
    assert n_seen / sfreq - decisions[0].time == pytest.approx(stream.delay_seconds, abs=1 / sfreq)
    assert streaming("forward").delay_seconds == 0


def test_two_way_filter_is_named_as_a_difference() -> None:
    classifier, _ = trained("fir")
    raw = recording()
    preprocessing = Preprocessing([Filter(4.0, 38.0, "iir"), Epoch(0.0, seconds=2.0)])
    stream = StreamingClassifier(
        classifier, ch_names=raw.ch_names, sfreq=128.0, preprocessing=preprocessing
    )
    assert "both directions" in stream.differences[0]
    assert streaming("fir").differences == []


def test_channels_are_found_by_name() -> None:
    raw, data = recording(), recording().get_data()
    order = np.random.default_rng(0).permutation(len(raw.ch_names))
    names = [*(f"EEG {raw.ch_names[place]}" for place in order), "Fp1"]
    extra = np.concatenate([data[order], np.full((1, data.shape[1]), np.nan)])
    expected = push_all(streaming(), data, ())
    found = push_all(streaming(ch_names=names), extra, ())
    np.testing.assert_allclose(found[-1].probabilities, expected[-1].probabilities, atol=1e-6)


def test_missing_channel_raises_by_name() -> None:
    with pytest.raises(ValueError, match="C3"):
        streaming(ch_names=[name.replace("C3", "X1") for name in recording().ch_names])


def test_another_rate_is_resampled_only_if_the_preprocessing_does() -> None:
    with pytest.raises(ValueError, match="expected windows of 22 channels and 256 samples"):
        streaming(sfreq=250.0)
    assert streaming("chain", sfreq=250.0).delay_seconds > 0


def test_announced_channels_and_rate_take_effect() -> None:
    raw, data = recording(), recording().get_data()
    stream, reverse = streaming(), raw.ch_names[::-1]
    expected = push_all(streaming(), data, ())
    push_all(stream, data[:, :500], ())
    stream.announce(reverse, 128.0)
    found = push_all(stream, data[::-1], ())
    np.testing.assert_allclose(found[-1].probabilities, expected[-1].probabilities, atol=1e-6)


@pytest.mark.parametrize(
    ("chunk", "expected"),
    [(np.zeros((3, 4)), r"shape \(22, n_samples\), got \(3, 4\)"), (np.zeros(22), "shape")],
)
def test_chunk_of_another_shape_raises(chunk: np.ndarray, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        streaming().push(chunk)


def test_empty_chunk_is_no_decision() -> None:
    assert streaming().push(np.empty((22, 0))) == []


def test_classifier_without_preprocessing_raises() -> None:
    classifier, _ = trained("fir")
    with pytest.raises(ValueError, match="expected preprocessing"):
        StreamingClassifier(classifier, ch_names=recording().ch_names, sfreq=128.0)


def test_latency_is_counted() -> None:
    stream = streaming()
    decisions = push_all(stream, recording().get_data(), ())
    assert stream.latency.n_decisions == len(decisions)
    assert 0 < stream.latency.median <= stream.latency.percentile_99 <= stream.latency.largest


def test_trained_weights_are_given_by_name() -> None:
    stream = StreamingClassifier(
        "eegnet.ssvep_exo", ch_names=["Oz", "O1", "O2", "POz", "PO3", "PO4", "PO7", "PO8"],
        sfreq=256.0,
    )  # fmt: skip
    assert stream.classes_.tolist() == ["13hz", "17hz", "21hz", "rest"]


def test_sequence_models_are_refused() -> None:
    X = np.random.default_rng(0).normal(0, 20, (4, 3, 1, 300)).astype(np.float32)
    classifier = EEGClassifier(
        "tinysleepnet", sfreq=100, model_params={"n_filters": 4, "hidden_size": 4}, max_epochs=1,
        random_state=0,
    ).fit(X, np.tile([0, 1, 0], (4, 1)))  # fmt: skip
    with pytest.raises(ValueError, match="SleepStream"):
        StreamingClassifier(classifier, ch_names=["Cz"], sfreq=100.0)
