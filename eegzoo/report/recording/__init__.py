"""Figures of a recording, with what a model says along it."""
