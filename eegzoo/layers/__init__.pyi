from .attention.additive_attention import AdditiveAttention
from .attention.grouped_query import GroupedQueryAttention, RotaryPositions
from .attention.multi_head import MultiHeadAttention
from .attention.positions import SinusoidalPositions
from .attention.residual_parts import ResidualParts
from .attention.rms_norm import RMSNorm
from .attention.squeeze_excitation import SqueezeExcitation
from .attention.vision_transformer import DropPath, FusedAttention, LayerScale, TransformerLayer
from .blocks.dense_mixture import DenseMixture
from .blocks.eegnet_blocks import depthwise_front, norm_pool
from .blocks.parallel_linear import ParallelLinear
from .blocks.same_padded import SameConv1d, SameMaxPool1d
from .blocks.tcn import TCNBlock
from .constrained.bake import bake
from .constrained.convolution import ConstrainedConv1d, ConstrainedConv2d
from .constrained.convolution3d import ConstrainedConv3d
from .constrained.dense import ConstrainedDense
from .constrained.embedding import ConstrainedEmbedding
from .constrained.norm_constraint import NormConstraint
from .constrained.norm_report import constraint_report
from .constrained.norms import constrain_norm
from .constrained.recurrent import ConstrainedGRU, ConstrainedLSTM
from .constrained.separable import DepthwiseConv2d, SeparableConv2d
from .constrained.swap import constrain
from .constrained.transposed import ConstrainedConvTranspose1d, ConstrainedConvTranspose2d
from .dropout import Dropout
from .fast_conv.dense_conv1d import dense_conv1d
from .fast_conv.measured_choice import fixed_algorithm
from .fronts.depthwise import DepthwiseConv1d
from .fronts.filter_bank import FilterBank
from .fronts.temporal_spatial import TemporalSpatialConv, fused_fronts
from .person.batch_norm import PersonBatchNorm1d, PersonBatchNorm2d, by_person
from .person.feature_norm import FeatureNorm
from .person.fit_statistics import fit_person_statistics
from .person.person_statistics import PersonStatistics, person_layers, set_people
from .person.virtual_channels import VirtualChannels
from .recurrent.bidirectional import BidirectionalRNN
from .recurrent.peephole_lstm import PeepholeLSTM

__all__ = [
    "AdditiveAttention",
    "BidirectionalRNN",
    "ConstrainedConv1d",
    "ConstrainedConv2d",
    "ConstrainedConv3d",
    "ConstrainedConvTranspose1d",
    "ConstrainedConvTranspose2d",
    "ConstrainedDense",
    "ConstrainedEmbedding",
    "ConstrainedGRU",
    "ConstrainedLSTM",
    "DenseMixture",
    "DepthwiseConv1d",
    "DepthwiseConv2d",
    "DropPath",
    "Dropout",
    "FeatureNorm",
    "FilterBank",
    "FusedAttention",
    "GroupedQueryAttention",
    "LayerScale",
    "MultiHeadAttention",
    "NormConstraint",
    "ParallelLinear",
    "PeepholeLSTM",
    "PersonBatchNorm1d",
    "PersonBatchNorm2d",
    "PersonStatistics",
    "RMSNorm",
    "ResidualParts",
    "RotaryPositions",
    "SameConv1d",
    "SameMaxPool1d",
    "SeparableConv2d",
    "SinusoidalPositions",
    "SqueezeExcitation",
    "TCNBlock",
    "TemporalSpatialConv",
    "TransformerLayer",
    "VirtualChannels",
    "bake",
    "by_person",
    "constrain",
    "constrain_norm",
    "constraint_report",
    "dense_conv1d",
    "depthwise_front",
    "fit_person_statistics",
    "fixed_algorithm",
    "fused_fronts",
    "norm_pool",
    "person_layers",
    "set_people",
]
