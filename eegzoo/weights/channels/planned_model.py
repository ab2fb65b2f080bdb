"""Trained models for the channels, rate and window of a recording, by a plan."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from eegzoo.data.signal.signal_info import SignalWarning
from eegzoo.models.adapted_input import AdaptedInput
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import name_of
from eegzoo.models.zoo import find_entry
from eegzoo.weights.channels.plan import ChannelPlan
from eegzoo.weights.channels.planning import plan_channels
from eegzoo.weights.foundation.checkpoints import FoundationWeights


def planned_model(
    model: EEGModel,
    plan: ChannelPlan,
    n_outputs: int | None,
    arguments: Mapping[str, Any] | None = None,
) -> EEGModel:
    """Return a pretrained model for the channels and the window of a plan.

    Parameters
    ----------
    model : EEGModel
        Pretrained model, whose weights suit any of the channels that it knows; not changed.
    plan : ChannelPlan
        Plan without faults, with `n_times`.
    n_outputs : int | None
        Number of outputs, for a new head. None: the head of the pretrained model.
    arguments : mapping | None
        Other arguments of the model, such as dropout probabilities.

    Returns
    -------
    EEGModel
        Model in evaluation mode. Where channels are computed or windows resampled, it is an
        `AdaptedInput`.

    Raises
    ------
    ValueError
        If the plan has faults, or the weights do not suit the channels.
    """
    plan.check()
    names = [channel.name for channel in plan.used]
    wanted = {
        **model.arguments, **(arguments or {}), "n_chans": len(names),
        "n_times": plan.new_n_times, "sfreq": plan.new_sfreq,
        "n_outputs": n_outputs or model.n_outputs, "ch_names": names,
    }  # fmt: skip
    if wanted.get("positions") is not None and tuple(names) != model.ch_names:
        wanted["positions"] = None  # they were those of other channels; names have positions
    with torch.random.fork_rng(devices=[]):
        built = find_entry(name_of(model)).build(**wanted)
    _load(built, model, keep_head=n_outputs in (None, model.n_outputs))
    return behind_plan(built, plan)


def pretrained_model(
    weights: FoundationWeights,
    *,
    ch_names: Sequence[str] | None = None,
    n_times: int,
    n_outputs: int,
    sfreq: float | None = None,
    montage: str | None = None,
    **arguments: Any,
) -> EEGModel:
    """Return a foundation model with pretrained weights, for the channels of a recording.

    Parameters
    ----------
    weights : FoundationWeights
        Pretrained weights.
    ch_names : sequence of str | None
        Channels of the windows. None: ``n_chans`` channels, for weights that take any.
    n_times, n_outputs : int
        Number of samples in a window, and of classes or targets.
    sfreq : float | None
        Sampling rate of the windows in Hz. None: that of the pretraining.
    montage : str | None
        As in `eegzoo.channel_plan`.
    **arguments
        More arguments of `FoundationWeights.load`.

    Returns
    -------
    EEGModel
        Model in evaluation mode.

    Raises
    ------
    ValueError
        If the plan has faults; the message has its table.

    Warns
    -----
    SignalWarning
        If channels are not used.
    """
    if ch_names is None:
        if montage is not None:
            raise ValueError(f"expected montage only with ch_names, got {montage!r} without")
        return weights.load(n_times=n_times, n_outputs=n_outputs, sfreq=sfreq, **arguments)
    sfreq = weights.contract.sfreq if sfreq is None else sfreq
    contract = weights.contract_with(arguments)
    plan = plan_channels(weights.name, contract, ch_names, sfreq, n_times=n_times, montage=montage)
    plan.check()
    names = [channel.name for channel in plan.used]
    built = weights.load(
        n_times=plan.new_n_times or n_times, n_outputs=n_outputs, ch_names=names, **arguments
    )
    return behind_plan(built, plan)


def behind_plan(built: EEGModel, plan: ChannelPlan) -> EEGModel:
    """Return a model that takes the windows of a plan, built for the channels that it uses.

    Parameters
    ----------
    built : EEGModel
        Model for the channels and the window after the plan.
    plan : ChannelPlan
        Plan without faults, with `n_times`.

    Returns
    -------
    EEGModel
        The model itself if channels are taken in their order and at their rate, else an
        `AdaptedInput`, in evaluation mode.

    Warns
    -----
    SignalWarning
        If channels are not used.
    """
    if plan.left_out:
        shown = ", ".join(f"{name} ({why})" for name, why in plan.left_out.items())
        warnings.warn(f"channels are not used: {shown}", SignalWarning, stacklevel=4)
    names = [channel.name for channel in plan.used]
    if plan.is_selection and len(names) == len(plan.ch_names):
        order = [next(iter(channel.weights)) for channel in plan.used]
        if order == [*plan.ch_names]:
            return built.eval()
    return AdaptedInput.of(
        built, plan.matrix, n_times=plan.n_times or built.n_times, sfreq=plan.sfreq,
        ch_names=plan.ch_names,
    ).eval()  # fmt: skip


def _load(built: EEGModel, model: EEGModel, keep_head: bool) -> None:
    """Give a model the weights of another one, of which all but the head have to fit."""
    state, own = model.state_dict(), built.state_dict()
    head = {name for name in own if name.startswith("head.")}
    same_head = all(name in state and state[name].shape == own[name].shape for name in head)
    left = set() if keep_head and same_head else head
    wrong = sorted(
        name
        for name in own.keys() | state.keys()
        if not name.startswith("head.")
        and (name not in own or name not in state or own[name].shape != state[name].shape)
    )
    if wrong:
        raise ValueError(
            f"the weights of {name_of(model)} do not suit {built.n_chans} channels and "
            f"{built.n_times} samples: {', '.join(wrong[:5])} differ"
        )
    kept = {name: own[name] if name in left else state[name] for name in own}
    built.load_state_dict(kept)
