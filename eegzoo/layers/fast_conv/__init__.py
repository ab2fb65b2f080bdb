"""Convolutions in time whose algorithm is chosen by its measured cost."""
