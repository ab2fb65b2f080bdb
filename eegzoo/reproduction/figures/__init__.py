"""Scores with their intervals, and differences between figures."""
