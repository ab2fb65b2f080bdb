"""MOABB's nested mappings become recordings."""

import sys
import types

import mne
import numpy as np
import pytest

from eegzoo.reproduction.catalogue import data_sources, find_entries
from eegzoo.reproduction.recordings.folders import MissingDataError
from eegzoo.reproduction.recordings.moabb_sets import load, recordings_of
from eegzoo.reproduction.recordings.registry import load as load_entry

EVENT_ID = {"left_hand": 1, "right_hand": 2}


def raw_with(*, stim):
    info = mne.create_info(["C3", "C4", "stim"], 250.0, ["eeg", "eog", "stim"])
    data = np.zeros((3, 2500))
    data[2, [500, 1500]] = [2, 1]
    raw = mne.io.RawArray(data, info, verbose="ERROR")
    if not stim:
        raw.drop_channels(["stim"])
        raw.set_annotations(mne.Annotations([2.0, 6.0], 4.0, ["right_hand", "left_hand"]))
    return raw


def nested(stim=True):
    return {
        3: {"0train": {"0": raw_with(stim=stim)}, "1test": {"0": raw_with(stim=stim)}},
    }


@pytest.mark.parametrize("stim", [True, False], ids=["stim channel", "annotations"])
def test_events_sessions_and_split(stim):
    found = recordings_of(nested(stim), EVENT_ID, "any")
    assert [(each.subject, each.session, each.split) for each in found] == [
        ("03", "0train", "train"), ("03", "1test", "test"),
    ]  # fmt: skip
    for each in found:
        assert each.raw.ch_names == ["C3"]
        assert each.raw.annotations.description.tolist() == ["right_hand", "left_hand"]
        np.testing.assert_allclose(each.raw.annotations.onset, [2.0, 6.0])


def test_runs_named_by_their_split_are_split():
    # The High-Gamma data set has one session with the runs "0train" and "1test".
    data = {1: {"0": {"0train": raw_with(stim=False), "1test": raw_with(stim=False)}}}
    assert [each.split for each in recordings_of(data, EVENT_ID, "any")] == ["train", "test"]


def test_bare_frequencies_become_labels():
    data = {1: {"0": {"0": raw_with(stim=True)}}}
    (found,) = recordings_of(data, {"9.25": 1, "11.25": 2}, "any")
    assert found.raw.annotations.description.tolist() == ["11.25hz", "9.25hz"]
    assert found.split is None


def test_set_is_loaded_by_the_name_of_its_class(monkeypatch):
    class BNCI2014_001:  # noqa: N801
        event_id = EVENT_ID

        def get_data(self, subjects):
            assert subjects == [3]
            return nested()

    datasets = types.SimpleNamespace(BNCI2014_001=BNCI2014_001)
    monkeypatch.setitem(sys.modules, "moabb", types.SimpleNamespace(datasets=datasets))
    found = load(data_sources()["bci2a"], None, name="BNCI2014_001", subjects=[3], shape={})
    assert len(found) == 2


def test_without_moabb_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "moabb", None)
    (entry,) = find_entries("paper:altaheri2022-bci2a")
    with pytest.raises(MissingDataError, match=r"pip install 'eegzoo\[moabb\]'.*licence"):
        load_entry(entry)
