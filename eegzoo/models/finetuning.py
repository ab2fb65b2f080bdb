"""Fine-tuning: frozen parts, and learning rates that decrease towards the input."""

from __future__ import annotations

from typing import Any

from torch import nn

from eegzoo.arguments import number_between
from eegzoo.models.base import EEGModel, keep_in_evaluation, release


def freeze(model: EEGModel, until: str = "head") -> list[str]:
    """Freeze the first parts of a model, in place.

    In training, frozen parts compute exactly as in evaluation, and do not change:

    - Their parameters get no gradient, and norm constraints do not project their stored weights.
    - They stay in evaluation mode after ``model.train()`` and after ``train()`` of one of their
      modules: dropout is off, and batch normalisation uses its running statistics without updating
      them.

    Parameters of the model itself, which belong to none of its parts, are frozen too. Copies and
    pickles of the model, such as the copy that `EEGClassifier` trains, are frozen in the same way.
    A file written by `save_model` holds the weights only: the loaded model is not frozen. Parts
    that an earlier call froze are unfrozen first.

    Parameters
    ----------
    model : EEGModel
        Model to change.
    until : str
        Name of the first part that is trained, from ``model.named_children()``.

    Returns
    -------
    list of str
        Names of the frozen parts.

    Raises
    ------
    ValueError
        If `until` is not a part of the model, or is its first part.

    See Also
    --------
    unfreeze : Undo `freeze`.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> freeze(model)
    ['front', 'reduce', 'separable']
    >>> [name for name, weight in model.named_parameters() if weight.requires_grad]
    ['head.weight', 'head.bias']
    """
    parts = parts_of(model)
    if until not in parts[1:]:
        raise ValueError(f"expected until to be one of {parts[1:]}, got {until!r}")
    unfreeze(model)
    frozen = parts[: parts.index(until)]
    # Parameters of the model itself belong to none of its parts, and compute its features.
    own = [name for name, _ in model.named_parameters(recurse=False)]
    trainable = [
        name
        for name, weight in model.named_parameters()
        if name.partition(".")[0] in {*frozen, *own} and weight.requires_grad
    ]
    for name in trainable:
        weight = model.get_parameter(name).requires_grad_(False)
        weight.grad = None  # an optimizer would still apply it
    for name in frozen:
        keep_in_evaluation(model.get_submodule(name))
    model.frozen_parts, model.frozen_parameters = tuple(frozen), tuple(trainable)
    return frozen


def parts_of(model: nn.Module) -> list[str]:
    """Return the names of a model's parts, from the input to the head.

    The z-score of features was added to the model's parts before its layers, and computes after
    them.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> _ = eegzoo.models.norm_features(model)
    >>> parts_of(model)
    ['front', 'reduce', 'separable', 'feature_norm', 'head']
    """
    parts = [name for name, _ in model.named_children()]
    if "feature_norm" in parts[:-1]:
        parts.remove("feature_norm")
        parts.insert(len(parts) - 1, "feature_norm")
    return parts


def unfreeze(model: EEGModel) -> None:
    """Undo `freeze`, in place.

    The parameters that `freeze` froze are trainable again, and the parts follow the mode of the
    model.

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
    for name in model.frozen_parts:
        part = model.get_submodule(name)
        release(part)
        part.train(model.training)
    model.frozen_parts, model.frozen_parameters = (), ()


def parameter_groups(model: nn.Module, lr: float, decay: float) -> list[dict[str, Any]]:
    """Return parameter groups whose learning rate decreases from the head to the input.

    Parameters
    ----------
    model : nn.Module
        Model to train. Its parts are its children, of which the last is the head. A stack of
        layers of one kind, such as a transformer, is as many parts, and a layer normalisation
        belongs to the part after it.
    lr : float
        Learning rate of the head.
    decay : float
        Learning rate of a part divided by that of the next part, above 0 and at most 1. Parts
        without parameters are not counted; frozen parts are.

    Returns
    -------
    list of dict
        Groups for an optimizer with "params" and "lr", from the head to the first part.

    Raises
    ------
    ValueError
        If no parameter is trainable, or if `lr` or `decay` is out of range.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> [(len(group["params"]), group["lr"]) for group in parameter_groups(model, 1e-2, 0.5)]
    [(2, 0.01), (4, 0.005), (2, 0.0025), (4, 0.00125)]
    >>> optimizer = torch.optim.AdamW(parameter_groups(model, 1e-2, 0.5))
    """
    lr = number_between("lr", lr, 0.0, above=True)
    decay = number_between("decay", decay, 0.0, 1.0, above=True)
    parts = [part for part in reversed(_weights_by_depth(model)) if part]
    groups: list[dict[str, Any]] = []
    seen: set[int] = set()
    for depth, part in enumerate(parts):
        # A parameter that two parts share gets the rate of the later one.
        new = [weight for weight in part if weight.requires_grad and id(weight) not in seen]
        seen.update(map(id, new))
        if new:
            groups.append({"params": new, "lr": lr * decay**depth})
    if not groups:
        raise ValueError("expected a model with trainable parameters, got none")
    return groups


def layers_of(model: nn.Module) -> list[nn.Module]:
    """Return the layers of a model's stacks of layers of one kind, such as a transformer's.

    Examples
    --------
    >>> sizes = {"n_chans": 2, "n_times": 400, "n_outputs": 2, "sfreq": 200}
    >>> len(layers_of(eegzoo.create_model("labram", **sizes, depth=3)))
    3
    >>> layers_of(eegzoo.create_model("eegnet", **sizes))
    []
    """
    stacks = [part for part in model.modules() if _is_stack(part)]
    return [layer for stack in stacks for layer in stack.children()]


def _is_stack(part: nn.Module) -> bool:
    layers = [*part.children()]
    kinds = {type(layer) for layer in layers}
    if not isinstance(part, (nn.Sequential, nn.ModuleList)) or len(layers) < 2 or len(kinds) > 1:
        return False
    return not kinds.pop().__module__.startswith("torch.nn") and bool([*part.parameters()])


def _weights_by_depth(model: nn.Module) -> list[list[nn.Parameter]]:
    """Return the parameters of a model's parts, from the input to the head."""
    depths: list[list[nn.Parameter]] = []
    waiting: list[nn.Parameter] = []  # of normalisations, which belong to the part after them
    for part, own in _flat_parts(model):
        weights = [*part.parameters(), *own]
        if isinstance(part, nn.LayerNorm):
            waiting += weights
        elif weights:
            depths.append([*waiting, *weights])
            waiting = []
    return [*depths, waiting]


def _flat_parts(model: nn.Module) -> list[tuple[nn.Module, list[nn.Parameter]]]:
    """Return the parts, layers of stacks apart, each with parameters of models before it."""
    found: list[tuple[nn.Module, list[nn.Parameter]]] = []
    for name in parts_of(model):
        part = model.get_submodule(name)
        if isinstance(part, EEGModel):  # behind an adapted input
            found += _flat_parts(part)
        elif _is_stack(part):
            found += [(layer, []) for layer in part.children()]
        else:
            found.append((part, []))
    own = list(model.parameters(recurse=False))  # trained with the first part
    for place, (part, others) in enumerate(found):
        if any(True for _ in part.parameters()):
            found[place] = (part, [*others, *own])
            return found
    return [*found, (nn.Identity(), own)]
