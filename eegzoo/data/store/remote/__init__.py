"""Stores of windows in object storage, read through a cache on disk."""
