"""Tests of the causal filter of recordings."""

from __future__ import annotations

import mne
import numpy as np
import pytest
from scipy import signal

from eegzoo.data import Filter, filter_forward

OFFSETS = np.array([[0.05], [-0.02], [0.0]])


def _raw(data: np.ndarray) -> mne.io.BaseRaw:
    return mne.io.RawArray(data.copy(), mne.create_info(len(data), 128.0, "eeg"), verbose=False)


@pytest.mark.parametrize("edges", [(4.0, 38.0), (None, 30.0), (0.5, None)])
def test_forward_filter_is_scipys_from_its_steady_state(edges: tuple[float, float]) -> None:
    data = np.random.default_rng(0).normal(0, 1e-5, (3, 1000)) + OFFSETS
    kind = "bandpass" if all(edges) else "highpass" if edges[0] else "lowpass"
    wanted = list(edges) if all(edges) else edges[0] or edges[1]
    sections = signal.butter(4, wanted, kind, fs=128.0, output="sos")
    state = signal.sosfilt_zi(sections)[:, None] * data[None, :, :1]
    expected, _ = signal.sosfilt(sections, data, zi=state)
    found = filter_forward(_raw(data), *edges).get_data()
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_forward_filter_is_causal() -> None:
    data = np.random.default_rng(0).normal(0, 1e-5, (3, 1000))
    changed = data.copy()
    changed[:, 600:] = 7e-5
    one, other = (filter_forward(_raw(each), 4.0, 38.0).get_data() for each in (data, changed))
    np.testing.assert_allclose(one[:, :600], other[:, :600], atol=1e-18)
    assert np.abs(one[:, 600:] - other[:, 600:]).max() > 1e-6


def test_offset_makes_no_transient() -> None:
    raw = filter_forward(_raw(np.tile(OFFSETS, 1000)), 4.0, 38.0)
    np.testing.assert_allclose(raw.get_data(), 0, atol=1e-15)
    kept = filter_forward(_raw(np.tile(OFFSETS, 1000)), None, 38.0)
    np.testing.assert_allclose(kept.get_data(), np.tile(OFFSETS, 1000), rtol=1e-12, atol=1e-15)


def test_step_filters_forwards_and_notes_the_band() -> None:
    data = np.random.default_rng(0).normal(0, 1e-5, (3, 1000))
    raw = Filter(4.0, 38.0, "forward").apply(_raw(data))
    np.testing.assert_array_equal(raw.get_data(), filter_forward(_raw(data), 4.0, 38.0).get_data())
    assert (raw.info["highpass"], raw.info["lowpass"]) == (4.0, 38.0)
