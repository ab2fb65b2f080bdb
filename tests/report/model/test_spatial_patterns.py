"""Spatial patterns of trained models are those of the sources in the windows."""

import numpy as np
import pytest

from eegzoo.report.model.spatial_patterns import spatial_patterns
from eegzoo.training import EEGClassifier
from tests.report.planted import CH_NAMES, HZ, SITE, planted, trained


def agreement(patterns, source):
    """Return the magnitude of the correlation of each pattern with a source."""
    return abs(np.corrcoef(np.vstack([source, patterns]))[0, 1:])


@pytest.mark.parametrize("normalize", ["standardize", "whiten", "window", "exponential", "none"])
def test_pattern_of_the_planted_source_is_found(normalize):
    found = spatial_patterns(trained(normalize=normalize), planted()[1])
    at = abs(found.frequencies - HZ) <= 1.5
    best = agreement(found.patterns[at], planted()[2]).argmax()
    pattern = found.patterns[at][best]
    assert agreement(pattern[None], planted()[2])[0] > 0.99
    assert CH_NAMES[abs(pattern).argmax()] == SITE


@pytest.mark.parametrize("model", ["shallow_convnet", "fbcnet"])
def test_pattern_is_found_where_filters_depend_on_frequency(model):
    found = spatial_patterns(trained(model, max_epochs=6), planted()[1])
    at = abs(found.frequencies - HZ) <= 1.5
    assert np.median(agreement(found.patterns[at], planted()[2])) > 0.95


def test_filters_suppress_what_patterns_do_not_show():
    found = spatial_patterns(trained("fbcnet", max_epochs=6), planted()[1])
    at = abs(found.frequencies - HZ) <= 1.5
    filters, patterns = (
        agreement(values[at], planted()[2]).mean() for values in (found.filters, found.patterns)
    )
    assert filters < 0.7 < patterns


def test_filters_of_normalized_channels_are_given_for_the_channels():
    dataset = planted()[1]
    classifier = trained(normalize="whiten")
    found = spatial_patterns(classifier, dataset)
    weights = classifier.model_.front.spatial.constrained_weight()[:, 0, :, 0].detach().numpy()
    expected = weights @ classifier.normalizer_.matrix
    np.testing.assert_allclose(found.filters, expected, rtol=1e-4, atol=1e-6)
    assert found.unit == "µV"
    assert found.layers == ["front.spatial"] * 16
    assert found.temporal.tolist() == np.repeat(np.arange(8), 2).tolist()


def test_scale_of_the_windows_scales_the_patterns():
    classifier, X = trained(normalize="none"), np.asarray(planted()[1].X)
    one, two = (spatial_patterns(classifier, x).patterns for x in (X, 2 * X))
    np.testing.assert_allclose(two, 2 * one, rtol=1e-6)


def test_model_without_spatial_filters_has_a_note():
    X = np.random.default_rng(0).normal(0, 10, (4, 2, 128))
    classifier = EEGClassifier("resnet1d", sfreq=64, max_epochs=1).fit(X, [0, 1, 0, 1])
    found = spatial_patterns(classifier, X)
    assert len(found) == 0
    assert found.ch_names == ("channel 1", "channel 2")
    assert found.note.startswith("no layer that mixes all channels")
