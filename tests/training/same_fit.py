"""Comparison of fitted estimators."""

import torch


def assert_same_fit(one, other):
    """Check that the models of two fitted estimators are equal bit for bit."""
    states = [dict(fitted.model_.state_dict()) for fitted in (one, other)]
    torch.testing.assert_close(*states, rtol=0, atol=0)
