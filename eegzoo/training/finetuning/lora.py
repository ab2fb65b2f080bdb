"""Low-rank changes of linear layers, through peft."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.models.base import EEGModel


@contextmanager
def low_rank_changes(model: EEGModel, rank: int) -> Iterator[None]:
    """Train the head and low-rank changes of the linear layers before it, within the context.

    All other weights are fixed. At the end the changes are added to the weights, so that the model
    has the layers and the state dict that it had before.

    Parameters
    ----------
    model : EEGModel
        Model; changed in place.
    rank : int
        Rank of the changes, which are scaled by 2.

    Raises
    ------
    ImportError
        If peft is not installed.
    ValueError
        If the model has no linear layer before its head.

    References
    ----------
    Hu et al. (2022). LoRA: low-rank adaptation of large language models. ICLR.
    https://doi.org/10.48550/arXiv.2106.09685
    """
    peft = _peft()
    names = linear_layers(model)
    if not names:
        raise ValueError(
            f"expected a model with linear layers before its head for LoRA, got "
            f"{type(model).__name__} without"
        )
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    config = peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules=names, bias="none"
    )
    peft.inject_adapter_in_model(config, model)
    for weight in model.head.parameters():
        weight.requires_grad_(True)
    try:
        yield
    finally:
        for name in names:
            parent, _, child = name.rpartition(".")
            layer: Any = model.get_submodule(name)
            layer.merge()
            setattr(model.get_submodule(parent), child, layer.get_base_layer())
        for weight in trained:
            weight.requires_grad_(True)
        vars(model).pop("peft_config", None)


def linear_layers(model: EEGModel) -> list[str]:
    """Return the names of the linear layers before the head.

    Layers whose weights satisfy a constraint are left out, because a sum would not.

    Examples
    --------
    >>> sizes = {"n_chans": 2, "n_times": 400, "n_outputs": 2, "sfreq": 200}
    >>> linear_layers(eegzoo.create_model("labram", **sizes, depth=1))
    ['transformer.0.attend.1.qkv', 'transformer.0.attend.1.out', 'transformer.0.expand.1',
     'transformer.0.expand.3']
    """
    return [
        name
        for name, layer in model.named_modules()
        if type(layer) is nn.Linear
        and not isinstance(layer, NormConstraint)
        and name.partition(".")[0] != "head"
    ]


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise ImportError("peft is required for LoRA: pip install 'eegzoo[lora]'") from error
    return peft
