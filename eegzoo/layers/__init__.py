"""Layers to build EEG networks from. Everything here needs torch alone."""

from eegzoo.layers.attention import MultiHeadAttention
from eegzoo.layers.constrained import ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense
from eegzoo.layers.constraints import NormConstraint, constrain_norm
from eegzoo.layers.eegnet_blocks import depthwise_front, norm_pool
from eegzoo.layers.filterbank import FilterBank
from eegzoo.layers.norm_report import constraint_report
from eegzoo.layers.parallel import ParallelLinear
from eegzoo.layers.recurrent import PeepholeLSTM
from eegzoo.layers.same import SameConv1d, SameMaxPool1d
from eegzoo.layers.separable import DepthwiseConv2d, SeparableConv2d
from eegzoo.layers.swap import bake, constrain
from eegzoo.layers.tcn import TCNBlock
from eegzoo.layers.temporal_spatial import TemporalSpatialConv, fused_fronts

__all__ = [
    "ConstrainedConv1d",
    "ConstrainedConv2d",
    "ConstrainedDense",
    "DepthwiseConv2d",
    "FilterBank",
    "MultiHeadAttention",
    "NormConstraint",
    "ParallelLinear",
    "PeepholeLSTM",
    "SameConv1d",
    "SameMaxPool1d",
    "SeparableConv2d",
    "TCNBlock",
    "TemporalSpatialConv",
    "bake",
    "constrain",
    "constrain_norm",
    "constraint_report",
    "depthwise_front",
    "fused_fronts",
    "norm_pool",
]
