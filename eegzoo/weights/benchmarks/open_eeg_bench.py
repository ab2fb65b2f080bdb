"""Models of the zoo in open-eeg-bench, which compares them by their features on 12 data sets."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from eegzoo.files import written_whole
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import name_of
from eegzoo.weights.benchmarks.any_windows import inner_model, model_for, own_arguments


def for_open_eeg_bench(
    model: EEGModel, checkpoint: str | os.PathLike[str], *, montage: str | None = None
) -> dict[str, Any]:
    """Write a model's weights for open-eeg-bench, and return the arguments to evaluate it there.

    open-eeg-bench 0.6 builds a model for each of its data sets, loads the file into it, and gives
    it a new head. Foundation models follow the plan for the channels and the rate of each data set
    (`eegzoo.channel_plan`). Other models suit data sets with their own channels, rate and windows.

    Parameters
    ----------
    model : EEGModel
        Trained model.
    checkpoint : path-like
        File to write.
    montage : str | None
        As in `eegzoo.channel_plan`.

    Returns
    -------
    dict
        Keyword arguments of ``open_eeg_bench.benchmark``. Windows are not normalised: those of
        open-eeg-bench are in microvolts, which the models of the zoo scale themselves.

    Notes
    -----
    open-eeg-bench reads the file with ``torch.load(..., weights_only=False)``, so only ever give it
    files of your own.

    Examples
    --------
    >>> sizes = {"n_chans": 2, "n_times": 400, "n_outputs": 2, "sfreq": 200}
    >>> model = eegzoo.create_model("labram", **sizes, ch_names=["C3", "C4"], depth=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     arguments = for_open_eeg_bench(model, f"{folder}/labram.pt")
    >>> arguments["model_cls"], arguments["head_module_name"]
    ('eegzoo.weights.benchmarks.open_eeg_bench.build_model', 'head')
    >>> arguments["peft_ff_modules"]
    ['transformer.0.expand.1', 'transformer.0.expand.3']

    ``open_eeg_bench.benchmark(**arguments, finetuning_strategies=["ridge_probe"])`` runs it.
    """
    inner = inner_model(model)
    state = {
        name: tensor.detach().cpu().clone()
        for name, tensor in inner.state_dict().items()
        if not name.startswith("head.")
    }
    with written_whole(checkpoint) as file:
        # A model whose channels are computed has the same weights under "backbone".
        torch.save({**state, **{f"backbone.{name}": state[name] for name in state}}, file)
    arguments = own_arguments(inner)
    if montage is not None:
        arguments["montage"] = montage
    linear = [
        name
        for name, layer in inner.named_modules()
        if type(layer) is nn.Linear and not name.startswith("head")
    ]
    return {
        "model_cls": f"{__name__}.{build_model.__name__}",
        "checkpoint_path": os.fspath(checkpoint),
        "model_kwargs": {"name": name_of(inner), **arguments},
        "head_module_name": "head",
        "peft_target_modules": linear,
        "peft_ff_modules": [name for name in linear if ".expand." in name],
    }


def build_model(
    name: str,
    *,
    n_chans: int,
    n_times: int,
    n_outputs: int,
    sfreq: float,
    chs_info: Sequence[Mapping[str, Any]] | None = None,
    **arguments: Any,
) -> EEGModel:
    """Return a model with initial weights, given braindecode's arguments.

    Its path is the ``model_cls`` of open-eeg-bench, for pretrained and for new models.

    Parameters
    ----------
    name : str
        Name of an architecture, or of pretrained weights whose arguments are used.
    n_chans, n_times, n_outputs : int
        Number of channels and samples in a window, and of classes or targets.
    sfreq : float
        Sampling rate of the windows in Hz.
    chs_info : sequence of mapping | None
        Channels as in ``mne.Info["chs"]``, of which the names are used.
    **arguments
        ``montage`` as in `eegzoo.channel_plan`, and arguments of the architecture.

    Examples
    --------
    >>> sizes = {"n_chans": 2, "n_times": 500, "n_outputs": 2, "sfreq": 250}
    >>> chs_info = mne.create_info(["C3", "C4"], 250, "eeg")["chs"]
    >>> build_model("eegnet", **sizes, chs_info=chs_info).ch_names
    ('C3', 'C4')
    """
    return model_for(
        name, n_chans=n_chans, n_times=n_times, n_outputs=n_outputs, sfreq=sfreq,
        ch_names=None if chs_info is None else [str(each["ch_name"]) for each in chs_info],
        **arguments,
    )  # fmt: skip
