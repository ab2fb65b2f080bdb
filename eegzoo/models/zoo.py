"""Architectures by name: look up, list and build them."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from eegzoo.arguments import nearest
from eegzoo.models import (  # noqa: F401 (importing a file registers its models)
    atcnet,
    attnsleep,
    basenet,
    bdtcn,
    bendr,
    biot,
    cbramod,
    chambon2018,
    contrawr,
    ctnet,
    deep_convnet,
    deepsleepnet,
    eegconformer,
    eeginception_erp,
    eeginception_mi,
    eegitnet,
    eegnet,
    eegnet_old,
    eegnex,
    eegpt,
    eegsimpleconv,
    eegsym,
    eegtcnet,
    epint,
    fbcnet,
    fbmsnet,
    ifnet,
    labram,
    lightconvnet,
    luna,
    msvtnet,
    resnet1d,
    reve,
    robustsleepnet,
    sccnet,
    seqsleepnet,
    shallow_convnet,
    signal_jepa,
    sinc_shallow_net,
    sleeptransformer,
    sparcnet,
    sstdpn,
    ssvep_front,
    stagernet,
    steegformer,
    stnet,
    tangent_net,
    tcformer,
    tidnet,
    tinysleepnet,
    transformeeg,
    usleep,
    xeegnet,
)
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import ModelEntry, entry_of_class, registered_models


def find_entry(name: str) -> ModelEntry:
    """Return the registry entry of a model.

    Parameters
    ----------
    name : str
        Name from `eegzoo.list_models`, or ``module:Class`` for a model of your own, whose module
        is imported.

    Returns
    -------
    ModelEntry
        Paper, DOI, tasks, reference implementation and standard sizes.

    Raises
    ------
    ValueError
        If the name is unknown; the message suggests the closest name.

    Examples
    --------
    >>> entry = find_entry("tinysleepnet")
    >>> entry.doi, entry.tasks, entry.standard["n_times"]
    ('10.1109/EMBC44109.2020.9176741', ('sleep',), 3000)
    """
    entries = registered_models()
    if name in entries:
        return entries[name]
    if ":" in str(name):
        return entry_of_class(name)
    raise ValueError(f"unknown model {name!r}{nearest(name, entries)}")


def check_task(task: str | None) -> None:
    """Raise an error if `task` is not None and no model has it."""
    known = {known for entry in registered_models().values() for known in entry.tasks}
    if task is not None and task not in known:
        raise ValueError(f"unknown task {task!r}{nearest(task, known)}")


def list_models(
    pattern: str = "*", *, task: str | None = None, foundation: bool | None = None
) -> list[str]:
    """Return the names of the architectures, sorted.

    Parameters
    ----------
    pattern : str
        Shell-style pattern that the names match.
    task : str | None
        Task for which the paper uses the model: "motor imagery", "erp", "ssvep", "sleep", ...
    foundation : bool | None
        True: only foundation models, which their authors pretrained on many recordings, for use on
        any data. False: only other models. None: all models.

    Returns
    -------
    list of str
        Names for `create_model`.

    Raises
    ------
    ValueError
        If no model has this task.

    See Also
    --------
    eegzoo.list_models : List models, with or without trained weights.

    Examples
    --------
    >>> list_models("tiny*", task="sleep")
    ['tinysleepnet']
    """
    check_task(task)
    return sorted(
        name
        for name, entry in registered_models().items()
        if fnmatch.fnmatchcase(name, pattern)
        and (task is None or task in entry.tasks)
        and (foundation is None or entry.foundation == foundation)
    )


# What a new model needs to know, in words.
SIZES = {
    "n_chans": "the number of channels",
    "n_times": "the number of samples in a window",
    "n_outputs": "the number of classes or targets",
    "sfreq": "the sampling rate in Hz, which the lengths of kernels in seconds depend on",
}


def check_sizes(name: str, arguments: Mapping[str, Any]) -> None:
    """Raise an error that says what is missing for a new model, if something is.

    Examples
    --------
    >>> check_sizes("eegnet", {"n_chans": 22, "n_times": 1000, "n_classes": 4, "sfreq": 250})
    Traceback (most recent call last):
        ...
    TypeError: eegnet needs n_outputs, the number of classes or targets; it takes no 'n_classes'
    """
    missing = [f"{size}, {what}" for size, what in SIZES.items() if size not in arguments]
    if not missing:
        return
    known = {*find_entry(name).parameters, *SIZES}
    unknown = ", ".join(repr(each) for each in arguments if each not in known)
    also = f"; it takes no {unknown}" if unknown else ""
    raise TypeError(f"{name} needs {'; '.join(missing)}{also}")


def create_model(
    name: str, *, n_chans: int, n_times: int, n_outputs: int, sfreq: float, **arguments: Any
) -> EEGModel:
    """Build a model with new weights.

    Parameters
    ----------
    name : str
        Name from `list_models`, or ``module:Class`` for a model of your own.
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes or targets.
    sfreq : float
        Sampling rate in Hz. Kernel lengths that the paper gives in seconds depend on it.
    **arguments
        Other arguments of the model's class.

    Returns
    -------
    EEGModel
        New model in training mode.

    Raises
    ------
    ValueError
        If the name is unknown, or an argument is out of range.
    TypeError
        If an argument is missing or unknown.

    See Also
    --------
    eegzoo.create_model : Build a model with new or trained weights.

    Examples
    --------
    >>> model = create_model("eegnet", n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape
    torch.Size([2, 4])
    """
    if "." in name and ":" not in name:
        raise ValueError(
            f"{name!r} names trained weights: expected eegzoo.create_model(name, weights=True) "
            f"for them, or the architecture {name.partition('.')[0]!r} for new weights"
        )
    entry = find_entry(name)
    known = entry.parameters
    for argument in arguments:
        if argument not in known:
            raise TypeError(f"{name} takes no argument {argument!r}{nearest(argument, known)}")
    sizes = {"n_chans": n_chans, "n_times": n_times, "n_outputs": n_outputs, "sfreq": sfreq}
    return entry.build(**sizes, **arguments)
