"""Signals of a night: derivations by name, and the windows in which they can be used."""
