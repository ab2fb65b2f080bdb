"""Tests of the rule that turns decisions into commands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.online import Decision, DecisionRule


def _decisions(probabilities: Any, step: float = 0.25) -> list[Decision]:
    """Return decisions for "right" with the given probabilities; None is an abstention."""
    return [
        Decision(
            step * place, step * place - 1, "abstain" if p is None else ["left", "right"][p > 0.5],
            None if p is None else np.array([1 - p, p]),
        )
        for place, p in enumerate(probabilities)
    ]  # fmt: skip


def _times(probabilities: Any, **options: Any) -> list[tuple[float, Any]]:
    commands = DecisionRule(["left", "right"], **options).commands(_decisions(probabilities))
    return [(command.time, command.label) for command in commands]


def test_threshold_must_be_exceeded() -> None:
    assert _times([0.6, 0.7, 0.71, 0.2]) == [(0.5, "right"), (0.75, "left")]


def test_dwell_time_needs_the_label_throughout() -> None:
    sure = [0.9, 0.9, 0.6, 0.9, 0.9, 0.9, 0.9]
    assert _times(sure, dwell_seconds=0.5) == [(1.25, "right")]
    assert _times([0.9, 0.9, 0.1, 0.9, 0.9], dwell_seconds=0.5) == []


def test_abstention_ends_the_dwell_time() -> None:
    assert _times([0.9, 0.9, None, 0.9, 0.9], dwell_seconds=0.5) == []


def test_refractory_time_keeps_commands_apart() -> None:
    assert _times([0.9] * 9, refractory_seconds=1.0) == [
        (0.0, "right"), (1.0, "right"), (2.0, "right"),
    ]  # fmt: skip


def test_idle_labels_are_no_commands() -> None:
    assert _times([0.9, 0.1, 0.9], idle=["right"]) == [(0.25, "left")]


def test_evidence_is_the_decaying_mean_of_logarithms() -> None:
    rule = DecisionRule(["left", "right"], threshold=0.5, half_life_seconds=0.5)
    first, second = _decisions([0.4, 0.9], step=0.5)
    rule.threshold = 0.99
    rule.update(first)
    rule.threshold = 0.5
    command = rule.update(second)
    # Weights 0.5 and 1: log-odds (0.5 log(0.4 / 0.6) + log(0.9 / 0.1)) / 1.5
    odds = (0.5 * np.log(0.4 / 0.6) + np.log(9)) / 1.5
    assert command.evidence == pytest.approx(1 / (1 + np.exp(-odds)))


@given(
    st.lists(st.one_of(st.none(), st.floats(0.0, 1.0)), max_size=40), st.floats(0, 0.95),
    st.floats(0, 3), st.floats(0, 1), st.floats(0, 2),
)  # fmt: skip
def test_commands_are_surer_than_the_threshold_and_apart(
    probabilities: Any, threshold: float, half_life: float, dwell: float, refractory: float
) -> None:
    rule = DecisionRule(
        ["left", "right"], threshold=threshold, half_life_seconds=half_life, dwell_seconds=dwell,
        refractory_seconds=refractory,
    )  # fmt: skip
    commands = rule.commands(_decisions(probabilities))
    assert all(command.evidence > threshold for command in commands)
    gaps = np.diff([command.time for command in commands])
    assert (gaps >= max(refractory, dwell) - 1e-6).all()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"threshold": 1.0}, "threshold below 1"),
        ({"threshold": -0.1}, "threshold"),
        ({"dwell_seconds": -1}, "dwell_seconds"),
        ({"idle": ["rest"]}, "idle among"),
        ({"idle": "left"}, "idle among"),
    ],
)
def test_bad_arguments_raise(options: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        DecisionRule(["left", "right"], **options)


def test_decisions_out_of_order_raise() -> None:
    rule = DecisionRule(["left", "right"])
    first, second = _decisions([0.9, 0.9])
    rule.update(second)
    with pytest.raises(ValueError, match="order of time"):
        rule.update(first)


@pytest.mark.parametrize("classes", ["ab", [], ["left", "left"]])
def test_classes_that_are_no_labels_raise(classes: Any) -> None:
    with pytest.raises(ValueError, match="classes to be labels that differ"):
        DecisionRule(classes)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (Decision(np.nan, 0.0, "left", np.array([0.9, 0.1])), "finite time, got nan"),
        (Decision(1.0, 0.0, "left", np.array([0.9])), "probabilities of 2 classes"),
        (Decision(1.0, 0.0, "left", np.array([0.9, np.nan])), "finite probabilities"),
    ],
)
def test_decisions_that_do_not_fit_raise(decision: Decision, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        DecisionRule(["left", "right"]).update(decision)
