"""Kernels of time-major convolutions; what they compute is tested with MapsSequential."""

import pytest
import torch
import torch.nn.functional as F

from eegzoo.layers.time_major import image_kernels


@pytest.mark.parametrize(("shape", "groups"), [((16, 1, 16), 16), ((8, 4, 3), 1), ((1, 1, 1), 1)])
def test_gradients_of_kernels_have_their_strides(shape, groups):
    # DistributedDataParallel warns of others at each training.
    weight = torch.randn(shape, requires_grad=True)
    x = torch.randn(2, 40, groups * shape[1]).mT
    out = F.conv2d(x.unsqueeze(2), image_kernels(weight), groups=groups)
    (gradient,) = torch.autograd.grad(out.sum(), weight)
    assert gradient.stride() == weight.stride()
