"""Figures of results: learning curves, errors, calibration, people, baselines, comparisons."""
