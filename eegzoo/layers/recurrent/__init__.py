"""Recurrent layers that are not part of torch."""
