"""Figures of data: channels, amplitudes, spectra, windows that are kept, and leakage."""
