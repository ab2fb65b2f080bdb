from . import cli, data, layers, models, online, report, reproduction, sleep, training, weights
from ._version import __version__
from .models.model_summary import summary
from .models.optimization import optimize_for_inference
from .models.saving import load_model, save_model
from .weights.catalogue import find_weights, list_weights
from .weights.channels.contracts import channel_plan
from .weights.zoo import create_model, list_models

__all__ = [
    "__version__",
    "channel_plan",
    "cli",
    "create_model",
    "data",
    "find_weights",
    "layers",
    "list_models",
    "list_weights",
    "load_model",
    "models",
    "online",
    "optimize_for_inference",
    "report",
    "reproduction",
    "save_model",
    "sleep",
    "summary",
    "training",
    "weights",
]
