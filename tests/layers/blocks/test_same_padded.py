"""Convolution and pool with TensorFlow's "SAME" padding."""

import pytest
import torch

from eegzoo.layers import SameConv1d, SameMaxPool1d

CASES = [(12, 5, 1), (12, 4, 1), (13, 4, 3), (63, 4, 4), (10, 2, 7), (3, 8, 2), (1, 6, 5)]


def reach(n_times, length, stride):
    """Return the samples that each output depends on.

    Equally many zeros are on either side; an odd one is on the right.
    https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
    """
    n_outputs = -(-n_times // stride)
    rest = n_times % stride or stride
    before = max(length - rest, 0) // 2
    starts = [output * stride - before for output in range(n_outputs)]
    return [range(max(start, 0), min(start + length, n_times)) for start in starts]


@pytest.mark.parametrize(("n_times", "length", "stride"), CASES)
def test_convolution_uses_the_same_samples_as_tensorflow(n_times, length, stride):
    conv = SameConv1d(1, 1, length, stride, bias=False)
    torch.nn.init.ones_(conv.weight)
    x = 2.0 ** -torch.arange(n_times, dtype=torch.float64)
    expected = torch.stack([x[list(samples)].sum() for samples in reach(n_times, length, stride)])
    torch.testing.assert_close(conv.double()(x.reshape(1, 1, -1)).flatten(), expected)


@pytest.mark.parametrize(("n_times", "length", "stride"), CASES)
def test_pool_uses_the_same_samples_as_tensorflow(n_times, length, stride):
    x = -1.0 - torch.randperm(n_times).float()  # all below zero, the usual padding
    expected = torch.stack([x[list(samples)].max() for samples in reach(n_times, length, stride)])
    out = SameMaxPool1d(length, stride)(x.reshape(1, 1, -1)).flatten()
    torch.testing.assert_close(out, expected, rtol=0, atol=0)


@pytest.mark.parametrize("layer", [lambda n: SameConv1d(1, 1, n), SameMaxPool1d])
def test_invalid_lengths_raise(layer):
    with pytest.raises(ValueError, match=r"expected (kernel_size|length) to be a positive integer"):
        layer(0)
