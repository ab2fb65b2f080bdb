"""Names of the weights of foundation models in braindecode 1.8.1, and in eegzoo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Names of modules in a transformer layer, theirs and ours.
_TIMM_LAYER = {
    "norm1": "attend.0", "attn.qkv": "attend.1.qkv", "attn.proj": "attend.1.out",
    "norm2": "expand.0", "mlp.fc1": "expand.1", "mlp.fc2": "expand.3",
}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """Tensors of braindecode's model and the tensor of ours with the same values.

    Parameters
    ----------
    theirs : tuple of str
        Names of their tensors, which are concatenated along the first axis.
    ours : str
        Name of our tensor.
    axes : tuple of int
        Axes of length one that theirs have and ours has not.
    is_table : bool
        Whether the rows are positions or channels, of which they may have another number.
    """

    theirs: tuple[str, ...]
    ours: str
    axes: tuple[int, ...] = ()
    is_table: bool = False


@dataclass(frozen=True)
class KeyMap:
    """Pairs of tensors of an architecture.

    Parameters
    ----------
    pairs : callable
        Function that returns the pairs without the head, given the number of layers.
    head : tuple of Pair
        Pairs of the head, and of a normalisation that belongs to one kind of pooling.
    ignored : tuple of str
        Shell-style patterns of their names that we do not have.
    layers : str
        Start of the names of their layers, which their number follows.
    arguments : mapping of str to str
        Names of their arguments, and of ours with the same value.
    """

    pairs: Callable[[int], list[Pair]]
    head: tuple[Pair, ...]
    ignored: tuple[str, ...]
    layers: str
    arguments: Mapping[str, str]


def _module(
    theirs: str,
    ours: str,
    tensors: tuple[str, ...] = ("weight", "bias"),
    axes: tuple[int, ...] = (),
) -> list[Pair]:
    """Return the pairs of a module; `axes` are those of its weight."""
    return [
        Pair((f"{theirs}.{name}",), f"{ours}.{name}", axes if name == "weight" else ())
        for name in tensors
    ]


def _pairs_of(places: Mapping[str, str], theirs: str = "", ours: str = "") -> list[Pair]:
    return [
        pair
        for their, our in places.items()
        for pair in _module(f"{theirs}{their}", f"{ours}{our}")
    ]


def _labram(depth: int) -> list[Pair]:
    convolutions = {
        f"{kind}{number}": f"layers.{3 * (number - 1) + place}"
        for number in (1, 2, 3)
        for place, kind in enumerate(("conv", "norm"))
    }
    layer = {
        "norm1": "attend.0", "attn.q_norm": "attend.1.query_norm",
        "attn.k_norm": "attend.1.key_norm", "attn.proj": "attend.1.out", "norm2": "expand.0",
        "mlp.0": "expand.1", "mlp.2": "expand.3",
    }  # fmt: skip
    pairs = [
        Pair(("cls_token",), "class_token", (0, 1)),
        Pair(("position_embedding",), "electrodes", (0,)),
        Pair(("temporal_embedding",), "seconds", (0,), is_table=True),
        *_pairs_of(convolutions, "patch_embed.temporal_conv.", "patches."),
    ]
    for number in range(depth):
        theirs, ours = f"blocks.{number}.", f"transformer.{number}."
        pairs += _pairs_of(layer, theirs, ours)
        pairs += _module(f"{theirs}attn.qkv", f"{ours}attend.1.qkv", ("weight",))
        pairs += [
            Pair((f"{theirs}gamma_1",), f"{ours}attend.3.weight"),
            Pair((f"{theirs}gamma_2",), f"{ours}expand.5.weight"),
        ]
    return pairs


def _biot(depth: int) -> list[Pair]:
    layer = {
        "0.norm": "attend.0", "0.fn.to_out": "attend.1.out", "1.norm": "expand.0",
        "1.fn.fn.w1": "expand.1", "1.fn.fn.w2": "expand.3",
    }  # fmt: skip
    pairs = [
        *_module("encoder.patch_embedding.projection", "spectrum"),
        Pair(("encoder.channel_tokens.weight",), "channels.weight", is_table=True),
    ]
    for number in range(depth):
        theirs = f"encoder.transformer.layers.layers.{number}."
        pairs += _pairs_of(layer, theirs, f"transformer.{number}.")
        parts = tuple(f"{theirs}0.fn.to_{part}.weight" for part in "qkv")
        pairs.append(Pair(parts, f"transformer.{number}.attend.1.qkv.weight"))
    return pairs


def _cbramod(depth: int) -> list[Pair]:
    layer = {
        "norm1": "attend_norm", "self_attn_s.out_proj": "attend_channels.out",
        "self_attn_t.out_proj": "attend_time.out", "norm2": "expand.0", "linear1": "expand.1",
        "linear2": "expand.4",
    }  # fmt: skip
    convolutions = {f"proj_in.{n}": f"patches.convolutions.{n}" for n in (0, 1, 3, 4, 6, 7)}
    pairs = _pairs_of(
        {
            **convolutions,
            "positional_encoding.0": "position",
            "spectral_proj.0": "patches.spectrum",
        },
        "patch_embedding.",
    )
    for number in range(depth):
        theirs, ours = f"encoder.layers.{number}.", f"transformer.{number}."
        pairs += _pairs_of(layer, theirs, ours)
        for their, our in (("self_attn_s", "attend_channels"), ("self_attn_t", "attend_time")):
            pairs += [
                Pair((f"{theirs}{their}.in_proj_{name}",), f"{ours}{our}.qkv.{name}")
                for name in ("weight", "bias")
            ]
    return pairs


def _steegformer(depth: int) -> list[Pair]:
    layer = {
        "0.fn.0": "attend.0", "0.fn.1.projection": "attend.1.out", "1.fn.0": "expand.0",
        "1.fn.1.0": "expand.1", "1.fn.1.3": "expand.3",
    }  # fmt: skip
    pairs = [
        Pair(("cls_token",), "class_token", (0, 1)),
        *_module("patch_embed.proj", "patches"),
        *_module("channel_pos.embedding", "electrodes", ("weight",)),
    ]
    for number in range(depth):
        theirs, ours = f"encoder.{number}.", f"transformer.{number}."
        pairs += _pairs_of(layer, theirs, ours)
        for name in ("weight", "bias"):
            parts = tuple(f"{theirs}0.fn.1.{part}.{name}" for part in ("queries", "keys", "values"))
            pairs.append(Pair(parts, f"{ours}attend.1.qkv.{name}"))
    return pairs


def _eegpt(depth: int) -> list[Pair]:
    pairs = [
        Pair(("target_encoder.summary_token",), "summaries", (0,)),
        *_module("target_encoder.patch_embed.proj", "patches"),
        *_module("target_encoder.chan_embed", "electrodes", ("weight",)),
        *_module("target_encoder.norm", "norm"),
    ]
    for number in range(depth):
        theirs, ours = f"target_encoder.blocks.{number}.", f"transformer.{number}."
        pairs += _pairs_of(_TIMM_LAYER, theirs, ours)
    return pairs


def _signal_jepa(depth: int) -> list[Pair]:
    pairs = _module("feature_encoder.1.2", "convolutions.0.2")
    for number in range(5):
        pairs += _module(f"feature_encoder.{number + 1}.0", f"convolutions.{number}.0", ("weight",))
    return [*pairs, *_module("spatial_conv.1", "spatial", axes=(1,))]


def _constrained(theirs: str, ours: str) -> tuple[Pair, Pair]:
    return (
        Pair((f"{theirs}.parametrizations.weight.original",), f"{ours}.weight"),
        Pair((f"{theirs}.bias",), f"{ours}.bias"),
    )


KEY_MAPS: Mapping[str, KeyMap] = {
    "labram": KeyMap(
        # With another pooling, braindecode's last normalisation is that of the pretraining.
        _labram, (*_module("final_layer", "head"), *_module("fc_norm", "norm")), ("norm.*",),
        "blocks.",
        {"num_layers": "depth", "num_heads": "n_heads", "conv_out_channels": "n_filters",
         "patch_size": "patch_length"},
    ),
    "biot": KeyMap(
        _biot, tuple(_module("final_layer.classification_head", "head.1")),
        ("encoder.positional_encoding.pe",), "encoder.transformer.layers.layers.",
        {"num_layers": "depth", "num_heads": "n_heads", "embed_dim": "embed_dim",
         "hop_length": "patch_stride"},
    ),
    # The authors leave out proj_out in fine-tuning, and have other heads.
    "cbramod": KeyMap(
        _cbramod, (), ("patch_embedding.mask_encoding", "proj_out.*", "final_layer.*"),
        "encoder.layers.", {"n_layer": "depth", "nhead": "n_heads", "patch_size": "patch_length"},
    ),
    # Their last normalisation belongs to another pooling.
    "steegformer": KeyMap(
        _steegformer, tuple(_module("final_layer", "head")), ("norm.*",), "encoder.",
        {"embed_dim": "embed_dim", "depth": "depth", "num_heads": "n_heads",
         "mlp_ratio": "expansion", "patch_size": "patch_length"},
    ),
    "eegpt": KeyMap(
        _eegpt,
        (*_constrained("final_layer.probe1", "head.2"),
         *_constrained("final_layer.probe2", "head.4")),
        ("chans_id", "chan_proj.*"), "target_encoder.blocks.",
        {"embed_dim": "embed_dim", "depth": "depth", "num_heads": "n_heads",
         "embed_num": "n_summaries", "patch_size": "patch_length",
         "patch_stride": "patch_stride"},
    ),
    "signal_jepa": KeyMap(
        _signal_jepa, tuple(_module("final_layer.1", "head")), (), "",
        {"n_spat_filters": "n_filters"},
    ),
}  # fmt: skip
