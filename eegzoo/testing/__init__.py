"""Checks that anyone can run on a model or a layer of their own. They need torch alone."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
