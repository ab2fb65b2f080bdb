"""Models of the zoo for the windows of any data set, with initial weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eegzoo.data.signal.channel_names import channel_key
from eegzoo.models.adapted_input import AdaptedInput
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.zoo import create_model, find_entry
from eegzoo.weights.channels.planned_model import behind_plan
from eegzoo.weights.channels.planning import plan_channels
from eegzoo.weights.foundation.catalogue import find_foundation_weights
from eegzoo.weights.foundation.names import NAMES

_SIZES = ("n_chans", "n_times", "n_outputs", "sfreq", "ch_names")


def model_for(
    name: str,
    *,
    n_chans: int,
    n_times: int,
    n_outputs: int,
    sfreq: float,
    ch_names: Sequence[str] | None = None,
    montage: str | None = None,
    known_ch_names: Sequence[str] | None = None,
    **arguments: Any,
) -> EEGModel:
    """Return a model with initial weights for the windows of a data set.

    Parameters
    ----------
    name : str
        Name of an architecture, or of pretrained weights, whose channels and arguments are used,
        while the weights themselves are not loaded.
    n_chans, n_times, n_outputs : int
        Number of channels and samples in a window, and of classes or targets.
    sfreq : float
        Sampling rate of the windows in Hz.
    ch_names : sequence of str | None
        Names of the channels. A foundation model follows the plan for them
        (`eegzoo.channel_plan`), and then computes channels and resamples windows where necessary.
    montage : str | None
        As in `eegzoo.channel_plan`.
    known_ch_names : sequence of str | None
        Channels, in their order, that the weights of a model belong to that is no foundation model.
        None: not known.
    **arguments
        Other arguments of the architecture.

    Returns
    -------
    EEGModel
        Model in evaluation mode. Its weights do not depend on the data set, apart from the head,
        if it is a foundation model.

    Raises
    ------
    ValueError
        If a foundation model cannot take the windows; the message has the table of the plan. If
        channels are not the known ones.

    Examples
    --------
    >>> model = model_for(
    ...     "labram", n_chans=2, n_times=500, n_outputs=2, sfreq=250,
    ...     ch_names=["EEG C3", "EEG C4"], depth=1,
    ... )
    >>> type(model).__name__, model.backbone.ch_names, model.backbone.n_times
    ('AdaptedInput', ('C3', 'C4'), 400)
    """
    contract = contract_of_name(name)
    if contract is None or (ch_names is None and not contract.known_ch_names):
        if contract is None and known_ch_names is not None and ch_names is not None:
            _check_names(name, known_ch_names, ch_names)
        return create_model(
            name, n_chans=n_chans, n_times=n_times, n_outputs=n_outputs, sfreq=sfreq,
            ch_names=ch_names, **arguments,
        ).eval()  # fmt: skip
    if ch_names is None:
        raise ValueError(f"expected ch_names for {name}, which knows channels by name, got none")
    plan = plan_channels(name, contract, ch_names, sfreq, n_times=n_times, montage=montage)
    plan.check()
    used = [channel.name for channel in plan.used]
    sizes: dict[str, Any] = {"n_times": plan.new_n_times or n_times, "n_outputs": n_outputs}
    sizes["ch_names"] = used
    if name in NAMES:
        built = find_foundation_weights(name).build(**sizes, **arguments)
    else:
        built = create_model(name, n_chans=len(used), sfreq=plan.new_sfreq, **sizes, **arguments)
    return behind_plan(built, plan)


def inner_model(model: EEGModel) -> EEGModel:
    """Return the model behind an adapted input, or the model itself.

    Examples
    --------
    >>> sizes = {"n_chans": 2, "n_times": 400, "n_outputs": 2, "sfreq": 200}
    >>> model = eegzoo.create_model("labram", **sizes, depth=1)
    >>> inner_model(model) is model
    True
    """
    return model.backbone if isinstance(model, AdaptedInput) else model


def own_arguments(model: EEGModel) -> dict[str, Any]:
    """Return the arguments of `model_for` for a trained model that no data set determines.

    Examples
    --------
    >>> sizes = {"n_chans": 8, "n_times": 128, "n_outputs": 2, "sfreq": 128}
    >>> own_arguments(eegzoo.create_model("shallow_convnet", **sizes))["n_filters"]
    40
    """
    own = {name: value for name, value in model.arguments.items() if name not in _SIZES}
    names = model.ch_names
    if names is None or model.takes_any_channels or hasattr(model, "channel_contract"):
        return own
    return {**own, "known_ch_names": list(names)}


def contract_of_name(name: str) -> ChannelContract | None:
    """Return what a foundation model or its weights expect, or None for another model.

    Examples
    --------
    >>> contract_of_name("biot.prest").max_n_chans, contract_of_name("eegnet")
    (16, None)
    """
    if name in NAMES:
        return find_foundation_weights(name).contract
    return getattr(find_entry(name).model_class, "channel_contract", None)


def _check_names(name: str, known: Sequence[str], given: Sequence[str]) -> None:
    if [channel_key(each) for each in known] != [channel_key(each) for each in given]:
        raise ValueError(
            f"expected the channels {', '.join(known)}, on which {name} was trained, got "
            f"{', '.join(given)}"
        )
