"""Gradients of outputs that were computed by a shorter way than a model's layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from eegzoo.torch_modules import ModuleState


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
