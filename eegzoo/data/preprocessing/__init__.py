"""Preprocessing of recordings into windows, and normalisation of the windows."""
