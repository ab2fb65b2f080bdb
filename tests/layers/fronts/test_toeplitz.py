"""Filters and pools as matrices."""

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.layers.fronts.toeplitz import pool_matrix, toeplitz_blocks

sizes = st.integers(1, 12)


def test_blocks_of_a_known_filter():
    expected = [[1.0, 0.0], [2.0, 1.0], [3.0, 2.0], [0.0, 3.0]]
    assert toeplitz_blocks(torch.tensor([[1.0, 2.0, 3.0]]), 2)[0].tolist() == expected


@given(maps=sizes, n_taps=sizes, block=sizes)
def test_blocks_filter_a_frame(maps, n_taps, block):
    kernels = torch.randn(maps, n_taps, dtype=torch.float64)
    frame = torch.randn(maps, block + n_taps - 1, dtype=torch.float64)
    expected = F.conv1d(frame, kernels.unsqueeze(1), groups=maps)
    found = torch.bmm(frame.unsqueeze(1), toeplitz_blocks(kernels, block)).squeeze(1)
    torch.testing.assert_close(found, expected)


@given(n_times=st.integers(1, 40), length=sizes)
def test_a_pool_averages(n_times, length):
    x = torch.randn(3, n_times, dtype=torch.float64)
    expected = F.avg_pool1d(x, length) if n_times >= length else x[:, :0]
    torch.testing.assert_close(x @ pool_matrix(n_times, length), expected)
