"""Layers that hold the statistics of one person."""
