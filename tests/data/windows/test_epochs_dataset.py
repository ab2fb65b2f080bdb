"""Data sets have the right unit, labels and channels, in memory and on disk."""

import mne
import numpy as np
import pytest
import torch
from sklearn.model_selection import LeaveOneGroupOut, train_test_split
from torch.utils.data import DataLoader, Subset

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    SignalInfo,
    SignalWarning,
    simulate_motor_imagery,
)
from eegzoo.data.signal.processing import Processing
from eegzoo.data.windows.lazy_windows import LazyEpochs, Windows
from tests.cases import channel_cases as cases

SFREQ, N_TIMES, TMIN = 100.0, 51, -0.2
CH_NAMES = ("C3", "EOG", "Cz", "STI", "C4")
CH_TYPES = ("eeg", "eog", "eeg", "stim", "eeg")


def make_epochs(codes=(1, 2, 1, 2, 1, 2), event_id=None, ch_names=CH_NAMES, ch_types=CH_TYPES):
    data = np.random.default_rng(0).normal(0, 2e-5, (len(codes), len(ch_names), N_TIMES))
    info = mne.create_info(list(ch_names), SFREQ, list(ch_types))
    events = np.column_stack([np.arange(len(codes)) * 100, np.zeros(len(codes), int), codes])
    event_id = {"left": 1, "right": 2} if event_id is None else event_id
    return mne.EpochsArray(data, info, events, TMIN, event_id, on_missing="ignore", verbose="ERROR")


def make_dataset(n_windows=10, ch_names=("C3", "C4"), n_times=8, classes=("a", "b"), **info):
    """Return windows filled with their index, plus a hundredth per channel."""
    info = SignalInfo(ch_names, info.pop("sfreq", 100.0), n_times, **info)
    X = np.arange(n_windows)[:, None, None] + np.arange(len(ch_names))[None, :, None] / 100
    X = np.broadcast_to(X, (n_windows, len(ch_names), n_times))
    y = np.arange(n_windows) % len(classes)
    subjects = [f"S{number}" for number in range(n_windows)]
    return EpochsDataset(X, y, classes, info, {"subject": subjects})


class CountedReads(Windows):
    """Windows that count their reads."""

    def __init__(self, X):
        self.X, self.shape, self.reads = X, X.shape, 0

    def read(self, indices):
        self.reads += 1
        return self.X[indices]


# From MNE epochs.


def test_volts_become_float32_microvolts_of_the_eeg_channels():
    epochs = make_epochs()
    dataset = EpochsDataset.from_epochs(epochs)
    expected = (epochs.get_data() * 1e6)[:, [0, 2, 4]]
    assert dataset.X.dtype == np.float32
    np.testing.assert_allclose(dataset.X, expected, rtol=1e-6)
    assert 10 < dataset.X.std() < 30  # microvolts, as simulated
    processing = Processing(0.0, SFREQ / 2, False, ())
    expected = SignalInfo(["C3", "Cz", "C4"], SFREQ, N_TIMES, TMIN, processing=processing)
    assert dataset.info == expected


def test_mnes_epochs_are_not_changed():
    epochs = make_epochs()
    before = epochs.get_data(copy=True)
    EpochsDataset.from_epochs(epochs).X[:] = 0
    np.testing.assert_array_equal(epochs.get_data(), before)


@pytest.mark.parametrize(
    ("codes", "event_id", "labels"),
    [
        ([1, 2, 2], {"left": 1, "right": 2}, ["left", "right", "right"]),
        ([1, 2, 2], {"right": 2, "left": 1}, ["left", "right", "right"]),
        ([769, 5, 769], {"z": 769, "a": 5}, ["z", "a", "z"]),
        ([1, 2, 1], {"left": 1, "never": 7, "right": 2}, ["left", "right", "left"]),
        ([3, 3], {"hand/left": 3}, ["hand/left", "hand/left"]),
    ],
)
def test_labels_are_the_names_in_event_id(codes, event_id, labels):
    dataset = EpochsDataset.from_epochs(make_epochs(codes, event_id))
    assert dataset.labels.tolist() == labels
    assert dataset.y.dtype == np.int64


def test_merged_codes_have_the_merged_name():
    epochs = make_epochs([1, 2, 3, 1], {"left": 1, "right": 2, "rest": 3})
    merged = mne.epochs.combine_event_ids(epochs, ["left", "right"], {"move": 12})
    assert EpochsDataset.from_epochs(merged).labels.tolist() == ["move", "move", "rest", "move"]


@pytest.mark.parametrize("event_id", [{"left": 1, "right": 2, "links": 1}, {"left": 1}])
def test_a_code_without_a_name_or_with_two_raises(event_id):
    epochs = make_epochs()
    epochs.event_id = event_id
    with pytest.raises(
        ValueError, match=r"expected event_id to name each .* got .* for the codes \[1, 2\]"
    ):
        EpochsDataset.from_epochs(epochs)


def test_labels_stay_with_their_epochs_when_mne_drops_some_on_loading():
    info = mne.create_info(["C3", "C4"], SFREQ, "eeg")
    data = np.tile(np.arange(2000) * 1e-6, (2, 1))
    raw = mne.io.RawArray(data, info, verbose="ERROR")
    raw.set_annotations(mne.Annotations([0.1, 5, 9, 12, 19.9], 0, ["a", "b", "a", "c", "b"]))
    raw.annotations.append(9.0, 0.5, "BAD_movement")
    lazy = mne.Epochs(raw, tmin=-0.5, tmax=0.5, baseline=None, preload=False, verbose="ERROR")
    dataset = EpochsDataset.from_epochs(lazy)
    assert isinstance(dataset.X, Windows)
    assert dataset.labels.tolist() == ["b", "c"]
    np.testing.assert_allclose(dataset.X[:][:, 0, 50], [500, 1200])  # samples of the events


def test_bad_channels_are_never_used_silently():
    epochs = make_epochs()
    epochs.info["bads"] = ["Cz"]
    with pytest.raises(ValueError, match=r"expected no bad channels, got \['Cz'\]"):
        EpochsDataset.from_epochs(epochs)
    assert EpochsDataset.from_epochs(epochs, bads="drop").info.ch_names == ("C3", "C4")
    assert epochs.info["bads"] == ["Cz"]


@pytest.mark.parametrize("proj", ["delayed", False])
@pytest.mark.parametrize("preload", [True, False])
def test_delayed_projections_are_applied(tmp_path, proj, preload):
    path = tmp_path / "mine-epo.fif"
    cases.projection_not_applied().save(path, verbose="ERROR")
    epochs = mne.read_epochs(path, proj=proj, preload=preload, verbose="ERROR")
    windows = EpochsDataset.from_epochs(epochs).X[:]
    np.testing.assert_allclose(windows.mean(axis=1), 0, atol=1e-4)
    assert not epochs.proj  # the argument is not changed


@pytest.mark.parametrize(
    ("kind", "unit", "factor"),
    [("ecog", "uV", 1e6), ("mag", "fT", 1e15), ("grad", "fT/cm", 1e13), ("csd", "mV/m2", 1e3)],
)
def test_other_types_are_taken_when_asked_for_in_their_units(kind, unit, factor):
    volts = make_epochs().get_data(picks=["C3", "Cz", "C4"])
    epochs = mne.EpochsArray(volts, mne.create_info(3, SFREQ, kind), verbose="ERROR")
    with pytest.raises(ValueError, match="expected EEG channels"):
        EpochsDataset.from_epochs(epochs)
    dataset = EpochsDataset.from_epochs(epochs, types=[kind])
    assert (dataset.info.unit, dataset.info.types) == (unit, (kind,) * 3)
    np.testing.assert_allclose(dataset.X, (volts * factor).astype(np.float32))


def test_types_in_different_units_raise():
    epochs = mne.EpochsArray(np.ones((1, 2, 9)), mne.create_info(2, 9, ["mag", "grad"]))
    with pytest.raises(ValueError, match=r"in one unit, got types \['grad', 'mag'\]"):
        EpochsDataset.from_epochs(epochs, types=["mag", "grad"])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_named_by_channel(value):
    epochs = make_epochs()
    epochs._data[2, 4, 7] = value
    with pytest.raises(ValueError, match=r"NaN or infinity in channels \['C4'\]"):
        EpochsDataset.from_epochs(epochs)


def test_nan_in_other_channels_is_ignored():
    epochs = make_epochs()
    epochs._data[:, 1] = np.nan
    assert len(EpochsDataset.from_epochs(epochs)) == 6


def test_epochs_without_eeg_raise():
    epochs = make_epochs(ch_names=["a", "b"], ch_types=["eog", "mag"])
    with pytest.raises(ValueError, match=r"expected EEG channels, got .*eog.*mag"):
        EpochsDataset.from_epochs(epochs)


def test_no_epochs_raise():
    with pytest.raises(ValueError, match="expected at least one epoch"):
        EpochsDataset.from_epochs(make_epochs()[[]])


# Arguments and indexing.


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.ones((4, 3, 8))}, r"expected X of shape \(4, 2, 8\)"),
        ({"X": np.ones((4, 2, 9))}, r"expected X of shape"),
        ({"y": [0, 1, 2, 0]}, "expected y of integers from 0 to 1, got .*2"),
        ({"y": [0, -1, 0, 0]}, "expected y of integers"),
        ({"y": [0.0, 0.7, 1.0, 0.0]}, "expected y of integers"),
        ({"metadata": {"subject": [0, 1]}}, "expected 4 values of metadata 'subject'"),
        ({"check_signal": "maybe"}, "expected check_signal to be one of"),
        ({"X": np.full((4, 2, 8), np.nan)}, r"NaN or infinity in channels \['C3', 'C4'\]"),
    ],
)
def test_arguments_that_do_not_fit_each_other_raise(change, message):
    given = {"X": np.ones((4, 2, 8)), "y": [0, 1, 0, 1], **change}
    with pytest.raises(ValueError, match=message):
        EpochsDataset(classes=["a", "b"], info=SignalInfo(["C3", "C4"], 100, 8), **given)


def test_an_integer_index_returns_a_window_and_its_label():
    window, label = make_dataset()[3]
    torch.testing.assert_close(window[:, 0], torch.tensor([3.0, 3.01]))
    assert label == 1
    with pytest.raises(IndexError):
        make_dataset()[10]


@pytest.mark.parametrize("batch_size", [1, 4, 10])
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_loader_fetches_a_batch_with_one_read(batch_size, shuffle):
    dataset = make_dataset()
    counted = CountedReads(dataset.X)
    dataset = EpochsDataset(counted, dataset.y, dataset.classes, dataset.info, None, "ignore")
    batches = list(DataLoader(dataset, batch_size=batch_size, shuffle=shuffle))
    assert counted.reads == len(batches) == -(-10 // batch_size)
    windows, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    assert (windows.dtype, labels.dtype) == (torch.float32, torch.int64)
    numbers = windows[:, 0, 0].long()
    assert sorted(numbers.tolist()) == list(range(10))
    assert (numbers.tolist() == list(range(10))) is not shuffle
    torch.testing.assert_close(labels, numbers % 2)
    torch.testing.assert_close(windows[:, 1], windows[:, 0] + 0.01)


def test_a_batch_is_a_copy():
    dataset = make_dataset()
    next(iter(DataLoader(dataset, batch_size=10)))[0].zero_()
    assert dataset.X.any()


def test_workers_return_every_window_once_in_order():
    loader = DataLoader(make_dataset(), batch_size=3, num_workers=2)
    windows, labels = (torch.cat(parts) for parts in zip(*loader, strict=True))
    assert windows.shape == (10, 2, 8)
    torch.testing.assert_close(windows[:, 0, 0].long(), torch.arange(10))
    torch.testing.assert_close(labels, torch.arange(10) % 2)


def test_torchs_subset_fetches_whole_batches():
    windows, labels = next(iter(DataLoader(Subset(make_dataset(), [7, 2, 5]), batch_size=3)))
    assert windows[:, 0, 0].tolist() == [7, 2, 5]
    assert labels.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "chosen", [[4, 0, 9], np.arange(10) >= 8, range(3), [-1]], ids=["list", "mask", "range", "-1"]
)
def test_a_subset_keeps_windows_labels_and_metadata_together(chosen):
    dataset = make_dataset(classes=("a", "b", "c"))
    numbers = np.arange(10)[np.asarray(chosen)]
    subset = dataset.subset(chosen)
    np.testing.assert_array_equal(subset.X[:, 0, 0], numbers)
    np.testing.assert_array_equal(subset.labels, dataset.labels[numbers])
    np.testing.assert_array_equal(subset.groups("subject"), [f"S{n}" for n in numbers])
    assert (subset.classes, subset.info) == (dataset.classes, dataset.info)


# Joining.


def test_labels_are_joined_by_name_not_by_number():
    one = make_dataset(4, classes=("right", "left"))
    other = make_dataset(4, classes=("left", "unused", "feet", "unused too")).subset([0, 2])
    joined = EpochsDataset.concatenate([one, other])
    assert joined.labels.tolist() == ["right", "left"] * 2 + ["left", "feet"]
    assert joined.classes == ("feet", "left", "right")


def test_channels_are_joined_by_name_not_by_position():
    one, other = make_dataset(2), make_dataset(2, ch_names=("EEG C4", "c3.."))
    joined = EpochsDataset.concatenate([one, other])
    np.testing.assert_allclose(joined.X[:2], one.X)
    np.testing.assert_allclose(joined.X[2:], other.X[:, ::-1])
    assert joined.info == one.info


def test_metadata_that_all_data_sets_have_are_joined():
    datasets = [make_dataset(3), make_dataset(2)]
    datasets[1].metadata["session"] = np.array(["1", "2"])
    joined = EpochsDataset.concatenate(datasets)
    assert joined.groups("subject").tolist() == ["S0", "S1", "S2", "S0", "S1"]
    with pytest.raises(ValueError, match=r"metadata columns \['subject'\], got 'session'"):
        joined.groups("session")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sfreq": 128.0}, "expected sfreq of 100 Hz, got 128 Hz"),
        ({"n_times": 9}, "expected n_times of 8"),
        ({"tmin": 0.5}, "expected tmin of 0 s"),
        ({"ch_names": ("C3", "Cz")}, r"channels \['Cz'\] are missing"),
        ({"ch_names": ("C3", "C4", "Cz")}, r"channels \['Cz'\] are missing"),
    ],
)
def test_data_sets_of_different_signals_are_not_joined_in_either_order(change, message):
    with pytest.raises(ValueError, match=message):
        EpochsDataset.concatenate([make_dataset(), make_dataset(**change)])
    with pytest.raises(ValueError, match=r"missing|expected"):
        EpochsDataset.concatenate([make_dataset(**change), make_dataset()])


def test_nothing_to_join_raises():
    with pytest.raises(ValueError, match="at least one data set"):
        EpochsDataset.concatenate([])


# Units.


@pytest.mark.parametrize(
    ("factor", "looks"),
    [
        (1e-6, r"looks like volts: multiply by 1e\+06"),
        (1e-3, "looks like millivolts: multiply by 1000"),
        (1e3, "too large by a factor of about 1000: multiply by 0.001"),
    ],
)
def test_a_wrong_unit_raises_with_the_factor_to_use(factor, looks):
    dataset = EpochsDataset.from_epochs(make_epochs())
    arguments = (dataset.X * factor, dataset.y, dataset.classes, dataset.info)
    with pytest.raises(ValueError, match=looks):
        EpochsDataset(*arguments)
    with pytest.warns(SignalWarning, match=looks):
        EpochsDataset(*arguments, check_signal="warn")
    assert len(EpochsDataset(*arguments, check_signal="ignore")) == 6
    epochs = make_epochs()
    epochs._data *= factor
    with pytest.raises(ValueError, match=looks):
        EpochsDataset.from_epochs(epochs)


# Windows on disk.


@pytest.fixture(scope="module")
def lazy_and_loaded(tmp_path_factory):
    path = tmp_path_factory.mktemp("lazy") / "mine_raw.fif"
    simulate_motor_imagery(n_trials=10, random_state=0).save(path, verbose="ERROR")
    raw = mne.io.read_raw_fif(path, preload=False, verbose="ERROR")
    cut = {"tmin": 0.0, "tmax": 2.0, "baseline": None, "verbose": "ERROR"}
    return [
        EpochsDataset.from_epochs(mne.Epochs(raw, preload=preload, **cut), subject="S1")
        for preload in (False, True)
    ]


def test_epochs_that_are_not_preloaded_stay_on_disk(lazy_and_loaded):
    lazy, loaded = lazy_and_loaded
    assert not lazy.X.epochs.preload
    for index in (3, -1, slice(2, 7, 2), [5, 0, 5], np.arange(10) % 3 == 0, []):
        np.testing.assert_array_equal(lazy.X[index], loaded.X[index])
    assert not lazy.X.epochs.preload
    with pytest.raises(IndexError):
        lazy.X[10]


@pytest.mark.parametrize(
    ("indices", "outside"), [([10], 10), ([-1, 10], 10), ([3, -11], -11), ([-11, 10], -11)]
)
def test_indices_out_of_range_raise(lazy_and_loaded, indices, outside):
    with pytest.raises(IndexError, match=f"expected indices of 10 items, got {outside}$"):
        lazy_and_loaded[0].X[indices]


def test_nan_on_disk_raises_when_it_is_read():
    info = mne.create_info(["C3", "C4"], SFREQ, "eeg")
    data = np.random.default_rng(0).normal(0, 2e-5, (2, 1000))
    data[1, 620] = np.nan
    raw = mne.io.RawArray(data, info, verbose="ERROR")
    raw.set_annotations(mne.Annotations([1, 3, 6, 8], 0, ["a", "b", "a", "b"]))
    lazy = mne.Epochs(raw, tmin=0, tmax=0.5, baseline=None, preload=False, verbose="ERROR")
    X = LazyEpochs(lazy, np.array([0, 1]))
    assert np.isfinite(X[[0, 1, 3]]).all()
    with pytest.raises(ValueError, match=r"NaN or infinity in channels \['C4'\]"):
        X[2]


@pytest.mark.parametrize(
    "change",
    [
        lambda dataset: dataset,
        lambda dataset: dataset.subset([7, 2, 2]).subset([1, 0]),
        lambda dataset: EpochsDataset.concatenate([dataset.subset([1, 2]), dataset.subset([0])]),
        lambda dataset: dataset.aligned_to(
            SignalInfo(["Cz", "C3"], 64.0, 64, 0.5), resample=True, crop=True
        ),
    ],
    ids=["whole", "subset", "joined", "aligned"],
)
@pytest.mark.filterwarnings("ignore:channels .* are left out")
def test_operations_on_lazy_windows_equal_those_in_memory(lazy_and_loaded, change):
    lazy, loaded = map(change, lazy_and_loaded)
    assert isinstance(lazy.X, Windows)
    assert lazy.shape == loaded.shape
    np.testing.assert_allclose(lazy.X[:], loaded.X, rtol=1e-6, atol=1e-5)
    np.testing.assert_array_equal(lazy.labels, loaded.labels)
    windows, labels = next(iter(DataLoader(lazy, batch_size=2)))
    np.testing.assert_allclose(windows, loaded.X[:2], rtol=1e-6, atol=1e-5)
    np.testing.assert_array_equal(labels, loaded.y[:2])


def test_data_sets_in_memory_and_on_disk_are_joined(lazy_and_loaded):
    joined = EpochsDataset.concatenate(lazy_and_loaded)
    np.testing.assert_array_equal(joined.X[[3, 13]], np.stack([lazy_and_loaded[1].X[3]] * 2))


# From recordings.


def test_windows_get_the_metadata_of_their_recording():
    raws = [simulate_motor_imagery(n_trials=6, random_state=seed) for seed in range(2)]
    recordings = [
        Recording(raws[0], "S1", session="a", dataset="mine", split="train"),
        Recording(raws[1], "S2", run="3", dataset="mine", split="test"),
    ]
    preprocessing = Preprocessing([Filter(4, 38), Epoch(0, 2)])
    dataset = EpochsDataset.from_recordings(recordings, preprocessing)
    assert dataset.groups("subject").tolist() == ["mine/S1"] * 6 + ["mine/S2"] * 6
    assert dataset.groups("session").tolist() == ["mine/S1/a"] * 6 + ["mine/S2/1"] * 6
    assert dataset.groups("recording")[[0, 6]].tolist() == ["mine/S1/a/1", "mine/S2/1/3"]
    assert dataset.groups("split")[[0, 6]].tolist() == ["train", "test"]
    expected = EpochsDataset.from_epochs(preprocessing.epochs(raws[1]))
    np.testing.assert_array_equal(dataset.X[6:], expected.X)
    np.testing.assert_allclose(dataset.groups("onset")[6:], raws[1].annotations.onset, atol=1 / 128)


def test_metadata_are_one_value_or_one_per_epoch():
    epochs = make_epochs()
    dataset = EpochsDataset.from_epochs(epochs, subject="S1", session=list("aabbcc"))
    assert dataset.groups("subject").tolist() == ["S1"] * 6
    assert dataset.groups("session").tolist() == list("aabbcc")
    np.testing.assert_allclose(dataset.groups("onset"), np.arange(6) + TMIN)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subject": ""}, "expected subject to be a name, got ''"),
        ({"session": 1}, "expected session to be a name, got 1"),
        ({"split": "validation"}, "expected split 'train', 'test' or None, got 'validation'"),
    ],
)
def test_a_recording_without_names_raises(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Recording(**{"raw": None, "subject": "S1", **change})


# Data sets as X in scikit-learn.


def test_scikit_learn_splits_a_data_set_with_its_labels():
    dataset = make_dataset(12)
    parts = train_test_split(dataset, dataset.labels, test_size=0.25, random_state=0)
    assert [type(part) for part in parts[:2]] == [EpochsDataset] * 2
    for part, labels in zip(parts[:2], parts[2:], strict=True):
        np.testing.assert_array_equal(part.labels, labels)
        np.testing.assert_array_equal(part.X[:, 0, 0], [int(s[1:]) for s in part.groups("subject")])


def test_group_splitters_keep_groups_together():
    dataset = make_dataset(12)
    dataset.metadata["subject"] = np.repeat(["S1", "S2", "S3"], 4)
    folds = LeaveOneGroupOut().split(dataset, groups=dataset.groups("subject"))
    left_out = [set(dataset[test].groups("subject").tolist()) for _, test in folds]
    assert left_out == [{"S1"}, {"S2"}, {"S3"}]
