"""The linear front with constant weights equals the modules that it replaces."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from eegzoo.layers import ConstrainedConv2d, TemporalSpatialConv
from eegzoo.layers.fronts.folded_front import FoldedFront, fold_front
from tests.layers.fronts.test_norm_folding import filled


def make_front(n_chans, F1, D, kernel, padding, grouped, bias=True, normed=True, **options):
    maps, groups = F1 * D, F1 if grouped else 1
    front = TemporalSpatialConv(
        ConstrainedConv2d(1, F1, (1, kernel), padding=padding, bias=bias, max_norm=0.5, **options),
        ConstrainedConv2d(
            F1, maps, (n_chans, 1), padding="valid", groups=groups, bias=bias, max_norm=0.5
        ),
        nn.BatchNorm2d(F1) if normed else None,
        fused=True,
    )
    front = front.double().eval()
    if normed:
        filled(front.norm)
    return front


def plainly(front, x):
    y = front.temporal(x.unsqueeze(1))
    return front.spatial(y if front.norm is None else front.norm(y)).squeeze(2)


@settings(max_examples=40, deadline=None)
@given(
    n_chans=st.integers(1, 9),
    F1=st.integers(1, 4),
    D=st.integers(1, 3),
    kernel=st.integers(1, 20),
    padding=st.sampled_from(["same", "valid", "causal"]),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    n_times=st.integers(20, 60),
    batch=st.integers(0, 3),
)
def test_outputs_equal_the_plain_modules(n_chans, F1, D, kernel, padding, flags, n_times, batch):
    front = make_front(n_chans, F1, D, kernel, padding, *flags)
    after = filled(nn.BatchNorm1d(F1 * D))
    folded = fold_front(front, n_times)
    x = torch.randn(batch, n_chans, n_times, dtype=torch.float64)
    torch.testing.assert_close(folded(x), plainly(front, x), rtol=1e-11, atol=1e-11)
    folded.fold_(after)
    torch.testing.assert_close(folded(x), after(plainly(front, x)), rtol=1e-11, atol=1e-11)


def test_strides_and_dilations_are_kept():
    front = make_front(4, 2, 2, 5, "valid", True, stride=(1, 2), dilation=(1, 3))
    x = torch.randn(2, 4, 40, dtype=torch.float64)
    torch.testing.assert_close(fold_front(front, 40)(x), plainly(front, x))


def test_the_cheaper_order_is_chosen_once():
    assert "spatial first" in repr(fold_front(make_front(8, 4, 2, 16, "same", True), 64))
    assert "folded" in repr(fold_front(make_front(8, 4, 1, 16, "same", False), 64))
    cheap = make_front(8, 2, 20, 16, "same", False)  # forty filters over all channels cost more
    cheap.fused = None
    assert fold_front(cheap, 64) is None


def test_a_front_that_is_not_linear_is_left():
    hooked = make_front(8, 4, 2, 16, "same", True)
    hooked.spatial.register_forward_hook(lambda *_: None)
    batch_statistics = make_front(8, 4, 2, 16, "same", True)
    batch_statistics.norm = nn.BatchNorm2d(4, track_running_stats=False).double()
    assert fold_front(hooked, 64) is None
    assert fold_front(batch_statistics, 64) is None


def test_weights_are_in_the_state_dict_and_move():
    front = FoldedFront(torch.ones(2, 3), torch.ones(2, 1, 4), torch.zeros(2), (1, 2))
    assert list(front.state_dict()) == ["mixing", "weight", "bias"]
    x = torch.ones(1, 3, 5, dtype=torch.float64)
    assert front.double()(x)[0, 0].tolist() == [9.0, 12.0, 12.0, 9.0, 6.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_dtype_is_kept(dtype):
    assert fold_front(make_front(3, 2, 2, 4, "same", True).to(dtype), 9).weight.dtype == dtype
