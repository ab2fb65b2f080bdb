"""Augmentations: random changes of training windows that keep their labels valid."""
