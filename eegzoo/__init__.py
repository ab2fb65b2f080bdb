"""A PyTorch model zoo for EEG.

Names are imported when they are first used: ``import eegzoo`` costs nothing, and someone with
tensors never loads MNE, scikit-learn or skorch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from eegzoo._version import __version__

if TYPE_CHECKING:
    from eegzoo.models import create_model, list_models, load_model, save_model, summary
    from eegzoo.models.weights import find_weights, list_weights

__all__ = [
    "__version__",
    "create_model",
    "find_weights",
    "list_models",
    "list_weights",
    "load_model",
    "save_model",
    "summary",
]

_PACKAGES = ("cli", "data", "layers", "models", "training")


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f"eegzoo.{name}")
    if name in __all__:
        home = "eegzoo.models.weights" if name.endswith("_weights") else "eegzoo.models"
        return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'eegzoo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_PACKAGES])
