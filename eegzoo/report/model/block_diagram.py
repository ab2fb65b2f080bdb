"""Diagram of a model: its blocks with shapes and numbers of parameters."""

from __future__ import annotations

import copy
import dataclasses
from functools import partial
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import FancyBboxPatch
from torch import Tensor, nn

from eegzoo.models.base import parameter_like
from eegzoo.report.style import COLORS, GREY, NARROW, describe, one_axes, styled

# Layers that are listed in a block; of more, the first and the last are.
_MOST_LAYERS = 6
# Lists with more parts are one block.
_LONGEST_LIST = 4


@dataclasses.dataclass(frozen=True)
class Block:
    """Part of a model, as `model_blocks` returns it.

    Parameters
    ----------
    name : str
        Name in the model.
    kind : str
        Name of its class.
    layers : tuple of str
        Classes of the layers in it, in the order of their calls.
    shape : tuple of int
        Shape of its output for one window.
    n_params : int
        Number of parameters.
    follows : bool
        Whether its input is the output of the block before, perhaps in another shape.
    """

    name: str
    kind: str
    layers: tuple[str, ...]
    shape: tuple[int, ...]
    n_params: int
    follows: bool


@torch.no_grad()
def model_blocks(
    model: nn.Module, n_chans: int | None = None, n_times: int | None = None
) -> list[Block]:
    """Return the parts of a model in the order of their calls for one window.

    Parameters
    ----------
    model : nn.Module
        Model. It does not change.
    n_chans, n_times : int | None
        Shape of a window. None: the attributes of the model.

    Returns
    -------
    list of Block
        Parts that are called, each once.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> for block in model_blocks(model):
    ...     print(block.name, block.shape, block.n_params)
    front (16, 128) 656
    reduce (16, 32) 32
    separable (16, 4) 544
    head (2,) 130
    """
    twin = copy.deepcopy(model).eval()
    like = parameter_like([twin])
    n_chans = getattr(model, "n_chans", n_chans)
    n_times = getattr(model, "n_times", n_times)
    blocks: dict[str, Block] = {}
    latest: list[Tensor | None] = [None]
    inner: dict[str, list[str]] = {}

    def after(name: str, part: nn.Module, inputs: Any, out: Any) -> None:
        y = out[0] if isinstance(out, tuple) else out
        if not isinstance(y, Tensor):
            return
        known = blocks.get(name)
        if known is not None:  # the next part of a list, or another call
            blocks[name] = dataclasses.replace(known, shape=tuple(y.shape[1:]))
        else:
            x = next((x for x in inputs if isinstance(x, Tensor)), None)
            follows = not blocks or (
                x is not None and latest[0] is not None and _is_shape_only(x, latest[0])
            )
            n_params = sum(p.numel() for p in parts[name].parameters())
            layers, kind = tuple(inner.get(name, ())), type(parts[name]).__name__
            blocks[name] = Block(name, kind, layers, tuple(y.shape[1:]), n_params, follows)
        latest[0] = y.clone()

    parts = _parts(twin)
    for name, part in parts.items():
        for one in part if isinstance(part, nn.ModuleList) else [part]:
            one.register_forward_hook(partial(after, name))
            for layer in one.modules():
                if layer is not one and not any(layer.children()):
                    layer.register_forward_pre_hook(
                        lambda layer, _, name=name: inner.setdefault(name, []).append(
                            type(layer).__name__
                        )
                    )
    generator = torch.Generator().manual_seed(0)
    window = torch.randn(1, n_chans, n_times, generator=generator)  # type: ignore[arg-type]
    twin(window.to(like.device, like.dtype))
    return list(blocks.values())


def _parts(model: nn.Module) -> dict[str, nn.Module]:
    """Return the parts at the top of a model by name; short lists are divided."""
    children = dict(model.named_children())
    if len(children) == 1:  # a module in a wrapper
        name, inner = next(iter(children.items()))
        deeper = dict(inner.named_children())
        if deeper and not isinstance(inner, nn.ModuleList):
            return {f"{name}.{key}": part for key, part in deeper.items()}
    parts: dict[str, nn.Module] = {}
    for name, part in children.items():
        if isinstance(part, nn.ModuleList) and len(part) <= _LONGEST_LIST:
            parts.update({f"{name}.{key}": inner for key, inner in part.named_children()})
        else:
            parts[name] = part
    return parts


def _is_shape_only(x: Tensor, y: Tensor) -> bool:
    """Return whether a tensor has the values of another, perhaps in another shape or order."""
    return x is y or (
        x.numel() == y.numel() and bool(torch.equal(x.flatten().sort()[0], y.flatten().sort()[0]))
    )


@styled
def plot_blocks(model: nn.Module, axes: Axes | None = None) -> Figure | SubFigure:
    """Draw a model as blocks with their layers, output shapes and numbers of parameters.

    Arrows join blocks whose input is the output of the one above. Where there is none, the input
    is another tensor, or what the model computes in between.

    Parameters
    ----------
    model : EEGModel
        Model.
    axes : Axes | None
        Axes to draw in. None: those of a new figure.

    Returns
    -------
    Figure
        Figure with an alternative text.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> figure = plot_blocks(model)
    >>> figure.axes[0].texts[0].get_text()
    '8 channels × 128 samples'
    """
    blocks = model_blocks(model)
    texts = [_layers_text(block) for block in blocks]
    heights = [0.62 + (0.22 * (text.count("\n") + 1) if text else 0.0) for text in texts]
    gap = 0.36
    total = sum(heights) + gap * len(blocks) + 0.5
    figure, one = one_axes(axes, (NARROW, total))
    one.set_axis_off()
    one.set_xlim(0.0, NARROW)
    one.set_ylim(total, 0.0)
    y = 0.3
    plural = "" if model.n_chans == 1 else "s"
    window = f"{model.n_chans} channel{plural} × {model.n_times} samples"
    one.text(0.1, y - 0.1, window, fontsize="medium", va="center")
    for block, height, text in zip(blocks, heights, texts, strict=True):
        top = y + gap
        if block.follows:
            one.annotate("", (1.4, top - 0.02), (1.4, y + 0.04),
                         arrowprops={"arrowstyle": "-|>", "color": GREY})  # fmt: skip
        box = FancyBboxPatch(
            (0.12, top), NARROW - 1.75, height, boxstyle="round,pad=0.02,rounding_size=0.08",
            facecolor="#EAF2F8", edgecolor=COLORS[0],
        )  # fmt: skip
        one.add_patch(box)
        one.text(0.24, top + 0.18, block.name, va="center", fontweight="bold")
        params = f"{block.n_params:,} parameters" if block.n_params else "no parameters"
        one.text(NARROW - 1.72, top + 0.18, params, va="center", ha="right", fontsize="small")
        one.text(0.24, top + 0.42, block.kind, va="center", fontsize="small", color="#444444")
        one.text(0.24, top + 0.56, text, va="top", fontsize="small", color="#444444")
        shape = " × ".join(map(str, block.shape))
        one.text(NARROW - 1.5, top + height / 2, shape, va="center", fontsize="medium")
        y = top + height
    n_params = sum(p.numel() for p in model.parameters())
    listed = "; ".join(
        f"{block.name} to {' by '.join(map(str, block.shape))}, {block.n_params} parameters"
        for block in blocks
    )
    describe(
        one,
        f"Blocks of {type(model).__name__}, {n_params} parameters, for windows of {window}: "
        f"{listed}.",
    )
    return figure


def _layers_text(block: Block) -> str:
    """Return the layers of a block in lines, of a long list the first and the last."""
    layers = list(block.layers)
    if len(layers) > _MOST_LAYERS:
        half = _MOST_LAYERS // 2
        layers = [*layers[:half], f"… {len(layers) - _MOST_LAYERS} more …", *layers[-half:]]
    lines, line = [], ""
    for name in layers:
        longer = f"{line} → {name}" if line else name
        if len(longer) > 50 and line:
            lines.append(line)
            longer = f"→ {name}"
        line = longer
    return "\n".join([*lines, line] if line else lines)
