"""Figures of data: amplitudes, spectra, windows kept and left out, leakage."""

import numpy as np
import pytest
from scipy import signal

from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording, simulate_motor_imagery
from eegzoo.report import alternative_text
from eegzoo.report.data.amplitudes import (
    plot_amplitudes,
    plot_spectra,
    robust_amplitudes,
    signal_before,
    some_windows,
    spectra,
)
from eegzoo.report.data.leakage import leakage_of_folds
from eegzoo.report.data.trials import counts_of, plot_counts, plot_targets
from tests.report.figure_checks import check_figure

LONG = [f"EEG electrode number {place:03d} of the cap-REF" for place in range(128)]


def test_amplitudes_are_standard_deviations_without_artefacts():
    X = np.random.default_rng(0).normal(0, [[[5]], [[50]]], (2, 1, 20_000)).transpose(1, 0, 2)
    np.testing.assert_allclose(robust_amplitudes(X), [5, 50], rtol=0.05)
    X[0, 0, :500] = 1e6
    np.testing.assert_allclose(robust_amplitudes(X), [5, 50], rtol=0.1)
    np.testing.assert_allclose(robust_amplitudes(X[0]), robust_amplitudes(X))


def test_spectra_are_welchs_in_square_microvolts_per_hertz():
    x = np.random.default_rng(0).normal(0, 10, (2, 4000))
    frequencies, powers = spectra(x, 100.0)
    expected = signal.welch(x, 100.0, nperseg=200)
    np.testing.assert_allclose(frequencies, expected[0][1:])
    np.testing.assert_allclose(powers, expected[1][:, 1:])
    # The variance of white noise is spread over 50 Hz.
    assert powers.mean() == pytest.approx(100 / 50, rel=0.1)


def test_a_recording_is_read_in_microvolts():
    raw = simulate_motor_imagery(n_trials=4, random_state=0)
    X = signal_before(raw, ["C3", "Cz"])
    np.testing.assert_allclose(X, 1e6 * raw.get_data(["C3", "Cz"]))
    assert some_windows(np.zeros((1000, 1, 1))).shape == (200, 1, 1)


@pytest.mark.parametrize("n_chans", [1, 3, 34, 35, 128])
def test_amplitudes_of_many_long_names_are_readable(n_chans):
    values = np.random.default_rng(0).uniform(3, 60, n_chans)
    given = {"recording, before preprocessing": values, "windows, after it": values / 2}
    figure = plot_amplitudes(given, LONG[:n_chans])
    names = [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
    assert len(set(names)) == n_chans
    drawn = np.concatenate([axes.lines[0].get_xdata() for axes in figure.axes])
    np.testing.assert_allclose(drawn, values)
    assert " ".join(figure.axes[0].get_xlabel().split()) == "Robust amplitude (µV)"
    check_figure(figure)


def test_flat_channels_and_missing_values_are_named_but_not_drawn():
    figure = plot_amplitudes({"windows": [0.0, 20.0, np.nan]}, ["flat", "good", "missing"])
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xdata(), [np.nan, 20, np.nan])
    check_figure(figure)
    check_figure(plot_amplitudes({"windows": [0.0]}, ["flat"]))


@pytest.mark.parametrize("n_chans", [1, 6, 7, 128])
def test_spectra_of_many_channels_name_those_that_differ(n_chans):
    x = np.random.default_rng(0).normal(0, 10, (n_chans, 2000))
    x[-1] *= 100
    figure = plot_spectra(*spectra(x, 100.0), LONG[:n_chans], "before preprocessing")
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert len(axes.lines) == n_chans + (n_chans > 6)
    assert LONG[n_chans - 1][:8] in alternative_text(figure)
    check_figure(figure)


def test_a_flat_channel_has_no_spectrum():
    check_figure(plot_spectra([1.0, 2.0], [[0.0, 0.0]], ["flat"]))
    with pytest.raises(ValueError, match=r"expected powers of shape \(2, 2\)"):
        plot_spectra([1.0, 2.0], [[0.0, 0.0]], ["a", "b"])


def test_counts_of_classes_and_of_reasons_are_bars():
    left_out = {"are marked 'BAD_blink'": 3, "end after the recording": 1}
    figure = plot_counts({"left": 30, "right": 10, "<b>": 0}, left_out=left_out)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["30 (75 %)", "10 (25 %)", "0 (0 %)", "3", "1"]
    assert [bar.get_width() for bar in figure.axes[0].patches] == [30, 10, 0, 3, 1]
    assert "4 are left out: 3 are marked 'BAD_blink'" in alternative_text(figure)
    check_figure(figure)


def test_shares_of_labels_are_of_windows():
    y = np.array([[1, 1], [1, 0]])
    figure = plot_counts(counts_of(y, ["a", "b"]), n_windows=2)
    assert [text.get_text() for text in figure.axes[0].texts] == ["2 (100 %)", "1 (50 %)"]


def test_targets_are_counted():
    figure = plot_targets(np.arange(50.0), "age", "years")
    assert sum(bar.get_height() for bar in figure.axes[0].patches) == 50
    assert figure.axes[0].get_xlabel() == "age (years)"
    check_figure(figure)


def test_leaks_are_named_fold_by_fold():
    raw = simulate_motor_imagery(n_trials=8, random_state=0)
    people = [Recording(raw, subject="S1"), Recording(raw.copy(), subject="S2")]
    dataset = EpochsDataset.from_recordings(people, Preprocessing([Epoch(0, 3)]))
    apart, copied = leakage_of_folds(
        dataset, [(np.arange(4), np.arange(4, 8)), (np.arange(8), np.arange(8, 16))]
    )
    assert apart.problem is None
    assert apart.n_shared == {"subject": 1, "session": 1, "recording": 1}
    assert "copy" in copied.problem
    assert copied.n_shared == {"subject": 0, "session": 0, "recording": 0}
