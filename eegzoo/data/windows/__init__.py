"""Windows in memory or on disk, data sets and sequences of them, and splits."""
