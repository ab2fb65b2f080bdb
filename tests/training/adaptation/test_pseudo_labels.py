"""A classifier learns its own labels only where there is reason to."""

import numpy as np
import pytest

from eegzoo.training.adaptation.pseudo_labels import PseudoLabels, doubt_about, learn_own_labels


def rows(*first):
    """Return probabilities of two classes from those of the first."""
    return np.column_stack([first, 1 - np.array(first)])


def learning(*answers):
    """Return a function that answers with given probabilities, and the labels that it got."""
    got, left = [], list(answers)

    def learn(labels, chosen):
        got.append((labels.tolist(), chosen.tolist()))
        return left.pop(0) if len(left) > 1 else left[0]

    return learn, got


def test_confident_labels_are_learnt_in_rounds():
    before = rows(0.9, 0.6, 0.1, 0.3)
    after = rows(0.95, 0.85, 0.05, 0.1)
    learn, got = learning(after)
    chosen, reason = learn_own_labels(before, learn, PseudoLabels(n_rounds=2))
    assert (chosen.tolist(), reason) == ([True] * 4, "")
    assert got == [([0, 0, 1, 1], [True, False, True, False]), ([0, 0, 1, 1], [True] * 4)]


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (
            rows(0.9, 0.6, 0.6, 0.4),
            "1 of 4 windows have a label with a probability of at least 0.8",
        ),
        (rows(0.9, 0.9, 0.9, 0.9), r"one-sided: \[4, 0\]"),
        (rows(*[0.9] * 19, 0.1), r"one-sided: \[19, 1\]"),
    ],
)
def test_nothing_is_learnt(before, message):
    learn, got = learning(before)
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(learn_own_labels(before, learn, PseudoLabels())[1])
    assert got == []


def test_limits_count_as_reached():
    # Eight tenths of probability, two fifths of the windows, a third of the labels, a fifth of the
    # equal share.
    exactly = rows(0.8, 0.2, 0.6, 0.6, 0.6)
    learn, got = learning(exactly)
    chosen, reason = learn_own_labels(exactly, learn, PseudoLabels(n_rounds=2))
    assert (chosen.tolist(), reason) == ([True, True, False, False, False], "")
    assert [mask for _, mask in got] == [[True, True, False, False, False]] * 2
    turned, _ = learning(rows(0.9, 0.9, 0.1))
    assert learn_own_labels(rows(0.9, 0.1, 0.1), turned, PseudoLabels())[1] == ""
    rarest = rows(*[0.9] * 9, 0.1)
    assert learn_own_labels(rarest, learning(rarest)[0], PseudoLabels())[1] == ""


def test_changes_are_counted_from_the_start_and_windows_from_the_last_round():
    before = rows(0.9, 0.9, 0.9, 0.1, 0.1)
    third = rows(0.9, 0.9, 0.1, 0.1, 0.1)
    sixth = rows(0.9, 0.1, 0.1, 0.1, 0.5)
    learn, _ = learning(third, sixth)
    chosen, reason = learn_own_labels(before, learn, PseudoLabels(n_rounds=2))
    assert reason.startswith("60% of the labels changed")
    assert chosen.all()  # the last round learnt all; its answer has an unsure one


@pytest.mark.parametrize(("n_confident", "doubtful"), [(3, True), (4, False)])
def test_fewer_than_half_of_the_windows_are_doubtful(n_confident, doubtful):
    p = rows(*[0.9] * n_confident, *[0.6] * (8 - n_confident))
    assert bool(doubt_about(p, PseudoLabels())) == doubtful


def test_labels_that_change_too_much_are_not_kept():
    before = rows(0.9, 0.9, 0.1, 0.1)
    learn, _ = learning(rows(0.1, 0.9, 0.9, 0.1))
    assert learn_own_labels(before, learn, PseudoLabels())[1].startswith("50% of the labels")


def test_a_class_that_disappears_is_not_kept():
    before = rows(0.9, 0.9, 0.1, 0.1)
    learn, _ = learning(rows(0.9, 0.9, 0.9, 0.9))
    assert "one-sided" in learn_own_labels(before, learn, PseudoLabels())[1]


@pytest.mark.parametrize(("n_classes", "threshold"), [(2, 0.8), (3, 0.7333), (4, 0.7), (5, 0.68)])
def test_thresholds_follow_the_number_of_classes(n_classes, threshold):
    assert PseudoLabels().threshold_for(n_classes) == threshold
    assert PseudoLabels(0.9).threshold_for(n_classes) == 0.9


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0.0},
        {"n_rounds": 0},
        {"strength": 0.0},
        {"smallest_share": 2.0},
        {"which": "front"},
    ],
)
def test_bad_options_raise(wrong):
    with pytest.raises(ValueError, match=f"expected {next(iter(wrong))}"):
        PseudoLabels(**wrong)
