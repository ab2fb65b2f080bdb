"""Models by name, with new weights or with trained ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eegzoo.arguments import nearest
from eegzoo.models import zoo
from eegzoo.models.base import EEGModel
from eegzoo.models.saving import load_model
from eegzoo.weights.adaptation import adapt_channels
from eegzoo.weights.catalogue import find_weights, list_weights
from eegzoo.weights.weights import Weights

_WITH_WEIGHTS = ("ch_names", "missing", "n_outputs")


def create_model(name: str, *, weights: bool | Weights = False, **arguments: Any) -> EEGModel:
    """Build a model of the zoo, with new weights or with trained ones.

    Parameters
    ----------
    name : str
        One of `list_models`; with ``weights=True`` one of `list_weights`.
    weights : bool | Weights
        Whether `name` is the name of trained weights; or trained weights of the architecture
        `name`, such as `eegzoo.weights.from_hub` returns.
    **arguments
        With new weights, all by keyword: ``n_chans``, ``n_times`` (samples in a window),
        ``n_outputs``, ``sfreq`` (Hz) and the model's own arguments, which its class documents.

        With trained weights, any of:

        ``n_outputs`` : int
            Number of outputs. If it is not the number that was trained, the model gets a new head.
        ``ch_names`` : sequence of str
            Channels of your windows. The spatial filters are re-ordered by name; a channel that
            the weights do not know gets weight zero.
        ``missing`` : {"raise", "interpolate", "zero"}
            What becomes of trained channels that `ch_names` lacks: raise an error, spread their
            filters over the others as spherical splines do, or leave them out. Where this makes
            filters longer than ``max_norm``, that limit is raised.

    Returns
    -------
    EEGModel
        In training mode with new weights, in evaluation mode with trained ones.

    Raises
    ------
    ValueError
        If the name is unknown, an argument is out of range, or trained channels are missing.
    TypeError
        If an argument is missing or unknown.

    Warns
    -----
    SignalWarning
        If some channels are not both in `ch_names` and among the trained ones.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape
    torch.Size([2, 4])
    >>> trained = eegzoo.create_model("eegnet.ssvep_exo", weights=True)
    >>> trained.n_chans, trained.training
    (8, False)
    """
    if weights is False:
        return zoo.create_model(name, **arguments)
    for argument in arguments:
        if argument not in _WITH_WEIGHTS:
            raise TypeError(
                f"trained weights take no argument {argument!r}{nearest(argument, _WITH_WEIGHTS)}"
            )
    return _trained(_find(name, weights), **arguments)


def list_models(
    pattern: str = "*", *, task: str | None = None, weights: bool | None = None
) -> list[str]:
    """Return the names of the architectures, sorted.

    Parameters
    ----------
    pattern : str
        Shell-style pattern that the names match.
    task : str | None
        What the paper used the model for: "motor imagery", "erp", "ssvep", "sleep", ...
    weights : bool | None
        True: only models that have trained weights. False: only models that have none.

    Returns
    -------
    list of str
        Names that `create_model` takes.

    Raises
    ------
    ValueError
        If no model is for `task`.

    See Also
    --------
    list_weights : The names of the trained weights.

    Examples
    --------
    >>> eegzoo.list_models("tiny*", task="sleep")
    ['tinysleepnet']
    >>> eegzoo.list_models("eeg*", weights=True)
    ['eegnet', 'eegsym']
    """
    names = zoo.list_models(pattern, task=task)
    if weights is None:
        return names
    trained = {find_weights(name).metadata.architecture for name in list_weights()}
    return [name for name in names if (name in trained) == weights]


def load_weights(weights: Weights) -> EEGModel:
    """Return the model as it was trained, in evaluation mode; authors' files are fetched."""
    source = weights.source
    return load_model(source) if isinstance(source, Path) else source.load()


def _find(name: str, weights: bool | Weights) -> Weights:
    if isinstance(weights, Weights):
        architecture = weights.metadata.architecture
        if name != architecture:
            raise ValueError(
                f"expected the name {architecture!r} with weights {weights.name!r}, got {name!r}"
            )
        return weights
    if weights is not True:
        raise TypeError(f"expected weights to be a bool or Weights, got {weights!r}")
    if "." not in name:
        zoo.find_entry(name)  # an unknown name proposes a near one
        known = list_weights(f"{name}.*")
        raise ValueError(f"expected the name of trained weights, got {name!r}; known are {known}")
    return find_weights(name)


def _trained(
    weights: Weights,
    n_outputs: int | None = None,
    ch_names: Sequence[str] | None = None,
    missing: str = "raise",
) -> EEGModel:
    model = load_weights(weights)
    if ch_names is not None:
        model = adapt_channels(model, weights.signal, tuple(ch_names), missing)
    elif missing != "raise":
        raise ValueError(f"expected missing with ch_names, got {missing!r} without")
    if n_outputs is not None and n_outputs != model.n_outputs:
        model.reset_head(n_outputs)
    return model
