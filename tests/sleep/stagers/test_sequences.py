"""Statistics around windows and means over sequences equal loops over windows."""

import pytest
import torch

from eegzoo.sleep.stagers.sequences import (
    mean_over_sequences,
    standardize_around,
    starts_of_sequences,
)


@pytest.mark.parametrize(("n_windows", "context"), [(1, 21), (5, 3), (30, 21), (100, 31), (8, 8)])
def test_standardisation_is_that_of_the_context(n_windows, context):
    torch.manual_seed(0)
    spectra = torch.randn(n_windows, 2, 6, 4) - 8
    found = standardize_around(spectra, context)
    for place in range(n_windows):
        first = min(max(place - context // 2, 0), max(0, n_windows - context))
        around = spectra[first : first + context].double()
        std, mean = torch.std_mean(around, dim=(0, 2), keepdim=True)
        expected = (spectra[place : place + 1].double() - mean) / std
        torch.testing.assert_close(found[place], expected[0].float(), rtol=1e-5, atol=2e-5)


def test_constant_spectra_are_zero():
    spectra = torch.full((30, 1, 6, 4), -20.0)
    assert standardize_around(spectra, 21).abs().max() == 0


@pytest.mark.parametrize("batch_size", [1, 4, 512])
@pytest.mark.parametrize(("length", "stride"), [(1, 1), (4, 1), (4, 3), (4, 4), (9, 1), (50, 1)])
def test_mean_over_sequences_is_that_of_a_loop(length, stride, batch_size):
    torch.manual_seed(0)
    windows = torch.randn(9, 3)

    def classify(sequences):
        return sequences.cumsum(dim=1)  # depends on the place in the sequence

    found = mean_over_sequences(classify, windows, length, stride, batch_size)
    sums, counts = torch.zeros(9, 3, dtype=torch.float64), torch.zeros(9, 1)
    for start in starts_of_sequences(9, length, stride).tolist():
        part = windows[start : start + length]
        sums[start : start + length] += classify(part[None])[0].softmax(dim=1)
        counts[start : start + length] += 1
    torch.testing.assert_close(found, sums / counts)


@pytest.mark.parametrize(
    ("n_windows", "length", "stride", "starts"),
    [(5, 3, 1, [0, 1, 2]), (5, 3, 2, [0, 2]), (6, 3, 2, [0, 2, 3]), (2, 3, 1, [0])],
)
def test_last_sequence_ends_with_the_recording(n_windows, length, stride, starts):
    assert starts_of_sequences(n_windows, length, stride).tolist() == starts
