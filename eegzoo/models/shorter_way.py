"""Outputs of one window that are computed by a shorter way than a model's layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.layers.fronts.norm_folding import is_untouched
from eegzoo.layers.fronts.temporal_spatial import may_be_fused
from eegzoo.layers.latest_by_state import LatestByState, is_unobserved
from eegzoo.models.base import EEGModel
from eegzoo.torch_modules import ModuleState


class OneWindowModel(EEGModel):
    """Model that computes one window in evaluation by fewer calls, made of its layers when needed.

    A subclass overrides `fold_layers`, which its own subclasses inherit only together with the
    methods that compute by the layers.

    Examples
    --------
    >>> sizes = {"n_chans": 4, "n_times": 512, "n_outputs": 2, "sfreq": 128}
    >>> model = eegzoo.create_model("deep_convnet", **sizes).eval()
    >>> type(model.fold_one_window()).__name__
    'ConvPoolWindow'
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._latest_one_window = LatestByState()

    def by_shorter_way(self, x: Tensor) -> Tensor | None:
        """Return the logits of one window in evaluation, else None."""
        if self.training or x.shape != (1, self.n_chans, self.n_times) or not may_be_fused():
            return None
        # A gradient to the window itself will be computed, which takes the layers anyway.
        if not is_unobserved(x) or (x.requires_grad and torch.is_grad_enabled()):
            return None
        fold = OneWindowModel.fold_one_window
        state, one_window = self._latest_one_window.get_with_state(self, fold)
        if one_window is None or one_window.head_bias.dtype is not x.dtype:
            return None
        return with_gradients_of_layers(one_window.forward, state, x)

    def fold_one_window(self) -> nn.Module | None:
        """Return the function of one window in evaluation, or None if this has no shorter way."""
        # A subclass may compute otherwise, and so may methods that are replaced on the model.
        if "fold_layers" not in vars(type(self)):
            return None
        if not {"features", "forward"}.isdisjoint(vars(self)) or self.feature_norm is not None:
            return None
        _, *parts = self.modules()
        return self.fold_layers() if all(map(is_untouched, parts)) else None

    def fold_layers(self) -> nn.Module | None:
        """Return the function of one window, with its ``head_bias``, or None if this has none.

        No part of the model has hooks or a ``forward`` of its own when this is called.
        """
        raise NotImplementedError


def with_gradients_of_layers(
    shorter: Callable[[Tensor], Tensor], state: ModuleState, x: Tensor
) -> Tensor:
    """Return ``shorter(x)``, with the gradients of a model's layers.

    The layers compute only when a gradient is asked for, with the tensors and settings that the
    model had in the forward pass. As after a forward pass of the layers, a gradient after a tensor
    was changed in place is an error. Gradients have gradients.

    Parameters
    ----------
    shorter : callable
        Function of windows with the outputs of the model's ``head(features(x))``.
    state : ModuleState
        State of the model, which holds.
    x : Tensor, shape (batch, n_chans, n_times)
        Windows.

    Returns
    -------
    Tensor, shape (batch, n_outputs)
        Outputs.

    Examples
    --------
    >>> model = eegzoo.create_model("xeegnet", n_chans=2, n_times=256, n_outputs=2, sfreq=128)
    >>> x, state = torch.randn(1, 2, 256), ModuleState(model.eval())
    >>> outputs = with_gradients_of_layers(lambda x: model(x).detach(), state, x)
    >>> found, expected = (
    ...     torch.autograd.grad(y.sum(), model.head.weight) for y in (outputs, model(x)))
    >>> torch.testing.assert_close(found, expected)
    """
    if not torch.is_grad_enabled():
        return shorter(x)
    outputs: Tensor = _ByLayers.apply(shorter, state, x, *state.tensors())  # type: ignore[no-untyped-call]
    return outputs


class _ByLayers(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, shorter: Any, state: ModuleState, x: Tensor, *tensors: Tensor | None
    ) -> Tensor:
        ctx.state = state
        ctx.save_for_backward(x, *tensors)
        outputs: Tensor = shorter(x)
        return outputs

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, *tensors = ctx.saved_tensors
        needs, create_graph = ctx.needs_input_grad[2:], torch.is_grad_enabled()
        model: Any = ctx.state.rebuilt(tensors)
        with torch.enable_grad():
            outputs = model.head(model.features(x))
        wanted = [tensor for tensor, needed in zip((x, *tensors), needs, strict=True) if needed]
        found = iter(
            torch.autograd.grad(
                outputs, wanted, grads[0], create_graph=create_graph, allow_unused=True
            )
        )
        return None, None, *(next(found) if needed else None for needed in needs)
