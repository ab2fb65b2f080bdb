"""Checks of constructor arguments, chosen by the name of the argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from torch import nn

from eegzoo.arguments import number_between, positive_int


def check_argument(name: str, value: object) -> Any:
    """Return the value of a constructor argument, checked according to its name.

    All models share one vocabulary, so the name determines the valid values:

    - ``F1``, ``F2``, ``D``, ``D1``, ``D2``, ``expansion``, ``n_*``, ``*_n_filters``, ``*depth``,
      ``*_length``, ``*_stride``, ``*_size``, ``*_units``, ``*_dim``: a positive integer
    - ``*_lengths``: a sequence of positive integers
    - ``*_seconds``, ``*_sfreq``, ``bandwidth``, ``complexity``: a number above 0
    - ``*drop_prob``: a number from 0 to 1
    - ``*max_norm``: a number above 0, or None
    - ``drop_maps``, ``across_channels``, ``frozen_temporal``, ``batch_statistics``,
      ``mean_pool``, ``attention_pool``, ``two_heads``, ``log_power``: a boolean
    - ``activation``: a class of layers, or a function that returns a layer

    Parameters
    ----------
    name : str
        Name of the argument.
    value : object
        Value of the argument.

    Returns
    -------
    object
        The value as a plain int, float or bool, as a tuple of ints, or as given.

    Raises
    ------
    TypeError
        If the value has the wrong type, or if no check exists for the name.
    ValueError
        If the value is out of range.

    Examples
    --------
    >>> check_argument("kernel_length", 64), check_argument("kernel_lengths", [64, 32])
    (64, (64, 32))
    >>> check_argument("head_drop_prob", 1.5)
    Traceback (most recent call last):
        ...
    ValueError: expected head_drop_prob to be a number of at least 0 and at most 1, got 1.5
    """
    for check, patterns in _CHECKS.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return check(name, value)
    raise TypeError(
        f"expected an argument name with a check in {__name__}, got {name!r}; "
        "check this argument in the constructor and assign it there"
    )


def check_each(
    name: str, values: object, check: Callable[[str, object], Any] = check_argument
) -> tuple[Any, ...]:
    """Return an argument with any number of values as a tuple, each value checked.

    Parameters
    ----------
    name : str
        Name of the argument.
    values : iterable
        Values of the argument, at least one.
    check : callable
        Function of name and value that returns the checked value.

    Returns
    -------
    tuple
        The checked values.

    Raises
    ------
    TypeError, ValueError
        If `values` is not a sequence, is empty, or contains a value that is not valid.

    Examples
    --------
    >>> check_each("kernel_seconds", [0.5, 0.25])
    (0.5, 0.25)
    """
    expected = f"expected {name} to be a non-empty sequence, got {values!r}"
    if not isinstance(values, Iterable):
        raise TypeError(expected)
    checked = tuple(check(name, value) for value in values)
    if not checked:
        raise ValueError(expected)
    return checked


def _positive_ints(name: str, value: object) -> tuple[int, ...]:
    return check_each(name, value, positive_int)


def _positive_number(name: str, value: object) -> float:
    return number_between(name, value, 0.0, above=True)


def _probability(name: str, value: object) -> float:
    return number_between(name, value, 0.0, 1.0)


def _norm_limit(name: str, value: object) -> float | None:
    return None if value is None else _positive_number(name, value)


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"expected {name} to be True or False, got {value!r}")
    return bool(value)


def _layer_class(name: str, value: object) -> object:
    if isinstance(value, type):
        makes_layers = issubclass(value, nn.Module)
    else:
        # A function such as torch.relu takes a tensor instead of making a layer.
        try:
            makes_layers = isinstance(value(), nn.Module)  # type: ignore[operator]
        except (TypeError, NotImplementedError):
            makes_layers = False
    if isinstance(value, nn.Module) or not makes_layers:
        raise TypeError(f"expected {name} to be a class of layers such as nn.ELU, got {value!r}")
    return value


_CHECKS: dict[Callable[[str, object], object], tuple[str, ...]] = {
    positive_int: (
        "F1", "F2", "D", "D1", "D2", "expansion", "n_*", "*_n_filters", "*depth", "*_length",
        "*_stride", "*_size", "*_units", "*_dim",
    ),
    _positive_ints: ("*_lengths",),
    _positive_number: ("*_seconds", "*_sfreq", "bandwidth", "complexity"),
    _probability: ("*drop_prob",),
    _norm_limit: ("*max_norm",),
    _boolean: (
        "drop_maps", "across_channels", "frozen_temporal", "batch_statistics", "mean_pool",
        "attention_pool", "two_heads", "log_power",
    ),
    _layer_class: ("activation",),
}  # fmt: skip
