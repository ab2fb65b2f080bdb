"""Attributions find a planted source, add up, and refer to microvolts through crops."""

import builtins
import sys

import numpy as np
import pytest
import torch
from torch import nn

from eegzoo import create_model
from eegzoo.data import fit_normalizer
from eegzoo.report import explain
from eegzoo.training import EEGClassifier, EEGRegressor
from tests.report.planted import CH_NAMES, HZ, SITE, planted, trained

pytest.importorskip("captum")
RNG = np.random.default_rng(0)


class Linear(nn.Module):
    """Model whose logits are weighted sums of the samples."""

    def __init__(self, n_chans, n_times, n_outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_outputs, n_chans, n_times))

    def forward(self, x):
        return torch.einsum("bct,oct->bo", x, self.weight)


def linear_classifier(X, y, **parameters):
    classifier = EEGClassifier(
        Linear, recipe="plain", max_epochs=1, sfreq=50, random_state=0, **parameters
    )
    return classifier.fit(X, y)


@pytest.fixture(scope="module")
def windows():
    return np.random.default_rng(1).normal(4.0, 20.0, (12, 3, 50)).astype(np.float32)


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion", "permutation"])
def test_planted_source_is_found(method):
    test = planted()[1].subset(np.arange(16))
    found = explain(trained(), test, method=method, target="active")
    active = np.arange(16) % 2 == 1
    by_channel = found.values[active].sum(axis=2).mean(axis=0)
    assert CH_NAMES[by_channel.argmax()] == SITE
    band, channel = divmod(int(found.by_band[active].mean(axis=0).argmax()), len(CH_NAMES))
    low, high = list(found.bands.values())[band]
    assert low <= HZ < high
    assert CH_NAMES[channel] == SITE


@pytest.mark.parametrize("normalize", ["standardize", "whiten", "window", "exponential", "none"])
@pytest.mark.parametrize("baseline", ["mean", "zero"])
def test_integrated_gradients_add_up_to_the_difference_of_the_logits(normalize, baseline):
    test = planted()[1].subset(np.arange(6))
    found = explain(trained(normalize=normalize), test, baseline=baseline, n_steps=128)
    sums = found.values.sum(axis=(1, 2))
    np.testing.assert_allclose(sums, found.differences, atol=0.02)
    assert abs(found.differences).max() > 0.5


def test_logits_at_both_ends_are_those_of_the_classifier():
    test = planted()[1].subset(np.arange(6))
    classifier = trained()
    found = explain(classifier, test, ["active"] * 6, baseline="zero")
    ends = [
        classifier.model_(torch.from_numpy(classifier.normalizer_.transform(x)))[:, 0]
        for x in (np.asarray(test.X), np.zeros_like(test.X))
    ]
    np.testing.assert_array_equal(classifier.classes_, ["active", "quiet"])
    expected = (ends[0] - ends[1]).detach().numpy()
    np.testing.assert_allclose(found.differences, expected, rtol=1e-4)


def test_attributions_of_a_linear_model_are_its_weights_times_microvolts(windows):
    classifier = linear_classifier(windows, [0, 1] * 6, normalize="standardize")
    found = explain(classifier, windows, target=1, baseline="zero")
    weights = classifier.model_.module.weight[1].detach().numpy()
    expected = windows * weights / classifier.normalizer_.std[:, None]
    np.testing.assert_allclose(found.values, expected, rtol=1e-3, atol=1e-4)


def test_occlusion_of_a_linear_model_is_the_part_of_the_sum(windows):
    classifier = linear_classifier(windows, [0, 1] * 6, normalize="none")
    found = explain(classifier, windows, target=0, method="occlusion", patch_seconds=0.4)
    weights = classifier.model_.module.weight[0].detach().numpy()
    parts = (windows - windows.mean(-1, keepdims=True)) * weights
    np.testing.assert_allclose(found.values[..., 20], parts[..., 20:40].sum(-1), atol=0.01)
    np.testing.assert_allclose(found.values[..., 49], parts[..., 40:].sum(-1), atol=0.01)
    np.testing.assert_array_equal(found.values[..., 20], found.values[..., 39])
    np.testing.assert_allclose(found.by_band.sum(1), parts.sum(-1), atol=0.01)


def test_permutation_of_a_linear_model_takes_another_window(windows):
    classifier = linear_classifier(windows, [0, 1] * 6, normalize="none")
    found = explain(classifier, windows[:2], target=0, method="permutation", patch_seconds=1.0)
    weights = classifier.model_.module.weight[0].detach().numpy()
    parts = (windows[:2] * weights).sum(-1)
    np.testing.assert_allclose(found.values[..., 0], parts - parts[::-1], atol=0.01)


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_bands_add_up_to_the_channels(method, windows):
    classifier = linear_classifier(windows, [0, 1] * 6, normalize="whiten")
    found = explain(classifier, windows, method=method, patch_seconds=1.0)
    by_channel = found.values.sum(-1) if method != "occlusion" else found.values[..., 0]
    np.testing.assert_allclose(found.by_band.sum(1), by_channel, atol=0.02)


def test_several_crops_are_averaged(windows):
    classifier = EEGClassifier(
        "shallow_convnet", sfreq=50, recipe="plain", crop_length=40, n_crops=3, max_epochs=1,
        model_params={"pool_length": 5, "pool_stride": 2}, random_state=0,
    ).fit(windows, [0, 1] * 6)  # fmt: skip
    found = explain(classifier, windows, target=1, n_steps=256)
    model, z = classifier.model_, torch.from_numpy(classifier.normalizer_.transform(windows))
    logits = torch.stack([model(z[..., start : start + 40])[:, 1] for start in (0, 5, 10)])
    flat = np.broadcast_to(windows.mean(-1, keepdims=True), windows.shape)
    z = torch.from_numpy(classifier.normalizer_.transform(flat))
    at_rest = torch.stack([model(z[..., start : start + 40])[:, 1] for start in (0, 5, 10)])
    expected = (logits.mean(0) - at_rest.mean(0)).detach().numpy()
    np.testing.assert_allclose(found.differences, expected, atol=1e-3)
    np.testing.assert_allclose(found.values.sum((1, 2)), expected, atol=0.05)
    assert found.times[-1] == pytest.approx(49 / 50)


def test_regression_is_explained_in_the_unit_of_y(windows):
    y = 100.0 + 50.0 * RNG.normal(size=12)
    regressor = EEGRegressor(Linear, recipe="plain", max_epochs=1, sfreq=50, random_state=0)
    regressor.fit(windows, y)
    found = explain(regressor, windows, baseline="zero")
    expected = regressor.predict(windows) - regressor.predict(np.zeros_like(windows))
    np.testing.assert_allclose(found.values.sum((1, 2)), expected, rtol=1e-3)
    assert found.unit == "unit of y"


def test_several_targets_need_a_choice(windows):
    regressor = EEGRegressor(Linear, recipe="plain", max_epochs=1, sfreq=50)
    regressor.fit(windows, RNG.normal(size=(12, 2)))
    with pytest.raises(ValueError, match="expected target to be one of the 2 columns of y"):
        explain(regressor, windows)
    found = explain(regressor, windows, target=1, baseline="zero")
    change = regressor.predict(windows) - regressor.predict(np.zeros_like(windows))
    np.testing.assert_allclose(found.values.sum((1, 2)), change[:, 1], rtol=1e-3)


def test_several_labels_need_a_choice(windows):
    classifier = linear_classifier(windows, RNG.integers(0, 2, (12, 3)))
    with pytest.raises(ValueError, match="more than one label"):
        explain(classifier, windows)
    assert explain(classifier, windows, target=2).labels.tolist() == [2] * 12


def test_predicted_classes_are_explained_by_default(windows):
    classifier = linear_classifier(windows, ["a", "b"] * 6)
    found = explain(classifier, windows)
    np.testing.assert_array_equal(found.labels, classifier.predict(windows))


def test_model_of_sequences_is_an_error():
    X = RNG.normal(0, 20, (2, 3, 1, 600))
    classifier = EEGClassifier("tinysleepnet", sfreq=20, max_epochs=1, recipe="plain")
    classifier.fit(X, [[0, 1, 0], [1, 0, 1]])
    with pytest.raises(ValueError, match="trained on sequences"):
        explain(classifier, X)


def test_model_of_sequences_that_was_trained_on_windows_is_explained():
    X = RNG.normal(0, 20, (6, 1, 600)).astype(np.float32)
    classifier = EEGClassifier(
        "tinysleepnet", sfreq=20, max_epochs=1, recipe="plain",
        model_params={"n_filters": 8, "hidden_size": 8},
    )  # fmt: skip
    found = explain(classifier.fit(X, [0, 1] * 3), X, n_steps=256)
    np.testing.assert_allclose(found.values.sum((1, 2)), found.differences, atol=0.05)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("fbcnet", {"n_filters": 2}),
        ("eegconformer", {"depth": 1}),
        ("usleep", {"depth": 3}),
        ("transformeeg", {"depth": 1}),
        ("stnet", {"n_filters": 16}),
    ],
)
def test_models_of_all_kinds_are_explained(name, params):
    X = RNG.normal(0, 10, (2, 4, 200)).astype(np.float32)
    model = create_model(name, n_chans=4, n_times=200, n_outputs=2, sfreq=100, **params).eval()
    normalizer = fit_normalizer(X, "standardize")
    classifier = EEGClassifier.fitted(model, ["a", "b"], normalizer)
    found = explain(classifier, X, ["a", "b"], n_steps=128)
    scale = max(0.01, abs(found.differences).max())
    np.testing.assert_allclose(found.values.sum((1, 2)), found.differences, atol=0.05 * scale)


def test_attributions_are_labelled():
    test = planted()[1].subset(np.arange(4))
    found = explain(trained(), test, bands={"low": (0, 10), "high": (10, 30)})
    assert found.ch_names == CH_NAMES
    assert found.times[:2].tolist() == [0.0, 1 / 128]
    assert found.classes.tolist() == ["active", "quiet"]
    assert (found.method, found.baseline, found.unit) == ("integrated_gradients", "mean", "logit")
    assert found.bands == {"low": (0.0, 10.0), "high": (10.0, 30.0)}
    assert found.by_band.shape == (4, 2, 11)


def test_nothing_changes_in_the_classifier():
    classifier, test = trained(), planted()[1].subset(np.arange(4))
    model = classifier.model_.zero_grad(set_to_none=True) or classifier.model_
    before = {name: value.clone() for name, value in model.state_dict().items()}
    explain(classifier, test)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_single_window_is_explained_as_among_others(method):
    test = planted()[0].subset(np.arange(65))  # one more than a batch
    options = {"target": "active", "method": method, "patch_seconds": 1.0, "n_steps": 16}
    among = explain(trained(), test, **options)
    alone = explain(trained(), test.subset(np.array([64])), **options)
    np.testing.assert_allclose(alone.values[0], among.values[64], atol=1e-4)
    np.testing.assert_allclose(alone.by_band[0], among.by_band[64], atol=1e-3)


def test_sums_that_miss_are_warned_about():
    with pytest.warns(UserWarning, match="use more than n_steps=1"):
        explain(trained(), planted()[1].subset(np.arange(4)), n_steps=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "lime"}, "expected method to be one of 'integrated_gradients'"),
        ({"y": ["active"] * 3}, r"expected y of shape \(4,\), got \(3,\)"),
        ({"y": ["none"] * 4}, r"expected y among \['active', 'quiet'\], got none"),
        ({"target": "none"}, r"expected target among \['active', 'quiet'\], got none"),
        ({"y": ["active"] * 4, "target": "active"}, "expected y or target, got both"),
        ({"baseline": "noise"}, "expected baseline to be one of 'mean', 'zero'"),
        ({"baseline": np.zeros(3)}, "expected baseline to be 'mean', 'zero' or finite numbers"),
        ({"bands": {"mu": (13, 8)}}, r"expected bands\['mu'\] to be \(low, high\) in Hz"),
        ({"bands": {"fast": (80, 90)}}, r"expected bands\['fast'\] to contain a frequency"),
        (
            {"patch_seconds": 0, "method": "occlusion"},
            "expected patch_seconds to be a number above",
        ),
    ],
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        explain(trained(), planted()[1].subset(np.arange(4)), **options)


def test_one_window_has_no_others_to_exchange_with():
    with pytest.raises(ValueError, match="at least 2 windows"):
        explain(trained(), planted()[1].subset(np.arange(1)), method="permutation")


def test_missing_captum_is_an_error_with_the_line_that_installs_it(monkeypatch):
    plain = builtins.__import__

    def without_captum(name, *arguments, **options):
        if name.startswith("captum"):
            raise ImportError(name)
        return plain(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_captum)
    monkeypatch.delitem(sys.modules, "captum.attr", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'eegzoo\[explain\]'"):
        explain(trained(), planted()[1].subset(np.arange(1)))
