"""Gradient checkpointing: layers that are computed again for their gradients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint

from eegzoo.models.finetuning import layers_of


@contextmanager
def recomputed_layers(model: nn.Module) -> Iterator[None]:
    """Keep, within the context, only the inputs of a transformer's layers for their gradients.

    Outputs and gradients are the same, dropout included.

    Parameters
    ----------
    model : nn.Module
        Model with a stack of layers; changed in place, and back at the end.

    Raises
    ------
    ValueError
        If the model has no stack of layers.

    References
    ----------
    Chen, Xu, Zhang, Guestrin (2016). Training deep nets with sublinear memory cost.
    https://doi.org/10.48550/arXiv.1604.06174
    """
    layers = layers_of(model)
    if not layers:
        raise ValueError(
            f"expected a model with a stack of layers to recompute, got {type(model).__name__}"
        )
    for layer in layers:
        # An attribute hides the method of the class.
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward
