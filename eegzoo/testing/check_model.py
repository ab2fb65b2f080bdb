"""The suite of checks that every model must pass."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib.util import find_spec
from typing import Any

import torch

from eegzoo.arguments import nearest
from eegzoo.models.base import EEGModel
from eegzoo.models.zoo import find_entry
from eegzoo.testing import copies, exports, heads, inputs, training
from eegzoo.testing.model_case import ModelCase

QUICK_CHECKS: tuple[Callable[[ModelCase], None], ...] = (
    inputs.check_smallest_window,
    inputs.check_empty_batch,
    inputs.check_other_sizes_raise,
    inputs.check_other_ranks_raise,
    inputs.check_sequences,
    inputs.check_other_dtypes_raise,
    inputs.check_nan_stays_in_its_window,
    inputs.check_strides,
    training.check_windows_do_not_influence_each_other,
    training.check_evaluation_changes_nothing,
    training.check_training_keeps_the_windows,
    training.check_gradients_reach_everything,
    training.check_gradients_are_the_derivatives,
    training.check_a_tiny_batch_is_learnt,
    training.check_a_seed_determines_everything,
    training.check_only_dropout_is_random,
    training.check_autocast_is_finite,
    heads.check_outputs_are_the_head_of_the_features,
    heads.check_reset_head_replaces_only_the_head,
    heads.check_reset_head_draws_new_weights,
    heads.check_reset_head_after_its_removal,
    copies.check_copies,
    copies.check_a_loaded_model_trains,
    copies.check_meta_device,
)
# These depend on the class of a model, not on its variant.
SLOW_CHECKS: tuple[Callable[[ModelCase], None], ...] = (
    exports.check_compiled_model,
    exports.check_exported_model,
    exports.check_onnx_model,
)
MODEL_CHECKS = (*QUICK_CHECKS, *SLOW_CHECKS)


def check_model(
    model: str | Callable[..., EEGModel],
    *,
    skip: Collection[str] = (),
    lr: float = 0.01,
    **sizes: Any,
) -> None:
    """Run on a model the checks that every model of eegzoo passes.

    They cover the windows that it takes and refuses, gradients (against finite differences),
    training and evaluation, `reset_head`, copies and files, the meta device, compilation, and
    export. The check of ONNX runs where onnxruntime and onnxscript are installed. A small size
    keeps them fast.

    Parameters
    ----------
    model : str | type of EEGModel | callable
        Name of a model, its class, or a function that returns it, given n_chans, n_times,
        n_outputs and sfreq by keyword.
    skip : collection of str
        Names of checks that are left out, such as "check_onnx_model".
    lr : float
        Learning rate at which the model learns nine windows in 60 steps of Adam.
    **sizes
        Arguments that differ from 3 channels, 256 samples, 3 outputs and 128 Hz, and other
        arguments of the model.

    Raises
    ------
    AssertionError
        If a check fails. The message names the check and says what does not hold; errors that the
        model raises are its cause.
    ValueError
        If a name in `skip` is unknown.

    Examples
    --------
    >>> check_model("shallow_convnet", skip=["check_compiled_model", "check_onnx_model"])
    """
    names = {check.__name__: check for check in MODEL_CHECKS}
    for name in skip:
        if name not in names:
            raise ValueError(f"unknown check {name!r} in skip{nearest(name, names)}")
    create = find_entry(model).build if isinstance(model, str) else model
    case = ModelCase(create, {**ModelCase(create).sizes, **sizes}, lr)
    has_onnx = find_spec("onnxruntime") is not None and find_spec("onnxscript") is not None
    left_out = {*skip, *(() if has_onnx else ("check_onnx_model",))}
    if "check_onnx_model" not in left_out:  # which exports the model itself
        left_out.add("check_exported_model")
    with torch.random.fork_rng(devices=[]):
        for name, check in names.items():
            if name not in left_out:
                torch.manual_seed(0)
                try:
                    check(case)
                except Exception as error:
                    raise AssertionError(f"{name}: {error}") from error
