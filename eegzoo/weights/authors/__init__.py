"""Checkpoints published by authors: cards, addresses and conversion."""
