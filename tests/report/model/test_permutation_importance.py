"""Exchanged channels and bands lower the score where the planted source is."""

import numpy as np
import pytest
import torch
from torch import nn

from eegzoo.report import permutation_importance
from eegzoo.training import EEGClassifier, EEGRegressor
from tests.report.planted import HZ, SITE, planted, trained


def test_planted_electrode_matters_most():
    found = permutation_importance(trained(), planted()[1], n_repeats=5)
    assert found.names[found.mean.argmax()] == SITE
    low, high = found.interval()
    assert low[found.names.index(SITE)] > max(0.0, high[found.names.index("O2")])
    assert found.score == trained().score(planted()[1])


def test_planted_band_matters_alone():
    found = permutation_importance(trained(), planted()[1], of="bands", n_repeats=5)
    drops = dict(zip(found.names, found.mean, strict=True))
    low, high = found.bands["beta"]
    assert low <= HZ < high
    assert drops.pop("beta") > 0.3
    assert max(drops.values()) < 0.1


class PowerOfFirst(nn.Module):
    """Model whose second class is a higher power of the first channel."""

    def __init__(self, n_outputs):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x):
        power = self.scale * x[:, 0].square().mean(1) - 100.0
        return torch.stack([-power, power], 1)


def test_scores_of_exchanged_windows_are_right():
    strong = np.array([0, 1] * 8)
    X = (
        np.random.default_rng(0).normal(0, 10, (16, 2, 100))
        * np.where(strong, 3.0, 0.3)[:, None, None]
    )
    classifier = EEGClassifier(
        PowerOfFirst, recipe="plain", normalize="none", sfreq=50, max_epochs=1, lr=1e-6
    )
    classifier.fit(X, strong)
    found = permutation_importance(classifier, X, strong, n_repeats=20, random_state=3)
    assert found.score == 1.0
    assert (found.drops[1] == 0).all()
    # A window keeps its class where the channel comes from a window of the same class: 1 in 2.
    assert found.drops[0].mean() == pytest.approx(0.5, abs=0.1)
    assert set(np.round(found.drops[0] * 16, 6) % 1) == {0.0}


def test_bands_are_exchanged_in_all_channels():
    t = np.arange(100) / 50
    wave = np.sin(2 * np.pi * 10 * t)
    strong = np.array([0, 1] * 8)
    X = np.broadcast_to(np.where(strong, 30.0, 3.0)[:, None, None] * wave, (16, 2, 100))
    classifier = EEGClassifier(
        PowerOfFirst, recipe="plain", normalize="none", sfreq=50, max_epochs=1, lr=1e-6
    )
    classifier.fit(X + np.random.default_rng(0).normal(size=X.shape), strong)
    bands = {"mu": (8, 12), "beta": (12, 25)}
    found = permutation_importance(classifier, X, strong, of="bands", bands=bands)
    assert found.names == ("mu", "beta")
    assert found.drops[1].tolist() == [0.0] * 10
    assert found.drops[0].mean() > 0.3


def test_regression_loses_explained_variance():
    X = np.random.default_rng(0).normal(0, 10, (30, 2, 64)).astype(np.float32)
    X[:, 0] += np.arange(30)[:, None]

    class Mean(nn.Module):
        def __init__(self, n_outputs):
            super().__init__()
            self.scale = nn.Parameter(torch.tensor(0.1155))

        def forward(self, x):
            return self.scale * (x[:, 0].mean(1, keepdim=True) - 14.5)

    regressor = EEGRegressor(
        Mean, recipe="plain", normalize="none", max_epochs=1, sfreq=32, lr=1e-6
    )
    regressor.fit(X, np.arange(30.0))
    found = permutation_importance(regressor, X, np.arange(30.0))
    assert found.score_name == "R²"
    assert found.score == pytest.approx(regressor.score(X, np.arange(30.0)), abs=1e-6)
    assert found.mean[0] > 0.5
    assert found.mean[1] == 0


def test_several_labels_are_scored_together():
    X = np.random.default_rng(0).normal(0, 10, (12, 2, 64)).astype(np.float32)
    y = np.random.default_rng(1).integers(0, 2, (12, 2))
    classifier = EEGClassifier("eegnet", recipe="plain", max_epochs=1, sfreq=64).fit(X, y)
    found = permutation_importance(classifier, X, y, n_repeats=2)
    assert found.score == classifier.score(X, y)
    assert found.score_name == "share of windows with all labels right"


def test_sequences_are_exchanged_window_by_window():
    X = np.random.default_rng(0).normal(0, 10, (3, 4, 1, 600)).astype(np.float32)
    y = np.tile([0, 1, 0, 1], (3, 1))
    classifier = EEGClassifier(
        "tinysleepnet", recipe="plain", max_epochs=1, sfreq=20,
        model_params={"n_filters": 8, "hidden_size": 8},
    ).fit(X, y)  # fmt: skip
    found = permutation_importance(classifier, X, y, n_repeats=2)
    assert found.score == classifier.score(X, y)
    assert found.drops.shape == (1, 2)


def test_evenly_spaced_windows_are_used_if_there_are_too_many():
    dataset = planted()[1]
    found = permutation_importance(trained(), dataset, n_repeats=1, max_windows=8)
    used = np.linspace(0, 39, 8).round().astype(int)
    assert found.score == trained().score(dataset.subset(used))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"of": "times"}, "expected of to be one of 'channels', 'bands', got 'times'"),
        ({"y": ["other"] * 40}, r"expected labels \['active', 'quiet'\], got \['other'\]"),
        ({"max_windows": 1}, "expected max_windows to be an integer of at least 2"),
    ],
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        permutation_importance(trained(), planted()[1], **options)


def test_one_window_is_an_error():
    with pytest.raises(ValueError, match="2 or more windows"):
        permutation_importance(trained(), planted()[1].subset(np.arange(1)))
