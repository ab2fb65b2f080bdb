"""Alignment of each person's windows by the statistics of these windows alone, without labels."""
