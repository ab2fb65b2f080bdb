"""Pretrained weights put into a model, with a count of what matched."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from eegzoo.models.base import EEGModel

Array = npt.NDArray[Any]
StateFrom = Callable[[dict[str, Array]], dict[str, Tensor]]


@dataclass(frozen=True)
class Match:
    """Weights of a model that came from a checkpoint.

    Parameters
    ----------
    n_matched : int
        Number of weights of the model that the checkpoint has.
    new : tuple of str
        Names of the weights that it does not have, which stay initialised.
    """

    n_matched: int
    new: tuple[str, ...]


def convert(
    weights: dict[str, Array], state_from: StateFrom, ignored: Sequence[str] = ()
) -> dict[str, Tensor]:
    """Return our state dict from other weights by name, all of which must be known.

    Parameters
    ----------
    weights : dict of str to array
        Weights by their names in the checkpoint.
    state_from : callable
        Function that returns our state dict from them.
    ignored : sequence of str
        Shell-style patterns of names that the model does not need.

    Raises
    ------
    ValueError
        If weights are missing, or have a name that is neither used nor ignored.

    Examples
    --------
    >>> weights = {"conv.weight": np.ones(3), "decoder.bias": np.zeros(1)}
    >>> def state_from(weights):
    ...     return {"front.weight": torch.from_numpy(weights["conv.weight"])}
    >>> list(convert(weights, state_from, ignored=["decoder.*"]))
    ['front.weight']
    >>> convert(weights, state_from)
    Traceback (most recent call last):
        ...
    ValueError: expected only known weights, got 1 of other names: 'decoder.bias'
    """
    try:
        # Each array holds its number, and the numbers that arrive belong to the arrays in use.
        numbered = {
            name: np.full(value.shape, number, dtype=np.int64)
            for number, (name, value) in enumerate(weights.items())
        }
        arrived = {
            int(number)
            for tensor in state_from(numbered).values()
            for number in np.unique(tensor.numpy())
        }
        state = state_from(weights)
    except (KeyError, ValueError) as error:  # a name is missing, or all of the layers'
        raise ValueError(
            f"expected weights by the authors' names, got {_some(list(weights))} ({error})"
        ) from error
    unknown = [
        name
        for number, name in enumerate(weights)
        if number not in arrived and not any(fnmatch.fnmatchcase(name, each) for each in ignored)
    ]
    if unknown:
        raise ValueError(
            f"expected only known weights, got {len(unknown)} of other names: {_some(unknown)}"
        )
    return state


def load_matching(
    model: EEGModel, state: Mapping[str, Tensor], new: Sequence[str] = ("head.",)
) -> Match:
    """Load a state dict into a model, in place, unless more than some parts are missing.

    Parameters
    ----------
    model : EEGModel
        Model to change.
    state : mapping of str to Tensor
        Weights by our names.
    new : sequence of str
        Starts of the names of weights that may be missing, and then stay as they are.

    Returns
    -------
    Match
        Number of weights that matched, and names of those that did not.

    Raises
    ------
    ValueError
        If other weights are missing, or some have other names or shapes than the model's. The
        message names them, and the model is not changed.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> state = {key: value for key, value in model.state_dict().items() if "head" not in key}
    >>> match = load_matching(model, state)
    >>> match.n_matched, match.new
    (19, ('head.weight', 'head.bias'))
    """
    ours = model.state_dict()
    found = [name for name in ours if name in state]
    missing = [name for name in ours if name not in state and not name.startswith(tuple(new))]
    if missing:
        n_needed = len(found) + len(missing)
        raise ValueError(
            f"expected all {n_needed} weights of {type(model).__name__} but the head, matched "
            f"{len(found)}; missing: {_some(missing)}"
        )
    unknown = [name for name in state if name not in ours]
    if unknown:
        raise ValueError(f"expected the names of {type(model).__name__}, got {_some(unknown)}")
    wrong = [
        f"{name} {tuple(ours[name].shape)}, not {tuple(state[name].shape)}"
        for name in found
        if state[name].shape != ours[name].shape
    ]
    if wrong:
        shapes = "; ".join(wrong[:3])
        raise ValueError(f"expected the shapes of {type(model).__name__}, got {shapes}")
    model.load_state_dict({**ours, **state})
    return Match(len(found), tuple(name for name in ours if name not in state))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(repr, names[:3])) + more
