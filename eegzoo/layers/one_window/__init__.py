"""Layers of networks in evaluation for a single window, with everything constant computed once."""
