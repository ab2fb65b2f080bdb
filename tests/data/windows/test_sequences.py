"""Sequences hold each window once, in order, and never span recordings or gaps."""

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Preprocessing,
    Recording,
    Sequences,
    SignalInfo,
    SignalWarning,
    WindowStore,
    check_leakage,
    simulate_sleep,
)
from eegzoo.data.windows.lazy_windows import Windows

SFREQ, N_TIMES = 64.0, 32
LENGTH = N_TIMES / SFREQ
STAGES = ("N1", "N2", "W")


def make(onset, recording=None, labels=None, classes=STAGES, n_times=N_TIMES, **metadata):
    """Return windows filled with their index plus one."""
    onset = np.asarray(onset)
    n = len(onset)
    X = np.ones((n, 2, n_times), np.float32) * np.arange(1, n + 1)[:, None, None]
    y = np.arange(n) % len(classes) if labels is None else [classes.index(name) for name in labels]
    recording = np.full(n, "night") if recording is None else np.asarray(recording)
    known = {"recording": recording, "onset": onset, **metadata}
    info = SignalInfo(["Fz", "Cz"], SFREQ, n_times)
    return EpochsDataset(X, y, classes, info, known, check_signal="ignore")


def cut_in_a_loop(recording, onset, n_windows, step=LENGTH):
    """Return the windows of each sequence, computed by a plain loop."""
    sequences, last = [], None
    for window in sorted(range(len(onset)), key=lambda place: (recording[place], onset[place])):
        follows = (
            last is not None
            and recording[last] == recording[window]
            and abs(onset[window] - onset[last] - step) < 1.25 / SFREQ
            and len(sequences[-1]) < n_windows
        )
        if follows:
            sequences[-1].append(window)
        else:
            sequences.append([window])
        last = window
    return sequences


def held(sequences):
    return [row[row >= 0].tolist() for row in sequences.indices]


def test_worked_example():
    onset = np.array([4, 1, 0, 2, 3, 0, 1, 7, 8]) * LENGTH
    recording = list("bbbbb") + list("aa") + list("bb")
    labels = ["W", "N1", "W", "N2", "N1", "N2", "W", "N2", "N1"]
    sequences = Sequences.of(make(onset, recording, labels), 3)
    assert sequences.indices.tolist() == [[5, 6, -1], [2, 1, 3], [4, 0, -1], [7, 8, -1]]
    assert sequences.mask.tolist() == [[True, True, False], [True] * 3, *[[True, True, False]] * 2]
    assert sequences.y.tolist() == [
        ["N2", "W", "N1"], ["W", "N1", "N2"], ["N1", "W", "N1"], ["N2", "N1", "N1"],
    ]  # fmt: skip
    assert sequences.X.dtype == np.float32
    assert sequences.X.shape == (4, 3, 2, N_TIMES)
    numbers = [[6, 7, 0], [3, 2, 4], [5, 1, 0], [8, 9, 0]]
    np.testing.assert_array_equal(sequences.X, np.multiply.outer(numbers, np.ones((2, N_TIMES))))
    assert sequences.groups("recording").tolist() == ["a", "b", "b", "b"]
    assert sequences.unroll(numbers).tolist() == list(range(1, 10))
    assert sequences.windows.tolist() == list(range(9))
    assert len(sequences) == 4
    assert sequences.classes == STAGES
    assert sequences.info == SignalInfo(["Fz", "Cz"], SFREQ, N_TIMES)
    assert repr(sequences) == (
        "Sequences(4 of 3 windows, 2 channels, 32 samples at 64 Hz, classes ['N1', 'N2', 'W'])"
    )


@st.composite
def nights(draw):
    """Draw windows of several recordings at distinct points of a grid, in any order."""
    places = draw(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.integers(0, 12)),
            min_size=1,
            max_size=25,
            unique=True,
        )
    )
    jitter = draw(st.lists(st.sampled_from([0, 0.5]), min_size=len(places), max_size=len(places)))
    names = np.array([name for name, _ in places])
    onset = np.array([place for _, place in places]) * LENGTH + np.array(jitter) / SFREQ
    return names, onset


@pytest.mark.filterwarnings("ignore:no window follows another")
@settings(deadline=None)
@given(night=nights(), n_windows=st.integers(1, 6), seed=st.integers(0, 99))
def test_sequences_equal_those_of_a_plain_loop_and_can_be_unrolled(night, n_windows, seed):
    recording, onset = night
    dataset = make(onset, recording)
    sequences = Sequences.of(dataset, n_windows)

    assert held(sequences) == cut_in_a_loop(recording, onset, n_windows)
    assert sorted(window for row in held(sequences) for window in row) == [*range(len(onset))]
    # Padding is zero and at the end.
    assert (np.diff(sequences.present.astype(int), axis=1) <= 0).all()
    assert sequences.present[:, 0].all()
    assert (sequences.X[~sequences.present] == 0).all()
    assert (sequences.mask == sequences.present).all()

    assert (sequences.unroll(sequences.indices) == np.arange(len(onset))).all()
    assert (sequences.unroll(sequences.X) == dataset.X).all()
    assert (sequences.unroll(sequences.y) == dataset.labels).all()
    for row, name in zip(held(sequences), sequences.groups("recording"), strict=True):
        assert set(recording[row].tolist()) == {name}
        assert (abs(np.diff(onset[row]) - LENGTH) <= 1 / SFREQ).all()

    # The order in the data set does not matter.
    order = np.random.default_rng(seed).permutation(len(onset))
    mixed = Sequences.of(dataset.subset(order), n_windows)
    assert (mixed.X == sequences.X).all()
    assert (mixed.y == sequences.y).all()


@pytest.mark.parametrize("kind", [int, str, object])
def test_recordings_are_kept_apart_whatever_the_type_of_their_names(kind):
    recording = np.array([1, 2, 1, 2]).astype(kind)
    sequences = Sequences.of(make(np.array([0, 1, 1, 0]) * LENGTH, recording), 4)
    assert held(sequences) == [[0, 2], [3, 1]]


@pytest.mark.parametrize("samples", [-1, 1])
def test_onsets_may_be_off_by_one_sample(samples):
    onset = np.array([0, LENGTH, 2 * LENGTH]) + np.array([0, samples, 0]) / SFREQ
    assert held(Sequences.of(make(onset), 3)) == [[0, 1, 2]]


def test_two_extra_samples_are_a_gap():
    onset = np.array([0, LENGTH, 2 * LENGTH]) + np.array([0, 0, 2]) / SFREQ
    assert held(Sequences.of(make(onset), 3)) == [[0, 1], [2]]


def test_stages_with_onsets_between_samples_are_consecutive():
    """If 30 s are not a whole number of samples, the distance of MNE's events varies by one."""
    sfreq = 100.05
    n = 8
    rng = np.random.default_rng(0)
    data = 2e-5 * rng.standard_normal((1, int(30 * n * sfreq) + 2))
    raw = mne.io.RawArray(data, mne.create_info(["Cz"], sfreq, "eeg"), verbose="ERROR")
    raw.set_annotations(mne.Annotations(30.0 * np.arange(n), 30.0, ["W", "N2"] * (n // 2)))
    preprocessing = Preprocessing([Epoch(0, seconds=30)])
    dataset = EpochsDataset.from_recordings([Recording(raw, "S1")], preprocessing)
    assert len(np.unique(np.diff(dataset.groups("onset")).round(4))) == 2
    assert held(Sequences.of(dataset, n)) == [list(range(n))]


@pytest.mark.parametrize("step", [LENGTH / 2, LENGTH / 4])
def test_overlapping_windows_follow_each_other_at_their_step(step):
    onset = step * np.array([0, 1, 2, 3, 5, 6, 20, 21])  # the fifth is missing
    expected = [[0, 1, 2], [3], [4, 5], [6, 7]]
    assert held(Sequences.of(make(onset), 3)) == expected
    assert held(Sequences.of(make(onset), 3, step_seconds=step)) == expected


def test_windows_with_pauses_form_sequences_at_the_given_step():
    onset = 4.0 * np.arange(5)
    with pytest.warns(SignalWarning, match="no window follows another") as caught:
        assert held(Sequences.of(make(onset), 5)) == [[0], [1], [2], [3], [4]]
    assert caught[0].filename == __file__
    assert held(Sequences.of(make(onset), 1)) == [[0], [1], [2], [3], [4]]
    assert held(Sequences.of(make(onset, list("abcde")), 5)) == [[0], [1], [2], [3], [4]]
    assert held(Sequences.of(make(onset), 5, step_seconds=4)) == [[0, 1, 2, 3, 4]]


def test_windows_closer_than_the_given_step_do_not_follow():
    onset = np.array([0.0, 2.0, 6.0])
    assert held(Sequences.of(make(onset), 3, step_seconds=4)) == [[0], [1, 2]]


def test_all_recordings_have_the_same_step():
    """A model learns one step, so the shortest step in the data set holds for all recordings."""
    onset = np.array([0, 1, 2, 0, 2]) * LENGTH / 2
    sequences = Sequences.of(make(onset, list("aaabb")), 3)
    assert held(sequences) == [[0, 1, 2], [3], [4]]


def test_unscored_windows_stay_in_sequences_outside_the_mask():
    labels = ["?", "W", "N1", "?", "MOVE", "N2", "?"]
    classes = ("?", "MOVE", *STAGES)
    dataset = make(np.arange(7) * LENGTH, labels=labels, classes=classes)
    sequences = Sequences.of(dataset, 4, unscored=("?", "MOVE", "not there"))
    assert sequences.indices.tolist() == [[0, 1, 2, 3], [4, 5, 6, -1]]
    assert sequences.mask.tolist() == [[False, True, True, False], [False, True, False, False]]
    assert sequences.present.tolist() == [[True] * 4, [True, True, True, False]]
    assert sequences.classes == STAGES
    assert sequences.y.tolist() == [["N1", "W", "N1", "N1"], ["N1", "N2", "N1", "N1"]]
    assert (sequences.X[sequences.present] != 0).all()
    # Without the argument, their labels are ordinary classes.
    assert Sequences.of(dataset, 4).y.tolist() == [labels[:4], [*labels[4:], "?"]]


def test_classes_without_windows_are_kept():
    dataset = make(np.arange(6) * LENGTH)
    assert Sequences.of(dataset[[1, 2]], 2).classes == STAGES


def test_the_mask_finds_sequences_without_a_scored_window():
    dataset = make(np.arange(5) * LENGTH, labels=["?", "?", "W", "N1", "?"], classes=("?", *STAGES))
    sequences = Sequences.of(dataset, 2, unscored=["?"])
    assert sequences.mask.any(axis=1).tolist() == [False, True, False]
    assert held(sequences[sequences.mask.any(axis=1)]) == [[2, 3]]


def test_groups_are_columns_that_are_constant_within_sequences():
    dataset = make(
        np.array([0, 1, 2, 0, 1]) * LENGTH,
        list("aaabb"),
        subject=np.array([1, 1, 1, 2, 2]),
        session=np.array(["x", "x", "x", "y", "y"]),
        artifact=np.array([0, 1, 0, 0, 0]),
    )
    sequences = Sequences.of(dataset, 2)
    assert sequences.groups("subject").tolist() == [1, 1, 2]
    assert sequences.groups("session").tolist() == ["x", "x", "y"]
    for by in ("artifact", "onset", "site"):
        with pytest.raises(ValueError, match=rf"\['recording', 'session', 'subject'\], got '{by}'"):
            sequences.groups(by)


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        (slice(1, 3), [1, 2]),
        ([2, 0], [2, 0]),
        (np.array([True, False, True]), [0, 2]),
        (np.array([-1]), [2]),
        (1, [1]),
    ],
)
def test_an_index_selects_sequences(index, rows):
    sequences = Sequences.of(make(np.arange(5) * LENGTH, subject=np.arange(5) // 2), 2)
    some = sequences[index]
    assert len(some) == len(rows)
    for name in ("X", "y", "mask", "indices", "present"):
        np.testing.assert_array_equal(getattr(some, name), getattr(sequences, name)[rows])
    assert some.groups("subject").tolist() == rows
    assert some.classes == sequences.classes
    places = sorted(window for row in rows for window in held(sequences)[row])
    assert some.windows.tolist() == places
    assert some.unroll(some.indices).tolist() == places


def test_values_with_further_axes_are_unrolled():
    sequences = Sequences.of(make(np.array([2, 1, 0]) * LENGTH), 2)
    values = np.arange(12.0).reshape(2, 2, 3)
    assert sequences.unroll(values).tolist() == [[6, 7, 8], [3, 4, 5], [0, 1, 2]]
    assert sequences.unroll(values.tolist()).tolist() == sequences.unroll(values).tolist()


def test_windows_on_disk_are_read(tmp_path):
    raw = simulate_sleep(0.1, sfreq=64.0, random_state=0)
    raw.save(tmp_path / "night_raw.fif", verbose="ERROR")
    raw = mne.io.read_raw_fif(tmp_path / "night_raw.fif", verbose="ERROR")
    epochs = mne.Epochs(
        raw, tmin=0, tmax=30 - 1 / 64, baseline=None, preload=False, verbose="ERROR"
    )
    onset = epochs.events[:, 0] / 64
    lazy = EpochsDataset.from_epochs(epochs, recording="S1/1/1")
    assert isinstance(lazy.X, Windows)
    there = EpochsDataset.from_epochs(epochs.copy().load_data(), recording="S1/1/1")
    assert (lazy.groups("onset") == onset).all()
    order = np.random.default_rng(0).permutation(len(lazy))
    cut = Preprocessing([Epoch(0, seconds=30)])
    store = WindowStore.write(tmp_path / "store", [Recording(raw, "S1")], cut, verbose=0).dataset()
    expected = Sequences.of(there, 5)
    assert expected.mask.sum() == len(there) == 12
    for dataset in (lazy, lazy.subset(order), store):
        sequences = Sequences.of(dataset, 5)
        assert type(sequences.X) is np.ndarray
        np.testing.assert_array_equal(sequences.X, expected.X)
        assert (sequences.y == expected.y).all()
        assert (sequences.unroll(sequences.y) == dataset.labels).all()


def test_a_split_of_sequences_by_recording_keeps_windows_apart():
    rng = np.random.default_rng(0)
    dataset = make(np.tile(np.arange(5), 4) * LENGTH, np.repeat(list("abcd"), 5))
    dataset.X[:] = rng.normal(size=dataset.X.shape)
    sequences = Sequences.of(dataset, 2)
    for train, test in GroupKFold(2).split(sequences.X, groups=sequences.groups("recording")):
        check_leakage(dataset, sequences[train].windows, sequences[test].windows)
    with pytest.raises(ValueError, match="expected train and test to share no recording"):
        check_leakage(dataset, sequences[[0]].windows, sequences[1:].windows)


def test_sequences_of_a_subset_skip_the_other_windows():
    dataset = make(np.arange(7) * LENGTH)
    train = dataset[[0, 1, 2, 5, 6]]
    assert held(Sequences.of(train, 3)) == [[0, 1, 2], [3, 4]]


@pytest.mark.parametrize("without", ["recording", "onset"])
def test_missing_metadata_raise(without):
    dataset = make(np.arange(3) * LENGTH)
    del dataset.metadata[without]
    (other,) = dataset.metadata
    message = rf"expected columns \['onset', 'recording'\] in the metadata .* got \['{other}'\]"
    with pytest.raises(ValueError, match=message):
        Sequences.of(dataset, 2)


@pytest.mark.parametrize(
    ("onset", "got"),
    [
        ([0.0, np.nan], "nan"),
        ([0.0, np.inf], "inf"),
        (["0", "1"], "values of type <U1"),
        ([None, 1.0], "values of type object"),
    ],
)
def test_onsets_that_are_not_finite_numbers_raise(onset, got):
    with pytest.raises(ValueError, match=f"'onset' to be finite numbers in seconds, got {got}"):
        Sequences.of(make(onset), 2)


def test_onsets_may_be_whole_seconds():
    dataset = make(np.array([4, 2, 0, 1], dtype=np.uint8), n_times=64)
    assert held(Sequences.of(dataset, 4)) == [[2, 3, 1], [0]]
    far = make(np.array([100, -100], dtype=np.int8))  # 200 s apart, more than int8 can hold
    assert held(Sequences.of(far, 1)) == [[1], [0]]


def test_without_a_number_each_stretch_without_a_gap_is_one_sequence():
    sequences = Sequences.of(make(LENGTH * np.array([0.0, 1, 2, 4, 5])), None)
    assert sequences.indices.tolist() == [[0, 1, 2], [3, 4, -1]]
    assert Sequences.of(make([0.0]), None).indices.tolist() == [[0]]


@pytest.mark.parametrize(
    ("n_windows", "error"),
    [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError), ("2", TypeError)],
)
def test_n_windows_must_be_a_positive_integer(n_windows, error):
    with pytest.raises(error, match="expected n_windows to be a positive integer"):
        Sequences.of(make([0.0]), n_windows)


@pytest.mark.parametrize(
    ("step", "error"), [(0, ValueError), (-1, ValueError), (np.inf, ValueError), ("1", TypeError)]
)
def test_step_seconds_must_be_a_positive_number(step, error):
    with pytest.raises(error, match="expected step_seconds to be a number above 0"):
        Sequences.of(make([0.0]), 1, step_seconds=step)


def test_two_windows_with_the_same_onset_raise():
    dataset = make([0.0, LENGTH, 0.0, LENGTH], list("abab"))
    with pytest.raises(ValueError, match=r"different onsets, got several at 0 s of recording a;"):
        Sequences.of(dataset, 2)
    Sequences.of(make([0.0, LENGTH, 0.0, LENGTH], list("aabb")), 2)


def test_overlapping_windows_that_are_not_whole_steps_apart_raise():
    onset = np.array([0.0, 0.3, 0.7])
    with pytest.raises(ValueError, match=r"multiples of 0\.3 s apart .* \[0\.3, 0\.4\] s apart"):
        Sequences.of(make(onset), 2)
    with pytest.raises(ValueError, match=r"multiples of 0\.5 s apart .* got onsets \[0\.25\]"):
        Sequences.of(make([0.0, 0.25, 0.5]), 2, step_seconds=0.5)
    with pytest.raises(ValueError, match=r"multiples of 0\.5 s apart"):
        Sequences.of(make([0.0, 1 / SFREQ]), 2, step_seconds=0.5)


def test_unscored_must_be_a_sequence_and_leave_some_windows():
    dataset = make([0.0, LENGTH], labels=["W", "W"])
    with pytest.raises(TypeError, match=r"unscored to be a sequence .* such as \['W'\], got 'W'"):
        Sequences.of(dataset, 2, unscored="W")
    with pytest.raises(ValueError, match=r"labels that are not in unscored, got only \['W'\]"):
        Sequences.of(dataset, 2, unscored=["W"])


def test_other_types_and_empty_data_sets_raise():
    dataset = make([0.0])
    with pytest.raises(TypeError, match="expected dataset to be an EpochsDataset, got ndarray"):
        Sequences.of(dataset.X, 2)
    with pytest.raises(ValueError, match="expected dataset to have at least one window, got none"):
        Sequences.of(dataset[:0], 2)


@pytest.mark.parametrize("shape", [(5,), (3, 3), (2, 2), ()])
def test_values_of_another_shape_are_not_unrolled(shape):
    sequences = Sequences.of(make(np.arange(5) * LENGTH), 2)
    with pytest.raises(ValueError, match=r"expected values of shape \(3, 2, \.\.\.\)"):
        sequences.unroll(np.zeros(shape))
