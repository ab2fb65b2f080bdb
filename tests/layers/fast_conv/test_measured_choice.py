"""The fastest algorithm is chosen once, and the choice can be fixed and stored."""

import pytest

from eegzoo.layers.fast_conv import measured_choice
from eegzoo.layers.fast_conv.measured_choice import (
    SETTING,
    choose,
    chosen_algorithms,
    fastest,
    fixed_algorithm,
    use_algorithms,
)

NAMES = ("direct", "channels last", "frames")


@pytest.fixture(autouse=True)
def nothing_is_chosen(monkeypatch):
    monkeypatch.setattr(measured_choice, "_chosen", {})
    monkeypatch.delenv(SETTING, raising=False)


def never(name):
    raise AssertionError(f"{name} was measured")


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ((10.0, 9.5, 9.2), "direct"),
        ((10.0, 9.5, 8.9), "frames"),
        ((10.0, 5.0, 6.0), "channels last"),
        ((1.0, 2.0, 3.0), "direct"),
    ],
)
def test_the_first_is_replaced_by_what_is_clearly_faster(costs, expected):
    assert fastest(dict(zip(NAMES, costs, strict=True))) == expected


def test_each_class_is_measured_once(monkeypatch):
    runs = []
    clock = iter(range(1000))
    monkeypatch.setattr(measured_choice, "_CLOCK", lambda: next(clock))

    def step_of(name):
        def step():
            runs.append(name)
            if name != "frames":
                next(clock)

        return step

    assert choose("a", NAMES, step_of) == "frames"
    assert runs[:6] == [*NAMES, *NAMES]
    assert choose("a", NAMES, never) == "frames"
    assert chosen_algorithms() == {"a": "frames"}


def test_a_failed_measurement_leaves_no_choice():
    with pytest.raises(AssertionError, match="was measured"):
        choose("a", NAMES, lambda name: lambda: never(name))
    assert chosen_algorithms() == {}


def test_a_fixed_algorithm_is_not_measured(monkeypatch):
    with fixed_algorithm("frames"):
        assert choose("a", NAMES, never) == "frames"
        with fixed_algorithm("channels last"):
            assert choose("a", ("direct", "frames"), never) == "direct"
    monkeypatch.setenv(SETTING, "channels last")
    assert choose("a", NAMES, never) == "channels last"
    with fixed_algorithm("frames"):
        assert choose("a", NAMES, never) == "frames"


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_an_unknown_algorithm_is_an_error(how, monkeypatch):
    message = "expected .*direct.*channels last.*frames.*, got 'fastest'"
    if how == "argument":
        with pytest.raises(ValueError, match=message), fixed_algorithm("fastest"):
            pass
    else:
        monkeypatch.setenv(SETTING, "fastest")
        with pytest.raises(ValueError, match=f"{SETTING}.*"):
            choose("a", NAMES, never)


def test_choices_of_another_process_are_used():
    use_algorithms({"a": "frames"})
    assert choose("a", NAMES, never) == "frames"
    # A class that this version does not have algorithms for is measured again.
    use_algorithms({"b": "of another version"})
    assert choose("b", NAMES, lambda name: lambda: None) in NAMES
