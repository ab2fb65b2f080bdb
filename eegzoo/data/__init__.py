"""Recordings, windows, and what is known of them. MNE is the only way in."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
