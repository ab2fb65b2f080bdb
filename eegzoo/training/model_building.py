"""Models that fit the training windows: built by name, or copied."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import nn

from eegzoo.arguments import nearest
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.models.base import EEGModel, ShortWindowError
from eegzoo.models.sequence_models import RecurrentModel, SequenceModel
from eegzoo.models.zoo import find_entry
from eegzoo.training.finetuning.pretrained_model import (
    architecture_of,
    as_weights,
    is_weights,
    model_with_weights,
    weight_arguments,
)
from eegzoo.training.own_module import build_own_module, check_arguments
from eegzoo.weights.foundation.checkpoints import FoundationWeights
from eegzoo.weights.weights import Weights

# Name of a model or of trained weights, weights, instance, or class.
ModelSource = str | Weights | FoundationWeights | nn.Module | type[nn.Module]


def check_model(model: ModelSource, model_params: Mapping[str, Any], sfreq: float | None) -> None:
    """Check the parameters of an estimator that describe its model.

    Parameters
    ----------
    model, model_params, sfreq
        As in `EEGClassifier`.

    Raises
    ------
    TypeError
        If the model is of another kind, or takes no such argument.
    ValueError
        If the name is unknown, or the model is an instance and has its arguments already.
    """
    if isinstance(model, (Weights, FoundationWeights)) or is_weights(model):
        weights = as_weights(model)
        for name in model_params:
            if name not in weight_arguments(weights):
                raise TypeError(
                    f"{weights.name} takes no argument {name!r} in model_params"
                    f"{nearest(name, weight_arguments(weights))}"
                )
    elif isinstance(model, str):
        known = find_entry(model).parameters
        for name in model_params:
            if name not in known:
                raise TypeError(
                    f"{model} takes no argument {name!r} in model_params{nearest(name, known)}"
                )
    elif isinstance(model, type) and issubclass(model, nn.Module):
        check_arguments(model, model_params)
    elif not isinstance(model, nn.Module):
        raise TypeError(
            f"expected model to be a name, a module of torch or a class of modules, got {model!r}"
        )
    elif model_params or (sfreq is not None and isinstance(model, EEGModel)):
        raise ValueError(
            "expected model_params and sfreq with a model's name or class, not with a model"
        )


def build_model(
    model: ModelSource,
    inputs: Inputs,
    n_outputs: int,
    model_params: Mapping[str, Any],
    sfreq: float | None,
    crop_length: int | str,
    *,
    is_explicit: bool = True,
) -> tuple[EEGModel, int]:
    """Build a named model, or copy a given one, to fit training windows.

    Parameters
    ----------
    model, model_params, sfreq, crop_length
        As in `EEGClassifier`.
    inputs : Inputs
        Training windows.
    n_outputs : int
        Number of classes or targets.
    is_explicit : bool
        Whether `crop_length` was set by the user. A crop length from the recipe is replaced if it
        does not suit the model.

    Returns
    -------
    model : EEGModel
        The model, ready for training.
    crop_length : int
        Length of a crop in samples.

    Raises
    ------
    ValueError
        If the model does not fit the windows.
    """
    n_times = inputs.window_shape[1]
    if inputs.is_sequences:
        if is_explicit and crop_length not in ("whole", n_times):
            raise ValueError(f"expected crop_length 'whole' for sequences, got {crop_length!r}")
        crop_length = "whole"
    if isinstance(model, EEGModel):
        return _copy(model, inputs.window_shape, n_outputs, crop_length if is_explicit else None)
    if isinstance(model, (Weights, FoundationWeights)) or is_weights(model):
        built = model_with_weights(as_weights(model), inputs, n_outputs, model_params, sfreq)
        return _copy(built, inputs.window_shape, n_outputs, crop_length if is_explicit else None)

    is_own = not isinstance(model, str) and not _is_model_class(model)
    sfreq = resolve_sfreq(inputs.info, sfreq, is_required=not is_own)
    if is_own and not is_explicit:  # nobody knows which other lengths it takes
        crop_length = "whole"
    if isinstance(crop_length, str):
        half = n_times // 2
        crop_length = half if crop_length == "half" and half >= (sfreq or 0) else n_times
    if crop_length > n_times:
        raise ValueError(f"expected crop_length of at most {n_times}, got {crop_length}")
    arguments: dict[str, Any] = {
        "n_chans": inputs.window_shape[0], "n_outputs": n_outputs, "sfreq": sfreq,
    }  # fmt: skip
    if inputs.info is not None:
        arguments["ch_names"] = inputs.info.ch_names
    if isinstance(model, str):
        build = partial(find_entry(model).build, **{**arguments, **model_params})
    else:
        build = partial(build_own_module, model, model_params, **arguments)
    try:
        return build(n_times=crop_length), crop_length
    except ShortWindowError:
        if is_explicit or crop_length == n_times:
            raise
    return build(n_times=n_times), n_times


def _is_model_class(model: nn.Module | type[nn.Module]) -> bool:
    return isinstance(model, type) and issubclass(model, EEGModel)


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
            f"expected crop_length {model.n_times}, the n_times of the given model, "
            f"got {crop_length}"
        )
    return copy.deepcopy(model), model.n_times


def resolve_sfreq(
    info: SignalInfo | None, sfreq: float | None, *, is_required: bool = True
) -> float | None:
    """Return the sampling rate of training windows in Hz, or None if it is not known.

    Parameters
    ----------
    info : SignalInfo | None
        Signal of the windows; None for arrays.
    sfreq : float | None
        As in `EEGClassifier`.
    is_required : bool
        Whether the model requires it.

    Raises
    ------
    ValueError
        If `sfreq` is required and missing, or differs from the sampling rate of the signal.
    """
    if info is not None:
        if sfreq not in (None, info.sfreq):
            raise ValueError(f"expected sfreq {info.sfreq:g}, the sampling rate of X, got {sfreq}")
        return info.sfreq
    if sfreq is None and is_required:
        raise ValueError(
            "expected sfreq with arrays, got None: the lengths of the model's kernels depend on "
            "the sampling rate in Hz"
        )
    return sfreq


def check_sfreq(model: EEGModel, info: SignalInfo) -> None:
    """Raise an error if the sampling rate of a signal is not that of a model."""
    if model.sfreq is not None and abs(model.sfreq - info.sfreq) > 1e-6 * model.sfreq:
        raise ValueError(
            f"expected sfreq of {model.sfreq:g} Hz, the sampling rate of the model, "
            f"got {info.sfreq:g} Hz"
        )


def check_takes_sequences(model: ModelSource) -> None:
    """Raise an error if a model takes single windows only."""
    if isinstance(model, (Weights, FoundationWeights)) or is_weights(model):
        model = architecture_of(as_weights(model))
    if isinstance(model, str):
        model = find_entry(model).model_class
    kind = model if isinstance(model, type) else type(model)
    if not issubclass(kind, SequenceModel):
        raise ValueError(
            f"expected windows (n_windows, n_chans, n_times) for {kind.__name__}, which takes "
            "single windows, got sequences of windows"
        )


def check_carries_state(model: EEGModel) -> None:
    """Raise an error if a model does not carry a state from one window to the next."""
    if not isinstance(model, RecurrentModel):
        raise ValueError(
            "expected a model that carries a state from window to window, such as tinysleepnet, "
            f"with sampler, got {type(model).__name__}"
        )


def signal_for(model: EEGModel, info: SignalInfo) -> SignalInfo:
    """Return a signal with its channels in the order of a model.

    Raises
    ------
    ValueError
        If the sampling rate is not that of the model.
    """
    check_sfreq(model, info)
    return info if model.ch_names is None else dataclasses.replace(info, ch_names=model.ch_names)
