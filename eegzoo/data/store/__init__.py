"""Stores of windows on disk, with a file for each recording."""
