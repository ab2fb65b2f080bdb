"""Checkpoints that authors published: their cards, addresses and converters."""
