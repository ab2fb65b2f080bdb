"""Comparisons of a model with classical methods and with another model."""
