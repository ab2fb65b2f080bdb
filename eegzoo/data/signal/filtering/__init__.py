"""Filters and resampling of recordings."""
