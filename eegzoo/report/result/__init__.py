"""Figures of results: learning curves, errors, calibration, people, numbers and labels."""
