"""Bad channels are interpolated as MNE does it, left out or refused."""

import mne
import numpy as np
import pytest

from eegzoo.data.signal.choice.bad_channels import bad_channel_weights, handle_bads
from eegzoo.data.signal.montage import named_montage

NAMES = ["Fz", "C3", "Cz", "C4", "P3", "Pz", "P4", "Oz"]


def make_raw(names=NAMES, montage=False, bads=("Cz",)):
    data = np.random.default_rng(0).normal(0, 1e-5, (len(names), 300))
    raw = mne.io.RawArray(data, mne.create_info(list(names), 100.0, "eeg"), verbose="ERROR")
    if montage:
        raw.set_montage(named_montage(), on_missing="ignore", verbose="ERROR")
    raw.info["bads"] = list(bads)
    return raw


@pytest.mark.parametrize("montage", [True, False])
@pytest.mark.parametrize("bads", [["Cz"], ["P4", "Cz"]])
def test_interpolation_equals_that_of_mne(montage, bads):
    raw = make_raw(montage=montage, bads=bads)
    expected = make_raw(montage=True, bads=bads).interpolate_bads(verbose="ERROR")
    assert handle_bads(raw, NAMES, "interpolate") == NAMES
    # Without positions, MNE fits the head's centre to those of one bad channel at a time.
    atol = 1e-15 if montage or len(bads) == 1 else 1e-7
    np.testing.assert_allclose(raw.get_data(), expected.get_data(), rtol=0, atol=atol)
    assert raw.info["bads"] == []


def test_epochs_are_interpolated_too():
    raw = make_raw()
    epochs = mne.make_fixed_length_epochs(raw, 1.0, preload=True, verbose="ERROR")
    handle_bads(raw, NAMES, "interpolate")
    handle_bads(epochs, NAMES, "interpolate")
    joined = np.concatenate(list(epochs.get_data()), axis=1)
    np.testing.assert_allclose(joined, raw.get_data(), rtol=0, atol=1e-15)


@pytest.mark.parametrize("montage", [True, False])
def test_a_good_channel_without_a_position_has_weight_0(montage):
    names = [*NAMES, "Extra"]
    raw = make_raw(names, montage)
    good = [name for name in names if name != "Cz"]
    weights = bad_channel_weights(raw.info, good, "Cz")
    assert weights[-1] == 0
    assert weights.sum() == pytest.approx(1, abs=1e-3)


def test_a_channel_without_a_position_cannot_be_interpolated():
    raw = make_raw([*NAMES, "Extra"], montage=True, bads=["Extra"])
    with pytest.raises(ValueError, match=r"position.*'Extra'.*leave it out instead"):
        handle_bads(raw, raw.ch_names, "interpolate")


def test_bad_channels_are_left_out_or_refused():
    raw = make_raw(bads=["Cz", "EOG"][:1])
    assert handle_bads(raw, NAMES, "drop") == [name for name in NAMES if name != "Cz"]
    assert handle_bads(raw, ["Fz", "C3"], "raise") == ["Fz", "C3"]
    with pytest.raises(ValueError, match=r"expected no bad channels, got \['Cz'\]"):
        handle_bads(raw, NAMES)
    with pytest.raises(ValueError, match="expected good channels"):
        handle_bads(raw, ["Cz"], "drop")
    assert handle_bads(raw, NAMES, "keep") == NAMES
    with pytest.raises(ValueError, match="expected bads to be one of"):
        handle_bads(raw, NAMES, "ignore")
