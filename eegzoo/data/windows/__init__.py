"""Data sets and sequences of windows, in memory or on disk, and splits of them."""
