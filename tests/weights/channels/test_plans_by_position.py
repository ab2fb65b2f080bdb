"""Plans of models that know channels by their positions, for montages of all kinds."""

import mne
import pytest

from eegzoo import channel_plan
from eegzoo.models import create_model
from eegzoo.weights.channels.planned_model import planned_model
from eegzoo.weights.foundation.catalogue import find_foundation_weights
from eegzoo.weights.foundation.contract_checks import check_fit
from tests.weights.channels.test_contracts import (
    ANT,
    BANANA,
    BCI_2A,
    BIOSEMI,
    EEGMMIDB,
    EGI,
    EMOTIV,
    MUSE,
    OLD,
    PLUGS,
    TEN_TWENTY,
)

MONTAGES = {
    "10-20": TEN_TWENTY, "old names": OLD, "BioSemi 64": BIOSEMI, "Emotiv 14": EMOTIV,
    "Muse 4": MUSE, "EEGMMIDB": EEGMMIDB, "BCI IV 2a": BCI_2A, "ANT": ANT, "bipolar": BANANA,
}  # fmt: skip
SMALL = {"embed_dim": 16, "depth": 1, "n_heads": 2}


@pytest.mark.parametrize("name", ["reve", "luna.base"])
@pytest.mark.parametrize("montage", MONTAGES)
def test_every_channel_is_taken_in_the_order_of_the_recording(name, montage):
    plan = channel_plan(name, MONTAGES[montage], 250)
    assert plan.faults == ()
    assert plan.left_out == {}
    assert [next(iter(channel.weights)) for channel in plan.used] == MONTAGES[montage]
    assert {channel.how for channel in plan.channels} <= {"taken", "renamed"}


def test_differences_keep_their_two_electrodes():
    plan = channel_plan("luna", ["EEG FP1-F7", "T3-C3", "Cz"], 256)
    assert {channel.name.upper() for channel in plan.channels} == {"FP1-F7", "T7-C3", "CZ"}


def test_channels_without_a_position_are_left_out_by_name():
    plan = channel_plan("reve", ["Cz", "E17", "Cz-E17", "ECG"], 200)
    assert [channel.name for channel in plan.used] == ["Cz"]
    assert set(plan.left_out) == {"E17", "Cz-E17", "ECG"}


@pytest.mark.parametrize("names", [EGI, PLUGS])
def test_numbered_sensors_need_positions(names):
    assert channel_plan("reve", names, 200).faults


def test_numbered_sensors_are_found_by_position():
    plan = channel_plan("reve", EGI, 200, montage="GSN-HydroCel-128")
    assert plan.faults == ()
    assert len(plan.used) > 100
    assert len({next(iter(channel.weights)) for channel in plan.used}) == len(plan.used)
    assert "mm from" in plan.used[0].why


def test_weights_take_names_without_a_position_with_positions():
    weights = find_foundation_weights("luna.base")
    montage = mne.channels.make_standard_montage("biosemi16")
    positions = [*montage.get_positions()["ch_pos"].values()]
    names = [f"S{number}" for number in range(16)]
    model = weights.build(n_times=80, n_outputs=2, ch_names=names, positions=positions, **SMALL)
    assert model.ch_names == tuple(names)
    with pytest.raises(ValueError, match=r"among the 343 that luna\.base knows, got 'S0'"):
        weights.build(n_times=80, n_outputs=2, ch_names=names, **SMALL)


def test_positions_give_way_to_the_names_of_other_channels():
    sizes = {"n_times": 80, "n_outputs": 2, "sfreq": 256, **SMALL}
    model = create_model("luna", n_chans=1, ch_names=["X"], positions=[[0, 0, 0.1]], **sizes)
    plan = channel_plan("luna", ["Cz", "Pz"], 256, n_times=80)
    planned = planned_model(model, plan, 2)
    assert (planned.ch_names, planned.positions) == (("Cz", "Pz"), None)


def test_differences_fit_weights_by_position_alone():
    contract = find_foundation_weights("reve.base").contract
    check_fit("reve.base", contract, 200, ["fp1-F7"], None, 200)
    with pytest.raises(ValueError, match=r"got 'fp1-E7'"):
        check_fit("reve.base", contract, 200, ["fp1-E7"], None, 200)
