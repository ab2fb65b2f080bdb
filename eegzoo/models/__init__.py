"""The architectures, their registry, and models in files."""

from eegzoo.models.atcnet import ATCNet
from eegzoo.models.attnsleep import AttnSleep
from eegzoo.models.base import EEGModel
from eegzoo.models.checkpoint import load_model, read_metadata, save_model
from eegzoo.models.ctnet import CTNet
from eegzoo.models.deep_convnet import DeepConvNet
from eegzoo.models.deepsleepnet import DeepSleepNet
from eegzoo.models.eegconformer import EEGConformer
from eegzoo.models.eeginception_erp import EEGInceptionERP
from eegzoo.models.eeginception_mi import EEGInceptionMI
from eegzoo.models.eegnet import EEGNet
from eegzoo.models.eegnet_old import EEGNetOld
from eegzoo.models.eegnex import EEGNeX
from eegzoo.models.eegsym import EEGSym
from eegzoo.models.eegtcnet import EEGTCNet
from eegzoo.models.fbcnet import FBCNet
from eegzoo.models.finetuning import freeze, parameter_groups, unfreeze
from eegzoo.models.registry import ModelEntry, create_model, find_entry, list_models, register_model
from eegzoo.models.resnet1d import ResNet1D
from eegzoo.models.shallow_convnet import ShallowConvNet
from eegzoo.models.stagernet import StagerNet
from eegzoo.models.stnet import STNet
from eegzoo.models.summary import summary
from eegzoo.models.tinysleepnet import TinySleepNet
from eegzoo.models.transformeeg import TransformEEG
from eegzoo.models.usleep import USleep
from eegzoo.models.xeegnet import XEEGNet

__all__ = [
    "ATCNet",
    "AttnSleep",
    "CTNet",
    "DeepConvNet",
    "DeepSleepNet",
    "EEGConformer",
    "EEGInceptionERP",
    "EEGInceptionMI",
    "EEGModel",
    "EEGNeX",
    "EEGNet",
    "EEGNetOld",
    "EEGSym",
    "EEGTCNet",
    "FBCNet",
    "ModelEntry",
    "ResNet1D",
    "STNet",
    "ShallowConvNet",
    "StagerNet",
    "TinySleepNet",
    "TransformEEG",
    "USleep",
    "XEEGNet",
    "create_model",
    "find_entry",
    "freeze",
    "list_models",
    "load_model",
    "parameter_groups",
    "read_metadata",
    "register_model",
    "save_model",
    "summary",
    "unfreeze",
]
