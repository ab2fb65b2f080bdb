"""Blocks that several architectures share, and initialisers."""
