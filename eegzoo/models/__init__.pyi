from .atcnet import ATCNet
from .attnsleep import AttnSleep
from .base import EEGModel
from .basenet import BaseNet
from .bdtcn import BDTCN
from .bendr import BENDR
from .biot import BIOT
from .cbramod import CBraMod
from .chambon2018 import Chambon2018
from .channel_contract import ChannelContract
from .contrawr import ContraWR
from .ctnet import CTNet
from .deep_convnet import DeepConvNet
from .deepsleepnet import DeepSleepNet
from .eegconformer import EEGConformer
from .eeginception_erp import EEGInceptionERP
from .eeginception_mi import EEGInceptionMI
from .eegitnet import EEGITNet
from .eegnet import EEGNet
from .eegnet_old import EEGNetOld
from .eegnex import EEGNeX
from .eegpt import EEGPT
from .eegsimpleconv import EEGSimpleConv
from .eegsym import EEGSym
from .eegtcnet import EEGTCNet
from .epint import EpiNT
from .fbcnet import FBCNet
from .fbmsnet import FBMSNet
from .finetuning import freeze, parameter_groups, unfreeze
from .front_filters import FrontFilters, front_filters
from .ifnet import IFNet
from .labram import LaBraM
from .lightconvnet import LightConvNet
from .luna import LUNA
from .model_summary import summary
from .msvtnet import MSVTNet
from .optimization import OptimizedModel, optimize_for_inference
from .person_features import norm_features
from .registry import ModelEntry, register_model
from .resnet1d import ResNet1D
from .reve import REVE
from .robustsleepnet import RobustSleepNet
from .saving import load_model, read_metadata, save_model
from .sccnet import SCCNet
from .seqsleepnet import SeqSleepNet
from .shallow_convnet import ShallowConvNet
from .signal_jepa import SignalJEPA
from .sinc_shallow_net import SincShallowNet
from .sleeptransformer import SleepTransformer
from .sparcnet import SPaRCNet
from .sstdpn import SSTDPN
from .ssvep_front import SSVEPFront
from .stagernet import StagerNet
from .steegformer import STEEGFormer
from .stnet import STNet
from .tangent_net import TangentNet
from .tcformer import TCFormer
from .tidnet import TIDNet
from .tinysleepnet import TinySleepNet
from .transformeeg import TransformEEG
from .usleep import USleep
from .xeegnet import XEEGNet
from .zoo import create_model, find_entry, list_models

__all__ = [
    "BDTCN",
    "BENDR",
    "BIOT",
    "EEGPT",
    "LUNA",
    "REVE",
    "SSTDPN",
    "ATCNet",
    "AttnSleep",
    "BaseNet",
    "CBraMod",
    "CTNet",
    "Chambon2018",
    "ChannelContract",
    "ContraWR",
    "DeepConvNet",
    "DeepSleepNet",
    "EEGConformer",
    "EEGITNet",
    "EEGInceptionERP",
    "EEGInceptionMI",
    "EEGModel",
    "EEGNeX",
    "EEGNet",
    "EEGNetOld",
    "EEGSimpleConv",
    "EEGSym",
    "EEGTCNet",
    "EpiNT",
    "FBCNet",
    "FBMSNet",
    "FrontFilters",
    "IFNet",
    "LaBraM",
    "LightConvNet",
    "MSVTNet",
    "ModelEntry",
    "OptimizedModel",
    "ResNet1D",
    "RobustSleepNet",
    "SCCNet",
    "SPaRCNet",
    "SSVEPFront",
    "STEEGFormer",
    "STNet",
    "SeqSleepNet",
    "ShallowConvNet",
    "SignalJEPA",
    "SincShallowNet",
    "SleepTransformer",
    "StagerNet",
    "TCFormer",
    "TIDNet",
    "TangentNet",
    "TinySleepNet",
    "TransformEEG",
    "USleep",
    "XEEGNet",
    "create_model",
    "find_entry",
    "freeze",
    "front_filters",
    "list_models",
    "load_model",
    "norm_features",
    "optimize_for_inference",
    "parameter_groups",
    "read_metadata",
    "register_model",
    "save_model",
    "summary",
    "unfreeze",
]
