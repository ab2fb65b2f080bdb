"""Training on from trained weights: what stays as it is, and how fast the rest learns."""

from __future__ import annotations

from typing import Any

from torch import nn

from eegzoo.arguments import number_between
from eegzoo.models.base import EEGModel


def freeze(model: EEGModel, until: str = "head") -> list[str]:
    """Keep the first parts of a model as they are, whatever training follows.

    Their parameters get no gradient, and they stay in evaluation mode, also through
    ``model.train()``: the statistics of their batch normalisations stay, their dropout does
    nothing. This holds for copies of the model too, and so in `EEGClassifier`; it is not saved.
    What was frozen before is not any more.

    Parameters
    ----------
    model : EEGModel
        It is changed in place.
    until : str
        The first part, as ``model.named_children()`` names them, that learns.

    Returns
    -------
    list of str
        The parts that are frozen.

    Raises
    ------
    ValueError
        If there is no such part, or none before it.

    See Also
    --------
    unfreeze : The inverse.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> freeze(model)
    ['front', 'reduce', 'separable']
    >>> [name for name, weight in model.named_parameters() if weight.requires_grad]
    ['head.weight', 'head.bias']
    """
    parts = [name for name, _ in model.named_children()]
    if until not in parts[1:]:
        raise ValueError(f"expected until to be one of {parts[1:]}, got {until!r}")
    unfreeze(model)
    frozen = parts[: parts.index(until)]
    # Parameters of the model itself are in none of its parts, and part of its features.
    own = [name for name, _ in model.named_parameters(recurse=False)]
    learnt = [
        name
        for name, weight in model.named_parameters()
        if name.partition(".")[0] in {*frozen, *own} and weight.requires_grad
    ]
    for name in learnt:
        model.get_parameter(name).requires_grad_(False)
    model.frozen_parts, model.frozen_parameters = tuple(frozen), tuple(learnt)
    model.train(model.training)
    return frozen


def unfreeze(model: EEGModel) -> None:
    """Let all learn again that `freeze` kept as it was.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> parts = freeze(model)
    >>> unfreeze(model)
    >>> all(weight.requires_grad for weight in model.parameters())
    True
    """
    for name in model.frozen_parameters:
        model.get_parameter(name).requires_grad_(True)
    model.frozen_parts, model.frozen_parameters = (), ()
    model.train(model.training)


def parameter_groups(model: nn.Module, lr: float, decay: float) -> list[dict[str, Any]]:
    """Return what learns for an optimizer, slower the farther it is from the outputs.

    Parameters
    ----------
    model : nn.Module
        Its parts are its children, the last of them the head.
    lr : float
        Learning rate of the head.
    decay : float
        What each part's rate is of the next one's, from 0 (not included) to 1. Parts without
        parameters do not count; frozen ones do.

    Returns
    -------
    list of dict
        "params" and "lr", from the head to the first part.

    Raises
    ------
    ValueError
        If nothing learns, or a number is out of range.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> [(len(group["params"]), group["lr"]) for group in parameter_groups(model, 1e-2, 0.5)]
    [(2, 0.01), (4, 0.005), (2, 0.0025), (4, 0.00125)]
    >>> optimizer = torch.optim.AdamW(parameter_groups(model, 1e-2, 0.5))
    """
    lr = number_between("lr", lr, 0.0, above=True)
    decay = number_between("decay", decay, 0.0, 1.0, above=True)
    parts = [list(part.parameters()) for part in model.children()]
    parts = [part for part in reversed(parts) if part]
    own = list(model.parameters(recurse=False))  # what is in no part goes with the first one
    parts = [*parts[:-1], [*parts[-1], *own]] if parts else [own]
    groups: list[dict[str, Any]] = []
    seen: set[int] = set()
    for depth, part in enumerate(parts):
        # What two parts share learns as fast as the later one.
        learns = [weight for weight in part if weight.requires_grad and id(weight) not in seen]
        seen.update(map(id, learns))
        if learns:
            groups.append({"params": learns, "lr": lr * decay**depth})
    if not groups:
        raise ValueError("expected a model with parameters that learn, got none")
    return groups
