"""Numbered sensors by position."""

import mne
import pytest

from eegzoo.data import nearest_electrodes

TEN_TWENTY = "Fp1 Fp2 F7 F3 Fz F4 F8 T7 C3 Cz C4 T8 P7 P3 Pz P4 P8 O1 O2"


@pytest.mark.parametrize("montage", ["colin27_1020", "biosemi64", "standard_1005", "easycap-M1"])
def test_a_named_electrode_is_nearest_to_itself(montage):
    names = TEN_TWENTY.split()
    known = montage if montage != "standard_1005" else "colin27_1005"
    names = [n for n in names if n in mne.channels.make_standard_montage(known).ch_names]
    found = nearest_electrodes(names, montage, names)
    assert {name: sensor for name, (sensor, _) in found.items()} == {name: name for name in names}
    assert all(mm <= 20 for _, mm in found.values())


def test_sensors_that_are_too_far_away_stand_for_nothing():
    assert nearest_electrodes(["E22"], "GSN-HydroCel-128", ["Oz"]) == {}
    assert nearest_electrodes(["E22"], "GSN-HydroCel-128", ["Fp1"], most_mm=5.0) == {}


def test_unknown_names_are_ignored():
    assert nearest_electrodes(["X"], "GSN-HydroCel-128", ["Fp1"]) == {}
    assert nearest_electrodes(["E22"], "GSN-HydroCel-128", ["ECG"]) == {}


def test_an_unknown_montage_raises():
    with pytest.raises(ValueError, match="did you mean 'biosemi64'"):
        nearest_electrodes(["E22"], "biosemi46", ["Fp1"])
