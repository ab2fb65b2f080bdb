"""From MNE's epochs to windows: the unit, the labels and the channels come out right."""

import mne
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Subset

from eegzoo.data import EpochsDataset, SignalInfo

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
    """Windows that are filled with their number, and channels a hundredth apart."""
    info = SignalInfo(ch_names, info.pop("sfreq", 100.0), n_times, **info)
    X = np.arange(n_windows)[:, None, None] + np.arange(len(ch_names))[None, :, None] / 100
    X = np.broadcast_to(X, (n_windows, len(ch_names), n_times))
    y = np.arange(n_windows) % len(classes)
    return EpochsDataset(X, y, classes, info)


class CountedCalls(EpochsDataset):
    """A data set that counts how often it is indexed."""

    calls = 0

    def __getitem__(self, index):
        self.calls += 1
        return super().__getitem__(index)


# From MNE.


def test_volts_become_float32_microvolts_of_the_eeg_channels():
    epochs = make_epochs()
    dataset = EpochsDataset.from_epochs(epochs)
    expected = (epochs.get_data() * 1e6)[:, [0, 2, 4]]
    assert dataset.X.dtype == np.float32
    np.testing.assert_allclose(dataset.X, expected, rtol=1e-6)
    assert 10 < dataset.X.std() < 30  # microvolts, as drawn
    assert dataset.info == SignalInfo(["C3", "Cz", "C4"], SFREQ, N_TIMES, TMIN)


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
    with pytest.raises(ValueError, match="expected one name for each code"):
        EpochsDataset.from_epochs(epochs)


def test_labels_stay_with_their_epochs_when_mne_drops_some_late():
    info = mne.create_info(["C3", "C4"], SFREQ, "eeg")
    data = np.tile(np.arange(2000) * 1e-6, (2, 1))
    raw = mne.io.RawArray(data, info, verbose="ERROR")
    raw.set_annotations(mne.Annotations([0.1, 5, 9, 12, 19.9], 0, ["a", "b", "a", "c", "b"]))
    raw.annotations.append(9.0, 0.5, "BAD_movement")
    lazy = mne.Epochs(raw, tmin=-0.5, tmax=0.5, baseline=None, preload=False, verbose="ERROR")
    dataset = EpochsDataset.from_epochs(lazy)
    assert dataset.labels.tolist() == ["b", "c"]
    np.testing.assert_allclose(dataset.X[:, 0, 50], [500, 1200])  # the samples of the events


def test_bad_channels_are_kept_so_that_every_recording_has_the_same():
    epochs = make_epochs()
    epochs.info["bads"] = ["Cz"]
    assert EpochsDataset.from_epochs(epochs).info.ch_names == ("C3", "Cz", "C4")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_named_by_channel(value):
    epochs = make_epochs()
    epochs._data[2, 4, 7] = value
    with pytest.raises(ValueError, match=r"NaN or infinity in channels \['C4'\]"):
        EpochsDataset.from_epochs(epochs)


def test_nan_outside_the_eeg_does_no_harm():
    epochs = make_epochs()
    epochs._data[:, 1] = np.nan
    assert len(EpochsDataset.from_epochs(epochs)) == 6


def test_no_eeg_raises_and_says_what_is_there():
    epochs = make_epochs(ch_names=["a", "b"], ch_types=["eog", "mag"])
    with pytest.raises(ValueError, match=r"expected EEG channels, got .*eog.*mag"):
        EpochsDataset.from_epochs(epochs)


def test_no_epochs_raise():
    with pytest.raises(ValueError, match="expected at least one epoch"):
        EpochsDataset.from_epochs(make_epochs()[[]])


# The data set itself.


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.ones((4, 3, 8))}, r"expected X of shape \(4, 2, 8\)"),
        ({"X": np.ones((4, 2, 9))}, r"expected X of shape"),
        ({"y": [0, 1, 2, 0]}, "expected y of integers from 0 to 1, got .*2"),
        ({"y": [0, -1, 0, 0]}, "expected y of integers"),
        ({"y": [0.0, 0.7, 1.0, 0.0]}, "expected y of integers"),
        ({"groups": [0, 1]}, "expected 4 groups"),
    ],
)
def test_what_does_not_fit_together_raises(change, message):
    given = {"X": np.ones((4, 2, 8)), "y": [0, 1, 0, 1], "groups": None, **change}
    info = SignalInfo(["C3", "C4"], 100, 8)
    with pytest.raises(ValueError, match=message):
        EpochsDataset(given["X"], given["y"], ["a", "b"], info, given["groups"])


def test_an_index_gives_a_window_and_its_label():
    window, label = make_dataset()[3]
    torch.testing.assert_close(window[:, 0], torch.tensor([3.0, 3.01]))
    assert label == 1
    with pytest.raises(IndexError):
        make_dataset()[10]


@pytest.mark.parametrize("batch_size", [1, 4, 10])
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_loader_fetches_a_batch_by_one_indexing(batch_size, shuffle):
    dataset = make_dataset()
    counted = CountedCalls(dataset.X, dataset.y, dataset.classes, dataset.info)
    loader = DataLoader(counted, batch_size=batch_size, shuffle=shuffle)
    batches = list(loader)
    assert counted.calls == len(batches) == -(-10 // batch_size)
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


def test_workers_bring_every_window_once_in_order():
    loader = DataLoader(make_dataset(), batch_size=3, num_workers=2)
    windows, labels = (torch.cat(parts) for parts in zip(*loader, strict=True))
    assert windows.shape == (10, 2, 8)
    torch.testing.assert_close(windows[:, 0, 0].long(), torch.arange(10))
    torch.testing.assert_close(labels, torch.arange(10) % 2)


def test_torchs_subset_keeps_the_batched_path():
    windows, labels = next(iter(DataLoader(Subset(make_dataset(), [7, 2, 5]), batch_size=3)))
    assert windows[:, 0, 0].tolist() == [7, 2, 5]
    assert labels.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "chosen", [[4, 0, 9], np.arange(10) >= 8, range(3), [-1]], ids=["list", "mask", "range", "-1"]
)
def test_a_subset_keeps_windows_labels_and_groups_together(chosen):
    dataset = make_dataset(classes=("a", "b", "c"))
    dataset.groups = np.array([f"S{number}" for number in range(10)])
    numbers = np.arange(10)[np.asarray(chosen)]
    subset = dataset.subset(chosen)
    np.testing.assert_array_equal(subset.X[:, 0, 0], numbers)
    np.testing.assert_array_equal(subset.labels, dataset.labels[numbers])
    np.testing.assert_array_equal(subset.groups, [f"S{number}" for number in numbers])
    assert (subset.classes, subset.info) == (dataset.classes, dataset.info)


# Joining.


def test_labels_are_joined_by_name_not_by_number():
    one = make_dataset(4, classes=("right", "left"))
    other = make_dataset(4, classes=("left", "unused", "feet", "unused too")).subset([0, 2])
    joined = EpochsDataset.concatenate([one, other])
    assert joined.labels.tolist() == ["right", "left"] * 2 + ["left", "feet"]
    assert joined.classes == ("feet", "left", "right")


def test_channels_are_joined_by_name_not_by_place():
    one, other = make_dataset(2), make_dataset(2, ch_names=("EEG C4", "c3.."))
    joined = EpochsDataset.concatenate([one, other])
    np.testing.assert_allclose(joined.X[:2], one.X)
    np.testing.assert_allclose(joined.X[2:], other.X[:, ::-1])
    assert joined.info == one.info


def test_groups_are_kept_in_order():
    datasets = [make_dataset(3), make_dataset(2)]
    for group, dataset in enumerate(datasets):
        dataset.groups = np.full(len(dataset), group)
    assert EpochsDataset.concatenate(datasets).groups.tolist() == [0, 0, 0, 1, 1]


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
def test_another_signal_raises_whichever_comes_first(change, message):
    with pytest.raises(ValueError, match=message):
        EpochsDataset.concatenate([make_dataset(), make_dataset(**change)])
    with pytest.raises(ValueError, match=r"missing|expected"):
        EpochsDataset.concatenate([make_dataset(**change), make_dataset()])


def test_nothing_to_join_raises():
    with pytest.raises(ValueError, match="at least one data set"):
        EpochsDataset.concatenate([])
