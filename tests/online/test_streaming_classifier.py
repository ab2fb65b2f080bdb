"""Tests of the classifier of a running signal."""

from __future__ import annotations

import mne
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
    [
        (np.zeros((3, 4)), r"shape \(22, n_samples\), got \(3, 4\)"),
        (np.zeros(22), "shape"),
        (np.zeros((1, 22, 5)), "shape"),
        (np.zeros((22, 5), complex), "real numbers, got complex128"),
        (np.zeros((22, 5), bool), "real numbers, got bool"),
        (np.full((22, 5), "1.0"), "real numbers, got <U3"),
        ([[None] * 5] * 22, "real numbers, got object"),
    ],
)
def test_chunk_of_another_kind_raises(chunk: np.ndarray, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        streaming().push(chunk)


@pytest.mark.parametrize("kind", ["float32", "fortran", "read-only", "list", "big-endian", "view"])
def test_chunks_in_other_memory_are_the_same_samples(kind: str) -> None:
    data = recording().get_data()[:, :700].astype(np.float32).astype(np.float64)
    expected = push_all(streaming("windows alone"), data, ())
    given: object = {
        "float32": data.astype(np.float32), "fortran": np.asfortranarray(data), "read-only": data,
        "list": data.tolist(), "big-endian": data.astype(">f8"),
        "view": np.repeat(data, 2, axis=1)[:, ::2],
    }[kind]  # fmt: skip
    if kind == "read-only":
        data.setflags(write=False)
    found = streaming("windows alone").push(given)
    assert len(found) == len(expected) > 5
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_chunk_is_copied_so_that_a_reused_buffer_changes_nothing() -> None:
    data, stream = recording().get_data()[:, :700], streaming("windows alone")
    expected, found, buffer = push_all(streaming("windows alone"), data, ()), [], np.empty((22, 50))
    for start in range(0, 700, 50):
        buffer[:] = data[:, start : start + 50]
        found += stream.push(buffer)
    buffer[:] = 0
    np.testing.assert_array_equal(found[-1].probabilities, expected[-1].probabilities)


def test_integer_chunks_are_numbers() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(-50, 50, (22, 700)).astype(np.int16)
    found = streaming("windows alone").push(counts)
    expected = streaming("windows alone").push(counts.astype(float))
    np.testing.assert_array_equal(found[-1].probabilities, expected[-1].probabilities)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"ch_names": "C3"}, "sequence of names"),
        ({"ch_names": []}, "sequence of names"),
        ({"ch_names": ["C3", "C4", "C3"]}, r"ch_names that differ, got \['C3'\] more than once"),
        ({"ch_types": ["eeg"] * 3}, "ch_types of 22 channels, got 3"),
        ({"sfreq": np.nan}, "sfreq"),
        ({"sfreq": 128.1}, r"windows at 128 Hz, as in the training, got 128\.1 Hz"),
        ({"step_seconds": 0.0}, "step_seconds"),
        ({"step_seconds": 1e-4}, "step_seconds of at least one sample"),
        ({"flat_seconds": -1.0}, "flat_seconds"),
        ({"max_jitter_seconds": np.inf}, "max_jitter_seconds"),
        ({"adapt": "running"}, "adapt='running' with a classifier that aligns"),
    ],
)
def test_bad_arguments_raise(options: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        streaming(**options)


def test_rate_that_is_off_as_clocks_are_is_the_same() -> None:
    assert streaming(sfreq=128.002).sfreq == 128.002


def test_preprocessing_of_another_band_than_the_training_is_refused() -> None:
    classifier, _ = trained("fir")
    raw, other = recording(), Preprocessing([Filter(8.0, 30.0), Epoch(0.0, seconds=2.0)])
    given = {"ch_names": raw.ch_names, "sfreq": 128.0, "preprocessing": other}
    classifier.check_signal = "raise"
    try:
        with pytest.raises(ValueError, match="high-pass filter at 4 Hz, got 8 Hz"):
            StreamingClassifier(classifier, **given)
    finally:
        classifier.check_signal = "ignore"


@pytest.mark.parametrize(
    ("onsets", "expected"),
    [
        ([np.nan], "onsets from 0 to 72 s, the length of the signal, got nan"),
        ([1.0, np.inf], "got inf"),
        ([-0.5], r"got -0\.5"),
        ([72.5], r"got 72\.5"),
        ([[1.0]], r"onsets of shape \(n_windows,\), got \(1, 1\)"),
    ],
)
def test_onsets_that_are_no_times_in_the_signal_raise(onsets: object, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        streaming().probabilities_at(recording().get_data(), onsets)


def test_onsets_may_be_in_any_order_and_come_twice() -> None:
    data, stream = recording().get_data(), streaming()
    onsets = np.array([30.0, 10.0, 50.0, 10.0, 10.5])
    expected = np.array([stream.probabilities_at(data, [onset])[0] for onset in onsets])
    np.testing.assert_allclose(stream.probabilities_at(data, onsets), expected, atol=1e-9)
    np.testing.assert_array_equal(stream.probabilities_at(data, [71.5]), [[np.nan, np.nan]])
    assert stream.probabilities_at(data, []).shape == (0, 2)


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


def _stages(model: str, **sizes: int) -> EEGClassifier:
    X = np.random.default_rng(0).normal(0, 20, (4, 3, 1, 300)).astype(np.float32)
    return EEGClassifier(
        model, sfreq=100, model_params=sizes, max_epochs=1, normalize="standardize",
        check_signal="ignore", random_state=0,
    ).fit(X, np.tile([0, 1, 0], (4, 1)))  # fmt: skip


def test_network_that_remembers_windows_gives_the_probabilities_of_the_whole_night() -> None:
    classifier = _stages("tinysleepnet", n_filters=4, hidden_size=4)
    preprocessing = Preprocessing([Filter(0.5, 30.0, "forward"), Epoch(0.0, seconds=3.0)])
    data = np.random.default_rng(1).normal(0, 2e-5, (1, 9050))
    raw = mne.io.RawArray(data, mne.create_info(["Cz"], 100.0, "eeg"), verbose=False)
    stream = StreamingClassifier(
        classifier, ch_names=["Cz"], sfreq=100.0, preprocessing=preprocessing
    )
    assert stream.step_seconds == 3.0
    decisions = push_all(stream, data, range(711, 9050, 711))
    first = sum(each.is_abstention for each in decisions)  # the filters have not settled
    assert 0 < first < 5
    windows = preprocessing.windows(raw).get_data()[None, first:] * 1e6
    expected = classifier.predict_proba(windows.astype(np.float32))[0]
    assert len(decisions) == 30
    found = np.array([each.probabilities for each in decisions[first:]])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    # The state of the network matters.
    alone = classifier.predict_proba(windows.swapaxes(0, 1).astype(np.float32))[:, 0]
    assert np.abs(found - alone).max() > 1e-4


def test_window_after_a_gap_begins_a_new_sequence_as_offline() -> None:
    classifier = _stages("tinysleepnet", n_filters=4, hidden_size=4)
    preprocessing = Preprocessing([Epoch(0.0, seconds=3.0)])
    data = np.random.default_rng(1).normal(0, 2e-5, (1, 3000))
    data[0, 1300] = np.nan
    stream = StreamingClassifier(
        classifier, ch_names=["Cz"], sfreq=100.0, preprocessing=preprocessing
    )
    decisions = push_all(stream, data, ())
    made = [place for place, each in enumerate(decisions) if not each.is_abstention]
    assert made == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    windows = data.reshape(10, 1, 300).swapaxes(0, 1)[:, :, None] * 1e6
    for part in (slice(0, 4), slice(5, 10)):
        expected = classifier.predict_proba(windows[:, part].astype(np.float32))[0]
        found = [each.probabilities for each in decisions[part]]
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_windows_of_a_network_that_remembers_must_follow_each_other() -> None:
    classifier = _stages("tinysleepnet", n_filters=4, hidden_size=4)
    preprocessing = Preprocessing([Epoch(0.0, seconds=3.0)])
    with pytest.raises(ValueError, match="step_seconds of 3 s, the length of a window"):
        StreamingClassifier(
            classifier, ch_names=["Cz"], sfreq=100.0, preprocessing=preprocessing, step_seconds=1.0
        )


def test_networks_that_need_later_windows_are_refused() -> None:
    classifier = _stages("deepsleepnet", n_filters=4, hidden_size=4)
    with pytest.raises(ValueError, match=r"no later windows, got DeepSleepNet; .*SleepStream"):
        StreamingClassifier(classifier, ch_names=["Cz"], sfreq=100.0)


def test_classifier_of_several_labels_is_refused() -> None:
    X = np.random.default_rng(0).normal(0, 20, (8, 3, 256))
    y = np.random.default_rng(0).integers(0, 2, (8, 3))
    classifier = EEGClassifier("eegnet", sfreq=128, max_epochs=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="one label for each window, got one of several labels"):
        StreamingClassifier(classifier, ch_names=["C3", "Cz", "C4"], sfreq=128.0)
