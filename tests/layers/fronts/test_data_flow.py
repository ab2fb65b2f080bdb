"""Layers whose outputs only one other layer takes."""

import pytest
import torch
from torch import nn

from eegzoo.layers.fronts.data_flow import followed_by

conv, other, norm = nn.Conv1d(2, 3, 1), nn.Conv1d(2, 1, 1), nn.BatchNorm1d(3).eval()
wide, flat = nn.BatchNorm1d(4).eval(), nn.Conv2d(2, 3, (2, 1))
dense = nn.Linear(4, 3)
x, image = torch.randn(2, 2, 3), torch.randn(2, 2, 2, 3)


def found(run):
    return followed_by(run, [conv, other, flat, dense], [norm, wide])


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (lambda: norm(conv(x)).relu(), [([conv], norm)]),
        (lambda: norm(conv(x) if conv(x).shape[0] else x), []),  # called twice
        (lambda: norm(conv(x).relu()), []),
        (lambda: norm(2 * conv(x)), []),
        (lambda: norm(flat(image).squeeze(2)), [([flat], norm)]),
        (lambda: wide(torch.cat([conv(x), other(x)], dim=1)), [([conv, other], wide)]),
        (lambda: wide(torch.cat([conv(x), x[:, :1]], dim=1)), []),
        (lambda: norm(torch.cat([conv(x), conv(x)], dim=2)), []),
        (lambda: norm(dense(torch.ones(2, 4))), [([dense], norm)]),
        (lambda: norm(dense(torch.ones(2, 3, 4))), []),  # a dense layer's maps are the last axis
    ],
)
def test_only_a_layer_whose_maps_nothing_changes_is_found(run, expected):
    assert found(run) == expected


def test_a_second_use_counts():
    def run():
        y = conv(x)
        return norm(y) + y

    assert found(run) == []


def test_looking_at_the_shape_is_no_use_and_hooks_are_removed():
    def run():
        y = conv(x)
        return norm(y.reshape(y.shape) if y.dim() == 2 else y)

    assert found(run) == [([conv], norm)]
    assert not conv._forward_hooks
    assert not norm._forward_pre_hooks
