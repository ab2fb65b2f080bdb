"""Labels of channels are short and different."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.report.channel_labels import channel_labels


@given(st.lists(st.text(min_size=1), min_size=1, max_size=20, unique=True))
def test_labels_are_short_and_different(names):
    labels = channel_labels(names)
    assert len(labels) == len(names)
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 15 + len("20: ")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Fpz-Cz"], ["Fpz-Cz"]),
        (["EEG electrode number 7 of the grid-REF"], ["EEG ele…rid-REF"]),
        ([f"EEG electrode number {i} of the grid-REF" for i in (7, 8)], ["7", "8"]),
        (["EEG F3-Average ref", "EEG F30-Average ref"], ["F3", "F30"]),
        (
            ["same beginning and no end", "same beginning"],
            ["same be… no end", "same beginning"],
        ),
    ],
)
def test_what_all_names_share_is_left_out(names, expected):
    assert channel_labels(names) == expected
