"""Tests of operators on a running signal against SciPy's on the whole signal."""

from __future__ import annotations

import fractions
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from eegzoo.online.running_signal.causal_operators import (
    CausalOperator,
    ChannelMatrix,
    ForwardFilter,
    LinearPhaseFilter,
    Resampler,
)

X = np.random.default_rng(0).normal(50.0, 1.0, (3, 1500))
BAND = signal.butter(2, [0.1, 0.4], "bandpass", output="sos")


def _kernel(ratio: fractions.Fraction) -> Any:
    largest = max(ratio.numerator, ratio.denominator)
    kernel = signal.firwin(20 * largest + 1, 1 / largest, window=("kaiser", 5.0))
    return kernel * ratio.numerator


def _operators() -> dict[str, CausalOperator]:
    half, up = fractions.Fraction(1, 2), fractions.Fraction(128, 125)
    return {
        "matrix": ChannelMatrix(np.array([[1.0, -1.0, 0.0], [0.0, 2.0, 0.5]])),
        "linear phase": LinearPhaseFilter(signal.firwin(31, 0.3)),
        "forward": ForwardFilter(BAND),
        "slower": Resampler(half, _kernel(half)),
        "faster": Resampler(up, _kernel(up)),
    }


NAMES = list(_operators())


def _run(operator: CausalOperator, data: Any, cuts: Any = ()) -> Any:
    operator.start(0, data[:, :1])
    return np.concatenate([operator.process(part) for part in np.split(data, cuts, axis=1)], axis=1)


def test_linear_phase_filter_is_the_centred_convolution() -> None:
    kernel = signal.firwin(31, 0.3)
    found = _run(LinearPhaseFilter(kernel), X)
    expected = signal.oaconvolve(X, kernel[None], mode="same", axes=1)
    assert found.shape[1] == X.shape[1] - 15
    np.testing.assert_allclose(found[:, 15:], expected[:, 15:-15], rtol=1e-12)


def test_forward_filter_is_scipys() -> None:
    state = signal.sosfilt_zi(BAND)[:, None] * X[None, :, :1]
    expected, _ = signal.sosfilt(BAND, X, zi=state)
    np.testing.assert_array_equal(_run(ForwardFilter(BAND), X), expected)


@pytest.mark.parametrize("ratio", ["1/2", "64/125", "128/125", "9999/10000", "3/1"])
def test_resampler_is_scipys_inside_the_signal(ratio: str) -> None:
    fraction = fractions.Fraction(ratio)
    operator = Resampler(fraction, _kernel(fraction))
    found = _run(operator, X)
    expected = signal.resample_poly(X, fraction.numerator, fraction.denominator, axis=1)
    first = int(np.ceil(operator.behind * fraction)) + 1
    assert found.shape[1] == operator.n_known(X.shape[1]) > 0.7 * expected.shape[1]
    np.testing.assert_allclose(found[:, first:], expected[:, first : found.shape[1]], rtol=1e-10)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 1500), max_size=8))
def test_chunks_give_what_the_whole_signal_gives(name: str, cuts: list[int]) -> None:
    whole = _run(_operators()[name], X)
    parts = _run(_operators()[name], X, sorted(cuts))
    np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@given(n_known=st.integers(1, 5000))
@settings(max_examples=30, deadline=None)
def test_needed_samples_are_the_fewest_that_suffice(name: str, n_known: int) -> None:
    operator = _operators()[name]
    needed = operator.n_needed(n_known)
    assert operator.n_known(needed) >= n_known
    assert operator.n_known(needed - 1) < n_known


@pytest.mark.parametrize("name", NAMES)
def test_sample_depends_on_nothing_before_the_first_needed(name: str) -> None:
    changed = X.copy()
    changed[:, :300] = -1e3
    one, other = _run(_operators()[name], X), _run(_operators()[name], changed)
    operator = _operators()[name]
    clean = [k for k in range(one.shape[1]) if operator.first_needed(k) >= 300]
    tolerance = 1.0 if name == "forward" else 1e-9  # of a change by 1,050
    np.testing.assert_allclose(one[:, clean], other[:, clean], atol=tolerance)
    hit = [k for k in range(one.shape[1]) if operator.first_needed(k) < 250 and k < 100]
    assert np.abs(one[:, hit] - other[:, hit]).max() > 1


@pytest.mark.parametrize("name", NAMES)
def test_start_in_the_middle_keeps_the_count(name: str) -> None:
    operator, again = _operators()[name], _operators()[name]
    whole = _run(operator, X)
    again.start(700, X[:, 700:701])
    late = again.process(X[:, 700:])
    first = again.first_known(700)
    settled = np.flatnonzero([again.first_needed(first + k) >= 700 for k in range(late.shape[1])])
    tolerance = 0.1 if name == "forward" else 1e-9
    np.testing.assert_allclose(late[:, settled], whole[:, first + settled], atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_constant_signal_stays_constant(name: str) -> None:
    operator, constant = _operators()[name], np.full((3, 400), 7.0)
    expected = operator.constant(constant[:, :1])
    found = _run(operator, constant)
    np.testing.assert_allclose(found, np.repeat(expected, found.shape[1], axis=1), atol=1e-2)


def test_kernel_with_an_even_number_of_taps_raises() -> None:
    with pytest.raises(ValueError, match="odd number of taps, got 4"):
        LinearPhaseFilter(np.ones(4))
