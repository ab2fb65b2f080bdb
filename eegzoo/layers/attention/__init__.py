"""Attention and transformers: what several architectures share."""
