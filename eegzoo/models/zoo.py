"""All architectures of the zoo by name."""

from __future__ import annotations

import fnmatch
import inspect
from typing import Any

from eegzoo.arguments import nearest
from eegzoo.models import (  # noqa: F401 (each registers its models)
    atcnet,
    attnsleep,
    ctnet,
    deep_convnet,
    deepsleepnet,
    eegconformer,
    eeginception_erp,
    eeginception_mi,
    eegnet,
    eegnet_old,
    eegnex,
    eegsym,
    eegtcnet,
    fbcnet,
    resnet1d,
    shallow_convnet,
    stagernet,
    stnet,
    tinysleepnet,
    transformeeg,
    usleep,
    xeegnet,
)
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import ModelEntry, registered_models


def find_entry(name: str) -> ModelEntry:
    """Return the registry's entry for a model.

    Parameters
    ----------
    name : str
        One of `eegzoo.list_models`.

    Returns
    -------
    ModelEntry
        Paper, DOI, tasks, reference implementation, standard sizes.

    Raises
    ------
    ValueError
        If there is no such model; the message proposes the nearest name.

    Examples
    --------
    >>> entry = find_entry("tinysleepnet")
    >>> entry.doi, entry.tasks, entry.standard["n_times"]
    ('10.1109/EMBC44109.2020.9176741', ('sleep',), 3000)
    """
    entries = registered_models()
    if name in entries:
        return entries[name]
    raise ValueError(f"unknown model {name!r}{nearest(name, entries)}")


def check_task(task: str | None) -> None:
    """Raise unless some model is for `task`, or it is None."""
    known = {known for entry in registered_models().values() for known in entry.tasks}
    if task is not None and task not in known:
        raise ValueError(f"unknown task {task!r}{nearest(task, known)}")


def list_models(pattern: str = "*", *, task: str | None = None) -> list[str]:
    """Return the names of the architectures, sorted.

    Parameters
    ----------
    pattern : str
        Shell-style pattern that the names match.
    task : str | None
        What the paper used the model for: "motor imagery", "erp", "ssvep", "sleep", ...

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
    eegzoo.list_models : The same, which can also list the models that have trained weights.

    Examples
    --------
    >>> list_models("tiny*", task="sleep")
    ['tinysleepnet']
    """
    check_task(task)
    return sorted(
        name
        for name, entry in registered_models().items()
        if fnmatch.fnmatchcase(name, pattern) and (task is None or task in entry.tasks)
    )


def create_model(
    name: str, *, n_chans: int, n_times: int, n_outputs: int, sfreq: float, **arguments: Any
) -> EEGModel:
    """Build a model with new weights.

    Parameters
    ----------
    name : str
        One of `list_models`.
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes or targets.
    sfreq : float
        Sampling rate in Hz. Kernels that the paper gives in seconds follow it.
    **arguments
        The model's own arguments, which its class documents.

    Returns
    -------
    EEGModel
        In training mode.

    Raises
    ------
    ValueError
        If the name is unknown, or an argument is out of range.
    TypeError
        If an argument is missing or unknown.

    See Also
    --------
    eegzoo.create_model : The same, which can also load trained weights.

    Examples
    --------
    >>> model = create_model("eegnet", n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape
    torch.Size([2, 4])
    """
    if "." in name:
        raise ValueError(
            f"{name!r} names trained weights: expected eegzoo.create_model(name, weights=True) "
            f"for them, or the architecture {name.partition('.')[0]!r} for new weights"
        )
    entry = find_entry(name)
    known = list(inspect.signature(entry.model_class.__init__).parameters)[1:]
    for argument in arguments:
        if argument not in known:
            raise TypeError(f"{name} takes no argument {argument!r}{nearest(argument, known)}")
    sizes = {"n_chans": n_chans, "n_times": n_times, "n_outputs": n_outputs, "sfreq": sfreq}
    return entry.build(**sizes, **arguments)
