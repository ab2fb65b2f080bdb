"""Readers of one file format each, and the registry that chooses among them."""
