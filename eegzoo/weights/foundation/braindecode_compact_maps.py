"""Which weights of compact architectures are those of which in braindecode 1.8.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eegzoo.models.base import EEGModel


@dataclass(frozen=True)
class CompactMap:
    """Modules of braindecode's model and those of ours with the same values.

    Parameters
    ----------
    modules : mapping of str to str, or callable
        Names of their modules, and of ours, or a function of our model that returns them. The last
        one is the head.
    joined : mapping of str to tuple of str
        Our modules whose values are those of several of theirs, one after the other.
    norm_after : mapping of str to str
        Our modules with a bias that theirs lack, and the batch normalisation after each, whose mean
        takes the bias in braindecode's model.
    eps : float | None
        Epsilon of their batch normalisations, if ours have another.
    arguments : mapping of str to str
        Names of our arguments, and of theirs with the same value.
    tuples : mapping of str to tuple of tuple
        Names of our arguments that are tuples, and for each entry the name of their argument and
        the factor that makes the entry of it.
    fixed : mapping of str to object
        Names of their arguments that we do not have, and the only values that ours computes.
    odd : tuple of str
        Our arguments of kernel lengths that are odd: braindecode pads a kernel of even length like
        one that has a zero more at its end.
    """

    modules: Mapping[str, str] | Callable[[Any], Mapping[str, str]]
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    norm_after: Mapping[str, str] = field(default_factory=dict)
    eps: float | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    tuples: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)
    odd: tuple[str, ...] = ()

    def modules_of(self, model: EEGModel) -> Mapping[str, str]:
        """Return the names of their modules, and of ours, for a model of ours."""
        return self.modules(model) if callable(self.modules) else self.modules


_MOST_LAYERS = 24


def _eegconformer() -> dict[str, str]:
    modules = {
        "patch_embedding.shallownet.0": "front.temporal",
        "patch_embedding.shallownet.1": "front.spatial",
        "patch_embedding.shallownet.2": "tokens.0",
        "patch_embedding.projection.0": "tokens.4",
    }
    layer = {
        "0.fn.0": "attend.0", "0.fn.1.queries": "attend.1.query", "0.fn.1.keys": "attend.1.key",
        "0.fn.1.values": "attend.1.value", "0.fn.1.projection": "attend.1.out",
        "1.fn.0": "expand.0", "1.fn.1.0": "expand.1", "1.fn.1.3": "expand.4",
    }  # fmt: skip
    for number in range(_MOST_LAYERS):
        modules |= {
            f"transformer.{number}.{theirs}": f"transformer.{number}.{ours}"
            for theirs, ours in layer.items()
        }
    return {**modules, "fc.fc.0": "head.0", "fc.fc.3": "head.3", "final_layer": "head.6"}


def _eeginception_erp() -> dict[str, str]:
    modules: dict[str, str] = {}
    for branch in range(3):
        theirs, ours = f"inception_block_1.branches.{branch}", f"scales.{branch}"
        modules |= {f"{theirs}.{place}": f"{ours}.{place}" for place in (0, 1, 4, 5)}
    for branch in range(3):
        theirs, ours = f"inception_block_2.branches.{branch}", f"finer_scales.{branch}"
        modules |= {f"{theirs}.{place}": f"{ours}.{place}" for place in (0, 1)}
    places = {0: 1, 1: 2, 5: 6, 6: 7}
    modules |= {f"final_block.{theirs}": f"reduce.{ours}" for theirs, ours in places.items()}
    return {**modules, "final_layer.fc": "head"}


def _bdtcn(model: Any) -> dict[str, str]:
    layer = {"conv1": "body.0", "conv2": "body.3", "downsample": "shortcut"}
    modules = {
        f"base_tcn.temporal_blocks.temporal_block_{block}.{theirs}": f"blocks.{block}.{ours}"
        for block in range(model.depth)
        for theirs, ours in layer.items()
    }
    return {**modules, "base_tcn.final_layer.fc": "head"}


def _eegitnet() -> dict[str, str]:
    modules: dict[str, str] = {}
    for branch in range(3):
        theirs, ours = f"inception_block.branches.{branch}", f"scales.{branch}"
        front = {"0": "temporal", "1": "norm", "2": "spatial"}
        modules |= {f"{theirs}.{their}": f"{ours}.{our}" for their, our in front.items()}
    for block in range(4):
        theirs, ours = f"TC_block{block + 1}", f"tcn.{block}"
        layer = {"tc1.0": 0, "tc1.1": 1, "tc2.0": 4, "tc2.1": 5}
        modules |= {f"{theirs}.{their}": f"{ours}.{our}" for their, our in layer.items()}
    reduce = {f"dim_reduction.{place}": f"mix.{place}" for place in (0, 1)}
    return {**modules, **reduce, "final_layer": "head"}


def _sparcnet(model: Any) -> dict[str, str]:
    modules = {"encoder.conv0": "front.0", "encoder.norm0": "front.1"}
    for block in range(len(model.blocks)):
        ours = f"blocks.{block}"
        for number in range(model.depth):
            theirs = f"encoder.denseblock{block + 1}.denselayer{number + 1}"
            layer = {"norm1": 0, "conv1": 2, "norm2": 3, "conv2": 5}
            modules |= {f"{theirs}.{their}": f"{ours}.{number}.{our}"
                        for their, our in layer.items()}  # fmt: skip
        theirs, ours = f"encoder.transition{block + 1}", f"{ours}.{model.depth}"
        modules |= {f"{theirs}.norm": f"{ours}.0", f"{theirs}.conv": f"{ours}.2"}
    return {**modules, "final_layer": "head"}


def _tidnet(model: Any) -> dict[str, str]:
    temporal, spatial = model.depths
    collapse = "dscnn.spatial.channel_collapse"
    modules = {
        "dscnn.temporal.2.residual": "shortcut",
        f"{collapse}.conv": "mix.0",
        f"{collapse}.batch_norm": "mix.2",
    }
    modules |= {f"dscnn.temporal.2.net.{layer}.0": f"temporal.{2 * layer}"
                for layer in range(temporal)}  # fmt: skip
    for layer in range(spatial):
        modules |= {f"dscnn.spatial.net.{layer}.net.{place}": f"spatial.{layer}.{place}"
                    for place in (0, 2, 3, 5)}  # fmt: skip
    return {**modules, "final_layer.0": "head"}


_POOLED = {
    "n_filters": "n_filters_time", "kernel_length": "filter_time_length",
    "pool_length": "pool_time_length", "pool_stride": "pool_time_stride",
}  # fmt: skip

COMPACT_MAPS: Mapping[str, CompactMap] = {
    "shallow_convnet": CompactMap(
        {"conv_time_spat.conv_time": "front.temporal", "conv_time_spat.conv_spat": "front.spatial",
         "bnorm": "norm", "final_layer.conv_classifier": "head"},
        arguments=_POOLED,
    ),
    "deep_convnet": CompactMap(
        {"conv_time_spat.conv_time": "front.temporal", "conv_time_spat.conv_spat": "front.spatial",
         "bnorm": "first.0",
         **{f"{kind}_{number + 2}": f"blocks.{number}.{place}"
            for number in range(3) for place, kind in enumerate(("conv", "bnorm"))},
         "final_layer.conv_classifier": "head"},
        norm_after={"front.spatial": "first.0",
                    **{f"blocks.{number}.0": f"blocks.{number}.1" for number in range(3)}},
        arguments=_POOLED,
    ),
    "eegnet": CompactMap(
        {"conv_temporal": "front.temporal", "bnorm_temporal": "front.norm",
         "conv_spatial": "front.spatial", "bnorm_1": "reduce.0",
         "conv_separable_depth": "separable.0", "conv_separable_point": "separable.1",
         "bnorm_2": "separable.2", "final_layer.conv_classifier": "head"},
        arguments={"F1": "F1", "D": "D", "F2": "F2", "kernel_length": "kernel_length",
                   "second_kernel_length": "depthwise_kernel_length"},
        odd=("kernel_length", "second_kernel_length"),
    ),
    "eegconformer": CompactMap(
        _eegconformer(),
        arguments={**_POOLED, "embed_dim": "n_filters_time", "depth": "num_layers",
                   "n_heads": "num_heads"},
    ),
    "eeginception_erp": CompactMap(_eeginception_erp(), eps=1e-5),
    "bdtcn": CompactMap(
        _bdtcn,
        arguments={"n_filters": "n_filters", "depth": "n_blocks", "kernel_length": "kernel_size"},
    ),
    "eegitnet": CompactMap(
        _eegitnet(),
        joined={"reduce.0": tuple(f"inception_block.branches.{branch}.3" for branch in range(3))},
        arguments={"tcn_kernel_length": "tcn_kernel_size"},
        tuples={
            "n_filters": tuple(("n_filters_time", factor) for factor in (1, 2, 4)),
            "kernel_lengths": tuple(("kernel_length", factor) for factor in (1, 2, 4)),
            "pool_lengths": (("pool_kernel", 1), ("tcn_kernel_size", 1)),
        },
        fixed={"tcn_dilatation": 1},
    ),
    "tidnet": CompactMap(
        _tidnet,
        arguments={"pool_length": "pooling", "expansion": "bottleneck"},
        tuples={
            "n_filters": (("t_filters", 1), ("s_growth", 1)),
            "depths": (("temp_layers", 1), ("spat_layers", 1)),
        },
        fixed={"summary": -1, "temp_span": 0.05},
    ),
    "sparcnet": CompactMap(
        _sparcnet,
        arguments={"n_filters": "growth_rate", "depth": "block_layers",
                   "expansion": "bottleneck_size"},
        fixed={
            "stride_conv0": 2, "padding_conv0": 3, "kernel_size_pool": 3, "stride_pool": 2,
            "padding_pool": 1, "stride_conv1": 1, "stride_conv2": 1, "padding_conv2": 1,
            "kernel_size_trans": 2, "stride_trans": 2,
        },
    ),
}  # fmt: skip

_NO_MAP = "no map of its weights has been proved"
# Why weights of other architectures of both do not move.
DIFFERENCES: Mapping[str, str] = {
    "atcnet": _NO_MAP,
    "luna": "it leaves out two normalisations that the authors' weights have",
    "attnsleep": "its feature extractor has more weights than the authors' code",
    "contrawr": "its residual blocks have ELU, the author's code ReLU",
    "ctnet": _NO_MAP,
    "deepsleepnet": "it has torch's LSTM, the authors' code one with peepholes",
    "eegnex": "it normalises filters, the authors' code samples",
    "eeginception_mi": _NO_MAP,
    "eegsym": _NO_MAP,
    "eegtcnet": "its dilated convolutions have no biases",
    "fbcnet": "it filters with FIR filters, the authors' code with Chebyshev filters in both ways",
    "fbmsnet": "it filters with FIR filters, the authors' code with Chebyshev filters",
    "sinc_shallow_net": _NO_MAP,
    "stagernet": "it pads kernels of even length by one sample more",
    "usleep": _NO_MAP,
}
