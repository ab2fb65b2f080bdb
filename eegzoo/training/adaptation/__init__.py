"""Adaptation of a fitted classifier to one person, without labels or with a few."""
