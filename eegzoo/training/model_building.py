"""A model that fits the windows it will be trained on."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any

import torch

from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.models.base import EEGModel, ShortWindowError
from eegzoo.models.sequence_models import SequenceModel
from eegzoo.models.zoo import find_entry


def build_for(
    model: str | EEGModel,
    window_shape: tuple[int, int],
    n_outputs: int,
    info: SignalInfo | None,
    model_params: Mapping[str, Any],
    sfreq: float | None,
    crop_length: int | str,
    *,
    is_given: bool = True,
    is_sequences: bool = False,
) -> tuple[EEGModel, int]:
    """Build a named model, or copy a given one, and say how long its crops are.

    Parameters
    ----------
    model, model_params, sfreq, crop_length
        As in `EEGClassifier`.
    window_shape : tuple of int
        Channels and samples of a window.
    n_outputs : int
        Classes.
    info : SignalInfo | None
        Of the windows.
    is_given : bool
        Whether the crop's length was asked for, and not only the recipe's.
    is_sequences : bool
        Whether the model is given sequences of windows, which are not cut.

    Returns
    -------
    model : EEGModel
        Ready to be trained.
    crop_length : int
        Samples that it takes.

    Raises
    ------
    ValueError
        If the model does not fit the windows.
    """
    if is_sequences:
        if is_given and crop_length not in ("whole", window_shape[1]):
            raise ValueError(f"expected crop_length 'whole' for sequences, got {crop_length!r}")
        crop_length = "whole"
    if isinstance(model, EEGModel):
        return _copy(model, window_shape, n_outputs, crop_length if is_given else None)
    return _named(model, window_shape, n_outputs, info, model_params, sfreq, crop_length, is_given)


def _named(
    model: str,
    window_shape: tuple[int, int],
    n_outputs: int,
    info: SignalInfo | None,
    model_params: Mapping[str, Any],
    sfreq: float | None,
    crop_length: int | str,
    is_given: bool,
) -> tuple[EEGModel, int]:
    n_chans, n_times = window_shape
    if info is not None:
        if sfreq not in (None, info.sfreq):
            raise ValueError(f"expected sfreq {info.sfreq:g}, which X has, got {sfreq}")
        sfreq = info.sfreq
        model_params = {**model_params, "ch_names": info.ch_names}
    entry = find_entry(model)
    if sfreq is None:
        sfreq = entry.standard["sfreq"]
    if isinstance(crop_length, str):
        half = n_times // 2
        crop_length = half if crop_length == "half" and half >= sfreq else n_times
    if crop_length > n_times:
        raise ValueError(f"expected crop_length of at most {n_times}, got {crop_length}")
    sizes = {"n_chans": n_chans, "n_outputs": n_outputs, "sfreq": sfreq, **model_params}
    try:
        return entry.build(n_times=crop_length, **sizes), crop_length
    except ShortWindowError:
        if is_given or crop_length == n_times:
            raise
    return entry.build(n_times=n_times, **sizes), n_times


def check_sequences(model: str | EEGModel) -> None:
    """Raise unless a model looks along a recording."""
    kind = type(model) if isinstance(model, EEGModel) else find_entry(model).model_class
    if not issubclass(kind, SequenceModel):
        raise ValueError(
            f"expected windows (n_windows, n_chans, n_times) for {kind.__name__}, which does not "
            "look along a recording, got sequences of windows"
        )


def signal_of(model: Any, info: SignalInfo | None) -> SignalInfo | None:
    """Return what windows of a signal must be for a given model: its channels, in its order.

    Raises
    ------
    ValueError
        If the sampling rate is not the model's.
    """
    if info is None or not isinstance(model, EEGModel):
        return None
    check_sfreq(model, info)
    return info if model.ch_names is None else dataclasses.replace(info, ch_names=model.ch_names)


def check_sfreq(model: EEGModel, info: SignalInfo) -> None:
    """Raise unless a model is for a signal's sampling rate."""
    if abs(model.sfreq - info.sfreq) > 1e-6 * model.sfreq:
        raise ValueError(
            f"expected sfreq of {model.sfreq:g} Hz, which the model is for, got {info.sfreq:g} Hz"
        )


def _copy(
    model: EEGModel, window_shape: tuple[int, int], n_outputs: int, crop_length: int | str | None
) -> tuple[EEGModel, int]:
    n_chans, n_times = window_shape
    fits = (model.n_chans, model.n_outputs) == (n_chans, n_outputs)
    if not fits or model.n_times > n_times:
        raise ValueError(
            f"expected windows of {model.n_chans} channels and at least {model.n_times} samples "
            f"and {model.n_outputs} classes or targets for the given model, got {n_chans} "
            f"channels, {n_times} samples, {n_outputs} classes or targets"
        )
    wanted = n_times if crop_length == "whole" else crop_length
    if wanted not in (None, "half", model.n_times):
        raise ValueError(
            f"expected crop_length {model.n_times}, which the given model takes, got {crop_length}"
        )
    return copy.deepcopy(model), model.n_times


def device_of(device: str) -> str:
    """Return where to compute: on "auto" the GPU, if there is one."""
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def check_device(device: str) -> None:
    """Raise unless torch can compute on a device.

    Raises
    ------
    ValueError
        With torch's reason.
    """
    try:
        torch.empty(0, device=device_of(device))
    except (RuntimeError, AssertionError) as error:  # torch asserts that it has CUDA
        raise ValueError(f"cannot compute on device {device!r}: {error}") from error
