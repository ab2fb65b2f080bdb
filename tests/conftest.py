"""Fixtures for tests of code that users read: examples and pages."""

import functools

import pytest


@pytest.fixture
def two_epochs(monkeypatch):
    """End each training of a classifier after two epochs, so that shown code takes seconds."""
    from eegzoo.training import EEGClassifier

    fit = EEGClassifier.fit

    @functools.wraps(fit)
    def fit_shortly(self, *arguments, **named):
        return fit(self.set_params(max_epochs=2), *arguments, **named)

    monkeypatch.setattr(EEGClassifier, "fit", fit_shortly)
