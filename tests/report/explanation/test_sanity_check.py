"""Attributions depend on the weights of the model (Adebayo et al., 2018)."""

import numpy as np
import pytest
import torch

from eegzoo.report import explain, sanity_check
from eegzoo.report.explanation import sanity_check as module
from tests.report.planted import planted, trained

pytest.importorskip("captum")


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_random_weights_change_the_attributions(method):
    test = planted()[1].subset(np.arange(8))
    check = sanity_check(trained(), test, method=method, n_steps=16)
    assert check.parts == ("head", "separable", "reduce", "front")
    assert check.similarity.shape == (4, 8)
    assert check.mean[-1] < 0.5


def test_unchanged_weights_do_not(monkeypatch):
    monkeypatch.setattr(module, "_shuffle_", lambda part, generator: None)
    check = sanity_check(trained(), planted()[1].subset(np.arange(4)), n_steps=16)
    np.testing.assert_allclose(check.similarity, 1.0)


def test_classifier_stays_trained():
    test = planted()[1].subset(np.arange(4))
    before = {name: value.clone() for name, value in trained().model_.state_dict().items()}
    values = explain(trained(), test, n_steps=16).values
    sanity_check(trained(), test, n_steps=16)
    for name, value in trained().model_.state_dict().items():
        assert torch.equal(value, before[name])
    np.testing.assert_array_equal(explain(trained(), test, n_steps=16).values, values)


def test_plot_shows_each_part():
    check = module.SanityCheck(("head", "front"), np.array([[0.6], [0.1]]), "occlusion")
    (axes,) = check.plot().axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["trained", "+ head", "+ front"]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [1.0, 0.6, 0.1])
    assert "falls from 1 to 0.10" in axes.get_label()
