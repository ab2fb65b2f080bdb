"""STNet compared with the code in its first author's library."""

import pytest
import torch

from eegzoo.models.stnet import STNet
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 32, "n_times": 128, "n_outputs": 2, "sfreq": 128}
SMALL = {"n_times": 6, "n_outputs": 2, "sfreq": 128, "n_filters": 16, "head_units": 4}


def test_initial_weights_have_the_limits_of_torch():
    limits = {
        "body.0.weight": (128 * 9) ** -0.5,
        "body.9.depthwise.weight": 25**-0.5,
        "body.9.pointwise.bias": 64**-0.5,
        "body.12.scales.2.weight": 32**-0.5,
        "head.3.weight": 1024**-0.5,
    }
    assert_initial_limits(lambda: STNet(**SIZES), limits, n_draws=8)


def test_dropout_precedes_the_activation():
    model = STNet(3, **SMALL)
    kinds = [type(module).__name__ for module in (*model.body, *model.head)]
    assert kinds[1::3] == ["Dropout"] * 6
    assert kinds[2::3] == ["SELU"] * 6


def grids_of(model, x):
    grids = []
    model.body.register_forward_pre_hook(lambda module, inputs: grids.append(inputs[0]))
    model.features(x)
    return grids[0]


@pytest.mark.parametrize(
    "names",
    [("Fp1", "Cz", "O2", "PO3"), ("FP1", "CZ", "o2", "po3")],
    ids=["as written", "in another case"],
)
def test_named_channels_are_at_their_positions_on_the_scalp(names):
    model = STNet(4, ch_names=names, **SMALL)
    x = torch.randn(3, 4, 6)
    grids = grids_of(model, x)
    assert grids.shape == (3, 6, 9, 9)
    for channel, (row, column) in enumerate([(0, 3), (4, 4), (8, 5), (7, 3)]):
        assert torch.equal(grids[:, :, row, column], x[:, channel])
        grids[:, :, row, column] = 0.0
    assert not grids.any()


def test_old_names_are_accepted():
    assert STNet(4, ch_names=("T3", "T4", "T5", "T6"), **SMALL).cells == (
        (4, 0), (4, 8), (6, 0), (6, 8),
    )  # fmt: skip


def test_channels_without_names_fill_the_grid_row_by_row():
    assert STNet(11, **SMALL).cells == (*((0, column) for column in range(9)), (1, 0), (1, 1))
    assert STNet(3, grid_size=(4, 2), **SMALL).cells == ((0, 0), (0, 1), (1, 0))


def test_cells_can_be_given():
    model = STNet(2, grid_size=(3, 5), cells=[[2, 4], [0, 0]], ch_names=("a", "b"), **SMALL)
    grids = grids_of(model, torch.tensor([[[1.0] * 6, [2.0] * 6]]))
    assert (grids[0, 0, 2, 4], grids[0, 0, 0, 0]) == (1.0, 2.0)
    assert model.num_features == 15


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ch_names": ("C3", "X9")}, r"outside the 10-10 system, got \['X9'\]"),
        ({"ch_names": ("T3", "T7")}, "cells to be 2 different cells"),
        ({"cells": ((0, 0), (0, 0))}, "cells to be 2 different cells"),
        ({"cells": ((0, 0),)}, "cells to be 2 different cells"),
        ({"cells": ((0, 0), (0, 9))}, "of a grid of 9 by 9"),
        ({"cells": ((0, 0), (0, -1))}, "cells to be an integer of at least 0"),
        ({"n_chans": 82}, "cells to be 82 different cells"),
        ({"n_filters": 24}, "multiple of 16"),
        ({"head_units": 0}, "head_units"),
        ({"drop_prob": 2.0}, "drop_prob"),
        ({"grid_size": (9,)}, "grid_size"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        STNet(**{"n_chans": 2, **SMALL, **arguments})
