"""Refusal of tools that read the stored weight of a constrained layer, and compute with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from eegzoo.torch_modules import stored_tensor

_TOOLS = ("peft.", "torch.ao.quantization.", "torch.nn.utils.fusion.", "torchao.")
"""Packages that compute a new weight from ``weight`` and store it in the same layer or a copy."""


class GuardedWeight(nn.Module):
    """Mixin for layers with a ``weight`` that some tools must not read.

    These tools fold a normalisation into the weight, merge an adapter with it, or quantize it. They
    take the layer for a plain one: they read the stored weight, which may be beyond the limits, and
    the layer then projects what they have stored. Both are wrong without any error. The tools are
    known by their names, since they read the weight as everyone else does.

    Examples
    --------
    >>> from eegzoo.layers import ConstrainedConv1d, bake
    >>> layer, norm = ConstrainedConv1d(8, 4, 5).eval(), torch.nn.BatchNorm1d(4).eval()
    >>> torch.nn.utils.fusion.fuse_conv_bn_eval(layer, norm)
    Traceback (most recent call last):
    TypeError: expected plain torch layers, got a ConstrainedConv1d: torch.nn.utils.fusion would ...
    >>> torch.nn.utils.fusion.fuse_conv_bn_eval(bake(layer), norm)
    Conv1d(8, 4, kernel_size=(5,), stride=(1,), padding=(2,))
    """

    def _read(self) -> Tensor:
        # Also without a limit: peft builds a layer of the same class, which has the default one.
        if not torch.compiler.is_compiling():
            reader = sys._getframe(1).f_globals.get("__name__", "")
            if f"{reader}.".startswith(_TOOLS):
                raise TypeError(
                    f"expected plain torch layers, got a {type(self).__name__}: {reader} would "
                    "read its stored weight, and the layer would project the result again; "
                    "call eegzoo.layers.bake first"
                )
        return stored_tensor(self, "weight")

    def _write(self, value: Tensor) -> None:
        vars(self)["weight"] = value  # a computed weight; torch stores parameters elsewhere

    def _delete(self) -> None:
        del vars(self)["weight"]

    if TYPE_CHECKING:
        weight: Tensor
    else:
        weight = property(_read, _write, _delete)
