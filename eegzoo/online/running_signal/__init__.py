"""A signal that arrives in chunks: its samples, its faults and its preprocessing."""
