"""Estimators after scikit-learn's contract, and what a fit needs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
