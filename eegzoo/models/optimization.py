"""Models that are only used, not trained: everything constant is computed once."""

from __future__ import annotations

import copy
from typing import Any, Self

import torch
from torch import Tensor, nn

from eegzoo.layers.blocks.same_padded import SameConv1d
from eegzoo.layers.constrained.bake import bake
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.eager import is_eager_on_cpu
from eegzoo.layers.fast_conv.fast_layers import FastConstrainedConv1d, FastConv1d
from eegzoo.layers.fronts.data_flow import followed_by
from eegzoo.layers.fronts.depthwise import DepthwiseConv1d
from eegzoo.layers.fronts.folded_front import FoldedFront, fold_front
from eegzoo.layers.fronts.norm_folding import (
    fold_norm_,
    is_foldable_norm,
    is_linear_layer,
)
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.layers.padding import padding_layer
from eegzoo.models.base import EEGModel, keep_in_evaluation, release
from eegzoo.models.shorter_way import OneWindowModel
from eegzoo.torch_internals import (
    padding_of,
    set_padding,
)

DROPOUTS = (
    nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout,
)  # fmt: skip

# Subclasses of convolutions whose outputs can be scaled like theirs.
_ALSO_LINEAR = (SameConv1d, DepthwiseConv1d, FastConv1d)


class OptimizedModel(nn.Module):
    """Model for inference, made by `optimize_for_inference`.

    It is called like the original, also with the further arguments of a sequence model, and has its
    `n_chans`, `n_times`, `n_outputs`, `sfreq`, `ch_names` and `features`. Its parameters need no
    gradient, and ``train()`` raises an error.

    Parameters
    ----------
    network : EEGModel
        Network in evaluation mode with folded layers.
    one_window : nn.Module | None
        Function of `network` for a batch of one window on a CPU. None: `network` computes it.

    Examples
    --------
    >>> model = eegzoo.create_model("tinysleepnet", n_chans=1, n_times=3000, n_outputs=5, sfreq=100)
    >>> fast = eegzoo.optimize_for_inference(model)
    >>> logits, state = fast(torch.randn(2, 3, 1, 3000), return_state=True)
    >>> logits.shape, fast.n_times
    (torch.Size([2, 3, 5]), 3000)
    """

    def __init__(self, network: EEGModel, one_window: nn.Module | None = None) -> None:
        super().__init__()
        self.network = network
        self.one_window = one_window
        self._one_shape = (1, network.n_chans, network.n_times)
        self.n_chans, self.n_times = network.n_chans, network.n_times
        self.n_outputs, self.sfreq = network.n_outputs, network.sfreq
        self.ch_names = network.ch_names
        self.num_features = getattr(network, "num_features", None)  # not of own modules
        self.requires_grad_(False)
        self.eval()
        keep_in_evaluation(network)

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Any:
        """Map windows to outputs, as the original does.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times)
            Windows in microvolts.
        *args, **kwargs
            Further arguments of the original's ``forward``.

        Returns
        -------
        Tensor, shape (batch, n_outputs)
            Logits, or what else the original returns.
        """
        # A graph must hold for any batch, which a shape would make a constant, and libraries that
        # run graphs choose their own order.
        if is_eager_on_cpu(x) and x.shape == self._one_shape and x.is_floating_point():
            fast = self.one_window
            if fast is not None:
                return fast(x, *args, **kwargs)
        return self.network(x, *args, **kwargs)

    def features(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """Map windows to features, as the original does."""
        return self.network.features(x, *args, **kwargs)

    def train(self, mode: bool = True) -> Self:
        """Raise an error unless `mode` is False: what training needs has been removed."""
        if mode:
            raise RuntimeError(
                "expected evaluation mode, got train(): a model made by optimize_for_inference "
                "cannot be trained; train the original and optimize it again"
            )
        return super().train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Raise an error unless `requires_grad` is False."""
        if requires_grad:
            raise RuntimeError(
                "expected requires_grad=False, got True: the weights of a model made by "
                "optimize_for_inference cannot be trained; train the original"
            )
        return super().requires_grad_(False)

    def extra_repr(self) -> str:
        """Return the original's class and sizes."""
        return (
            f"{type(self.network).__name__} for inference, n_chans={self.n_chans}, "
            f"n_times={self.n_times}, n_outputs={self.n_outputs}, sfreq={self.sfreq:g}"
        )


def optimize_for_inference(model: EEGModel) -> OptimizedModel:
    """Return a model with the same outputs that is faster and can be used, but not trained.

    - Norm constraints are baked into the weights, which are then checked no more.
    - Batch normalisations are folded into the convolutions and dense layers before them, where
      these have no other use.
    - A linear front (`TemporalSpatialConv`) becomes one or two convolutions with constant weights,
      in the order that takes fewer operations.
    - Dropout is removed.
    - `EEGNet` and `DeepConvNet` get a second set of weights for a single window on a CPU, as in an
      online session.

    Constants are computed in float64; the outputs differ by rounding only. A layer with hooks, a
    parametrisation or a ``forward`` of its own stays as it is, and so do models in half precision
    but for constraints and dropout.

    Parameters
    ----------
    model : EEGModel
        Model in any mode. It is not changed.

    Returns
    -------
    OptimizedModel
        Model in evaluation mode with the dtype and device of `model`.

    Raises
    ------
    TypeError
        If `model` is not an EEGModel, such as a model that is already optimized.

    See Also
    --------
    eegzoo.layers.bake : Replace constrained layers only; the result can be trained.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=256, n_outputs=4, sfreq=256)
    >>> fast = eegzoo.optimize_for_inference(model)
    >>> x = torch.randn(1, 8, 256)
    >>> torch.testing.assert_close(fast(x), model.eval()(x))
    """
    if not isinstance(model, EEGModel):
        raise TypeError(f"expected model to be an EEGModel, got {type(model).__name__}")
    network = copy.deepcopy(model)
    release(network)
    network.frozen_parts = ()
    network.eval().requires_grad_(False)
    one_window = network.fold_one_window() if isinstance(network, OneWindowModel) else None
    _fold_fronts(network)
    _fold_norms(network)
    _replace(network, lambda module: nn.Identity() if _is_dropout(module) else None)
    _replace(network, _baked)
    return OptimizedModel(network, one_window)


def _fold_fronts(network: EEGModel) -> None:
    def folded(module: nn.Module) -> nn.Module | None:
        if type(module) is not TemporalSpatialConv or module.temporal.weight.is_meta:
            return None
        return fold_front(module, network.n_times)

    _replace(network, folded)


def _fold_norms(network: EEGModel) -> None:
    like = next(network.parameters())
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, network.n_chans, network.n_times, generator=generator)
    x = x.to(like.device, like.dtype)
    linear = [
        module
        for module in network.modules()
        if isinstance(module, FoldedFront) or is_linear_layer(module, _ALSO_LINEAR)
    ]
    norms = [module for module in network.modules() if is_foldable_norm(module)]
    with torch.no_grad():
        pairs = followed_by(lambda: network(x), linear, norms)
    for layers, norm in pairs:
        start = 0
        for layer in layers:  # each has its part of the maps
            if isinstance(layer, FoldedFront):
                layer.fold_(norm, start)
            else:
                fold_norm_(layer, norm, start)
            weight: Tensor = layer.weight  # type: ignore[assignment]
            start += len(weight)
    folded = {norm for _, norm in pairs}
    _replace(network, lambda module: nn.Identity() if module in folded else None)


def _baked(module: nn.Module) -> nn.Module | None:
    if not isinstance(module, NormConstraint):
        return None
    try:
        plain = bake(module)
    except TypeError:  # a forward of its own, which computes the constraint
        return None
    if isinstance(module, FastConstrainedConv1d) and type(plain) is nn.Conv1d:
        plain.__class__ = FastConv1d
    if isinstance(plain, (nn.Conv1d, nn.Conv2d, nn.Conv3d)) and plain.padding == "same":
        # With an even kernel, torch's own "same" warns, and copies the input twice.
        amounts = padding_of(plain)
        plain.padding = (0,) * len(plain.kernel_size)
        set_padding(plain, [0] * len(amounts))
        return nn.Sequential(padding_layer(amounts), plain)
    return plain


def _is_dropout(module: nn.Module) -> bool:
    return isinstance(module, DROPOUTS)


def _replace(network: nn.Module, replacement: Any) -> None:
    """Replace modules in all places where they are used."""
    new = {module: replacement(module) for module in network.modules() if module is not network}
    places = [
        (*path.rpartition(".")[::2], module)
        for path, module in network.named_modules(remove_duplicate=False)
        if new.get(module) is not None
    ]
    parents = {parent: network.get_submodule(parent) for parent, _, _ in places}
    for parent, name, module in places:
        setattr(parents[parent], name, new[module])
