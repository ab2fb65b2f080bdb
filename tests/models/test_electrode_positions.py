"""Positions of electrodes, against MNE's template and the bank of REVE's authors."""

import mne
import numpy as np
import pytest
import torch

from eegzoo.data.signal.montage import named_montage
from eegzoo.models import create_model
from eegzoo.models.electrode_positions import (
    ELECTRODES,
    check_positions,
    in_head_frame,
    positions_of_channels,
)

# Of hf/reve-positions/positions.json in elouayas/reve_eeg, commit 06a7059.
REVE_BANK = {
    "CZ": (0.0004008999967481941, -0.009166999720036983, 0.10024400055408478),
    "TP9": (-0.0856192, -0.0465147, -0.045707),
    "AF7": (-0.0548397, 0.0685722, -0.01059),
    "A1": (-0.08607610315084457, -0.024989699944853783, -0.06798599660396576),
    "T5": (-0.07243429869413376, -0.07345270365476608, -0.0024870000779628754),
    "FP2": (0.02987230010330677, 0.08489590138196945, -0.007079999893903732),
}


def test_positions_are_those_of_the_template():
    template = named_montage().get_positions()
    assert template["coord_frame"] == "mri"
    assert tuple(template["ch_pos"]) == ELECTRODES
    ours = positions_of_channels(ELECTRODES, None, len(ELECTRODES))
    np.testing.assert_allclose(ours, [*template["ch_pos"].values()], atol=1e-7)


def test_positions_in_the_head_frame_are_those_of_a_recording():
    names = ["Fp1", "Cz", "O2", "T7", "PPO2h"]
    info = mne.create_info(names, 256, "eeg").set_montage(named_montage())
    ours = in_head_frame(positions_of_channels(names, None, len(names)))
    np.testing.assert_allclose(ours, [each["loc"][:3] for each in info["chs"]], atol=1e-7)


@pytest.mark.parametrize("name", REVE_BANK)
def test_positions_are_those_of_the_authors_of_reve(name):
    (ours,) = positions_of_channels([name.lower()], None, 1)
    np.testing.assert_allclose(ours, REVE_BANK[name], atol=1e-7)


def test_a_difference_is_midway():
    cz, t5, between = positions_of_channels(["Cz", "T5", "t5-cz"], None, 3)
    np.testing.assert_allclose(between, (np.array(cz) + t5) / 2, atol=1e-9)


@pytest.mark.parametrize("name", ["E7", "Cz-E7", "Cz-", "Cz-Fz-Pz", ""])
def test_names_without_a_position_raise(name):
    with pytest.raises(ValueError, match=f"the 343 that the model knows, got '{name}'; give pos"):
        positions_of_channels(["Fz", name], None, 2)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([[0, 0, 0.1]], r"positions of shape \(n_chans=2, 3\) without NaN, got \(1, 3\)"),
        ([[0, 0, np.nan]] * 2, r"without NaN, got \(2, 3\)"),
        ([[0, 0, "up"]] * 2, "positions to be numbers"),
        ([[0, 0], [0, 0, 0]], "positions to be numbers"),
        ([[0, 0, 95.0]] * 2, "in metres, within 0.3 m of the origin, got 95 m"),
    ],
)
def test_bad_positions_raise(positions, message):
    with pytest.raises(ValueError, match=message):
        check_positions(positions, 2)


@pytest.mark.parametrize("kind", [list, np.asarray, torch.tensor])
def test_positions_of_any_kind_become_plain_numbers(kind):
    found = check_positions(kind([[0.0, 0.25, 0.125]]), 1)
    assert found == ((0.0, 0.25, 0.125),)
    assert all(type(value) is float for value in found[0])


SIZES = {
    "reve": {"n_times": 400, "sfreq": 200, "embed_dim": 16, "depth": 1, "n_heads": 2,
             "feedforward_size": 16},
    "luna": {"n_times": 80, "sfreq": 256, "embed_dim": 16, "depth": 1, "n_queries": 2},
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_given_positions_are_as_good_as_names(name):
    names = ["Cz", "O1", "FP1-F7"]
    sizes = {**SIZES[name], "n_chans": 3, "n_outputs": 2}
    named = create_model(name, ch_names=names, **sizes).eval()
    positions = positions_of_channels(names, None, 3)
    if name == "luna":  # from the head frame on
        positions = in_head_frame(positions)
    placed = create_model(name, ch_names=["E1", "E2", "E3"], positions=positions, **sizes).eval()
    placed.load_state_dict(named.state_dict())
    x = 20 * torch.randn(2, 3, named.n_times)
    torch.testing.assert_close(placed(x), named(x))
    elsewhere = create_model(name, ch_names=["Cz", "O1", "Oz"], **sizes).eval()
    elsewhere.load_state_dict(named.state_dict())
    assert (elsewhere(x) - named(x)).abs().max() > 1e-5


def test_positions_of_reve_are_inexact_in_training_alone():
    sizes = {**SIZES["reve"], "n_chans": 3, "n_outputs": 2}
    model = create_model("reve", **sizes)
    x = torch.randn(1, 3, 2, 16)
    exact = model.eval().embedded_places(x)
    assert torch.equal(model.embedded_places(x), exact)
    torch.manual_seed(0)
    draws = torch.stack([model.train().embedded_places(x) for _ in range(20)])
    assert draws.std(dim=0).max() > 0
    # An error of a channel is the same for all its tokens.
    model.position_noise = 0.0
    assert torch.equal(model.embedded_places(x), exact)


def test_luna_standardises_by_the_sample_deviation():
    """Against the first lines of the authors' fine-tuning task, for one patch of one channel."""
    model = create_model("luna", **{**SIZES["luna"], "n_times": 40}, n_chans=1, n_outputs=2).eval()
    seen = []
    model.patches.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    x = 20 * torch.randn(1, 1, 40) + 5
    model(x)
    values = x.numpy()
    expected = (values - values.mean()) / (values.std(ddof=1) + 1e-8)
    np.testing.assert_allclose(seen[0].numpy().ravel(), expected.ravel(), rtol=1e-4, atol=1e-5)
