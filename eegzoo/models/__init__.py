"""The architectures, their registry, and models in files."""

from eegzoo.models.atcnet import ATCNet
from eegzoo.models.base import EEGModel
from eegzoo.models.checkpoint import load_model, read_metadata, save_model
from eegzoo.models.deep_convnet import DeepConvNet
from eegzoo.models.eegconformer import EEGConformer
from eegzoo.models.eegnet import EEGNet
from eegzoo.models.registry import ModelEntry, create_model, find_entry, list_models, register_model
from eegzoo.models.shallow_convnet import ShallowConvNet
from eegzoo.models.summary import summary
from eegzoo.models.tinysleepnet import TinySleepNet

__all__ = [
    "ATCNet",
    "DeepConvNet",
    "EEGConformer",
    "EEGModel",
    "EEGNet",
    "ModelEntry",
    "ShallowConvNet",
    "TinySleepNet",
    "create_model",
    "find_entry",
    "list_models",
    "load_model",
    "read_metadata",
    "register_model",
    "save_model",
    "summary",
]
