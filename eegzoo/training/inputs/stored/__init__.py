"""Batches of windows that are read from files when they are needed."""
