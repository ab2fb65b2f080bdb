"""Attributions: which samples of a window made the model decide as it did."""
