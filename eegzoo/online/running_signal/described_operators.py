"""Operators on a running signal as JSON."""

from __future__ import annotations

import fractions
from collections.abc import Mapping
from typing import Any

import numpy as np

from eegzoo.online.running_signal.causal_operators import (
    CausalOperator,
    ChannelMatrix,
    ForwardFilter,
    LinearPhaseFilter,
    Resampler,
)


def described(operator: CausalOperator) -> dict[str, Any]:
    """Return a JSON-serialisable dict of an operator.

    Examples
    --------
    >>> described(LinearPhaseFilter(np.array([0.25, 0.5, 0.25])))
    {'operator': 'linear_phase', 'kernel': [0.25, 0.5, 0.25]}
    """
    if isinstance(operator, ChannelMatrix):
        return {"operator": "matrix", "matrix": operator.matrix.tolist()}
    if isinstance(operator, LinearPhaseFilter):
        return {"operator": "linear_phase", "kernel": operator.kernel.tolist()}
    if isinstance(operator, ForwardFilter):
        return {"operator": "forward", "sections": operator.sections.tolist()}
    if isinstance(operator, Resampler):
        return {
            "operator": "resample", "up": operator.up, "down": operator.down,
            "kernel": operator.kernel.tolist(),
        }  # fmt: skip
    raise TypeError(f"expected a known operator, got {type(operator).__name__}")


def operator_of(values: Mapping[str, Any]) -> CausalOperator:
    """Return the operator that `described` described.

    Raises
    ------
    ValueError
        If the operator is unknown.

    Examples
    --------
    >>> operator_of({"operator": "matrix", "matrix": [[0.5, -0.5]]}).matrix
    array([[ 0.5, -0.5]])
    """
    kind = values.get("operator")
    if kind == "matrix":
        return ChannelMatrix(np.asarray(values["matrix"], np.float64))
    if kind == "linear_phase":
        return LinearPhaseFilter(np.asarray(values["kernel"], np.float64))
    if kind == "forward":
        return ForwardFilter(np.asarray(values["sections"], np.float64))
    if kind == "resample":
        ratio = fractions.Fraction(values["up"], values["down"])
        return Resampler(ratio, np.asarray(values["kernel"], np.float64))
    raise ValueError(
        f"expected an operator of matrix, linear_phase, forward or resample, got {kind!r}"
    )
