"""Tests of the comparison of a classifier offline and in a stream."""

from __future__ import annotations

import pytest

from eegzoo.data import Epoch, Filter, Preprocessing
from eegzoo.online import compare
from tests.online.running import PREPROCESSINGS, recording, trained


@pytest.mark.parametrize("name", PREPROCESSINGS)
def test_stream_agrees_where_filters_are_those_of_training(name: str) -> None:
    classifier, preprocessing = trained(name)
    compared = compare(classifier, recording(), preprocessing=preprocessing)
    assert compared.largest_difference < 1e-5
    assert compared.agreement == 1.0
    assert compared.n_trials + compared.n_left_out == 12
    assert compared.accuracy_online == compared.accuracy_offline


def test_two_way_filter_differs_and_is_named() -> None:
    classifier, _ = trained("fir")
    preprocessing = Preprocessing([Filter(4.0, 38.0, "iir"), Epoch(0.0, seconds=2.0)])
    compared = compare(classifier, recording(), preprocessing=preprocessing)
    assert compared.largest_difference > 1e-3
    assert "both directions" in str(compared)


def test_unknown_events_raise() -> None:
    classifier, preprocessing = trained("fir")
    raw = recording().copy()
    raw.annotations.rename({"left_hand": "tongue"})
    everything = {"tongue": "tongue", "right_hand": "right_hand"}
    with pytest.raises(ValueError, match=r"got \['tongue'\]; give event_id"):
        compare(classifier, raw, everything, preprocessing=preprocessing)
    compared = compare(classifier, raw, preprocessing=preprocessing)
    assert 0 < compared.n_trials < 12


def test_events_are_chosen_by_name() -> None:
    classifier, preprocessing = trained("fir")
    compared = compare(
        classifier, recording(), {"left_hand": "left_hand"}, preprocessing=preprocessing
    )
    assert 0 < compared.n_trials < 12
