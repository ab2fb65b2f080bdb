"""Warnings of one kind are given once, with a count."""

import pytest

from eegzoo.data.reading.repeated_warnings import counted


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], []),
        (["one"], ["one"]),
        (["one", "one"], ["one"]),
        (["event 1 late", "event 2 late"], ["event 1 late (and 1 more such warning)"]),
        (
            [f"channel 'E{k}' has no unit at {k / 2} s" for k in range(704)],
            ["channel 'E0' has no unit at 0.0 s (and 703 more such warnings)"],
        ),
        (["b 1", "a 1", "b 2"], ["b 1 (and 1 more such warning)", "a 1"]),
    ],
)
def test_one_message_of_each_kind_is_given(messages, expected):
    assert counted(messages) == expected
