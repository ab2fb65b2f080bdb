"""A PyTorch model zoo for EEG.

Names are imported when they are first used: ``import eegzoo`` costs nothing, and someone with
tensors never loads MNE, scikit-learn or skorch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
