"""Estimators read windows from torch's data sets and data loaders, in their order."""

import numpy as np
import pytest
import torch
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
)

from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.training import EEGClassifier, EEGRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(0, 10, (24, 3, 64)).astype(np.float32)
Y = np.arange(24) % 2


class Pairs(Dataset):
    """Windows with targets, which count how often they are read."""

    def __init__(self, X, y=None):
        self.X, self.y, self.reads = X, y, []

    def __len__(self):
        return len(self.X)

    def __getitem__(self, index):
        self.reads.append(index)
        window = torch.from_numpy(self.X[index])
        return window if self.y is None else (window, self.y[index])


class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(X, Y, strict=True))


def make_classifier(**changes):
    settings = {
        "sfreq": 64, "recipe": "plain", "max_epochs": 2, "batch_size": 8, "random_state": 0,
        "model_params": {"F1": 2, "D": 2},
    }  # fmt: skip
    return EEGClassifier("eegnet", **{**settings, **changes})


FITTED = make_classifier().fit(X, Y)
PROBABILITIES = FITTED.predict_proba(X)


@pytest.mark.parametrize(
    "data",
    [
        Pairs(X, Y),
        TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)),
        DataLoader(Pairs(X, Y), batch_size=5),
        DataLoader(Pairs(X, Y), batch_size=5, shuffle=True),
        DataLoader(Pairs(X, Y), batch_size=5, drop_last=True),
        Subset(Pairs(np.repeat(X, 2, axis=0), np.repeat(Y, 2)), range(0, 48, 2)),
    ],
    ids=lambda data: type(data).__name__,
)
def test_training_is_that_on_arrays(data):
    classifier = make_classifier().fit(data)
    np.testing.assert_allclose(classifier.predict_proba(X), PROBABILITIES, atol=1e-5)
    assert classifier.score(data) == FITTED.score(X, Y)


def test_windows_of_mne_keep_their_signal():
    info = SignalInfo(["C3", "Cz", "C4"], 64.0, 64)
    data = EpochsDataset(X, Y, ("a", "b"), info)
    whole = make_classifier(sfreq=None).fit(DataLoader(data, shuffle=True))
    assert whole.signal_info_.ch_names == ("C3", "Cz", "C4")
    part = Subset(data, [3, 1, 2])
    np.testing.assert_array_equal(whole.predict(part), whole.predict(data)[[3, 1, 2]])


@pytest.mark.parametrize("y", [None, Y])
def test_predictions_are_in_the_order_of_the_windows_and_read_each_once(y):
    data = Pairs(X, y)
    found = FITTED.predict_proba(DataLoader(data, batch_size=7))
    np.testing.assert_array_equal(found, PROBABILITIES)
    read = [index for index in data.reads if index]  # the first tells the shape
    assert read[-23:] == list(range(1, 24))


def test_windows_are_read_when_needed_and_not_kept():
    data = Pairs(X, Y)
    make_classifier(max_epochs=1, batch_size=4).fit(data)
    assert len(data.reads) > 3 * len(X)  # targets, normalisation and an epoch read them each


def test_y_replaces_the_targets():
    classifier = make_classifier().fit(Pairs(X, Y), np.array(["a", "b"])[Y])
    assert classifier.classes_.tolist() == ["a", "b"]


def test_a_regressor_learns_the_targets_of_a_data_set():
    settings = {"sfreq": 64, "recipe": "plain", "max_epochs": 2, "random_state": 0}
    y = X.std(axis=(1, 2))
    of_pairs = EEGRegressor("eegnet", **settings).fit(Pairs(X, y))
    of_arrays = EEGRegressor("eegnet", **settings).fit(X, y)
    np.testing.assert_allclose(of_pairs.predict(Pairs(X)), of_arrays.predict(X), atol=1e-5)


def test_sequences_are_read_at_once():
    sequences, y = np.tile(X, (1, 1, 20)).reshape(6, 4, 3, 1280), Y.reshape(6, 4)
    settings = {"sfreq": 64, "recipe": "plain", "max_epochs": 1, "random_state": 0}
    of_pairs = EEGClassifier("tinysleepnet", **settings).fit(Pairs(sequences, y))
    of_arrays = EEGClassifier("tinysleepnet", **settings).fit(sequences, y)
    np.testing.assert_allclose(
        of_pairs.predict_proba(Pairs(sequences)), of_arrays.predict_proba(sequences), atol=1e-5
    )


def test_the_loaders_validation_and_checkpoints_work(tmp_path):
    settings = {"validation": 0.25, "checkpoint": tmp_path}
    first = make_classifier(**settings).fit(Pairs(X, Y))
    again = make_classifier(**settings).fit(Pairs(X, Y))
    assert len(list(tmp_path.iterdir())) == 1
    np.testing.assert_array_equal(first.predict_proba(X), again.predict_proba(X))


@pytest.mark.parametrize(
    ("loader", "message"),
    [
        (DataLoader(Pairs(X), shuffle=True), "got one that shuffles.*pass its dataset"),
        (DataLoader(Pairs(X), batch_size=7, drop_last=True), "drops the last batch"),
        (DataLoader(Stream()), "a data set with a length.*got Stream"),
        (Stream(), "a data set with a length.*got Stream"),
        (DataLoader(Pairs(X), collate_fn=list), "without collate_fn"),
        (Pairs(X[:0]), "at least one window, got an empty one"),
        (Pairs(X[0]), r"\(n_chans, n_times\).* got windows of shape \(64,\)"),
        (Pairs(np.where(X > 25, np.nan, X)), "got NaN or infinity"),
        (Pairs([X[0], X[1, :2]]), r"shape \(3, 64\), got \(2, 64\) in item 1"),
        ([{"x": 1}], "expected X to be"),
    ],
)
def test_data_that_cannot_be_predicted_from_raise(loader, message):
    if isinstance(loader, Pairs) and isinstance(loader.X, list):
        loader.X = [np.ascontiguousarray(window) for window in loader.X]
    with pytest.raises(ValueError, match=message):
        FITTED.predict(loader)


def test_a_loader_that_samples_cannot_be_trained_on():
    sampler = WeightedRandomSampler(np.ones(24), 24)
    with pytest.raises(ValueError, match=r"WeightedRandomSampler.*sample_weight"):
        make_classifier().fit(DataLoader(Pairs(X, Y), sampler=sampler))


def test_a_data_set_without_targets_cannot_be_trained_on():
    with pytest.raises(ValueError, match="expected y with windows without targets, got None"):
        make_classifier().fit(Pairs(X))


def test_items_that_are_no_windows_raise():
    class Named(Pairs):
        def __getitem__(self, index):
            return {"window": self.X[index]}

    with pytest.raises(ValueError, match="pairs of a window and its target, got dict"):
        FITTED.predict(Named(X))
