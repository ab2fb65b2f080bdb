"""Layers to build EEG networks from. Everything here needs torch alone."""

from eegzoo.layers.constrained import ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense
from eegzoo.layers.constraints import NormConstraint, constrain_norm
from eegzoo.layers.filterbank import FilterBank
from eegzoo.layers.norm_report import constraint_report
from eegzoo.layers.separable import DepthwiseConv2d, SeparableConv2d
from eegzoo.layers.swap import bake, constrain

__all__ = [
    "ConstrainedConv1d",
    "ConstrainedConv2d",
    "ConstrainedDense",
    "DepthwiseConv2d",
    "FilterBank",
    "NormConstraint",
    "SeparableConv2d",
    "bake",
    "constrain",
    "constrain_norm",
    "constraint_report",
]
