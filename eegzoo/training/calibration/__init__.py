"""Honest probabilities: temperature, conformal sets and abstention from held-out people."""
