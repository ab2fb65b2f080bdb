"""Agreement of scorings is scikit-learn's, by night and pooled, with intervals over nights."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score

from eegzoo.sleep import agreement, agreement_over_nights
from eegzoo.sleep.scorings.night_agreement import measures_of

STAGES = ["W", "N1", "N2", "N3", "R"]
# The mean of seven networks on DREAMS (a published table of counts): rows true, columns predicted.
COUNTS = np.array(
    [[36, 12, 6, 0, 0], [0, 25, 21, 0, 0], [0, 8, 245, 28, 7], [0, 1, 22, 63, 1], [0, 0, 4, 1, 0]]
)


def windows_of(counts):
    """Return true and predicted stages with the given confusion matrix."""
    pairs = [
        (STAGES[i], STAGES[j])
        for i, j in itertools.product(range(5), repeat=2)
        for _ in range(counts[i, j])
    ]
    return map(list, zip(*pairs, strict=True))


def test_worked_numbers():
    found = agreement(*windows_of(COUNTS))
    assert found.n_windows == 480
    assert found.accuracy == pytest.approx(369 / 480)
    chance = sum(COUNTS.sum(axis=0) * COUNTS.sum(axis=1)) / 480**2
    assert found.kappa == pytest.approx((369 / 480 - chance) / (1 - chance))
    assert found.f1 == pytest.approx(
        {"W": 2 * 36 / 90, "N1": 50 / 92, "N2": 490 / 586, "N3": 126 / 179, "R": 0.0}
    )
    assert found.macro_f1 == pytest.approx(np.mean(list(found.f1.values())))
    np.testing.assert_array_equal(found.confusion, COUNTS)


def test_any_spelling_counts_and_unscored_windows_are_left_out():
    true = ["Sleep stage W", "S1", "Sleep stage 4", "R", "Movement time", "W"]
    found = agreement(true, ["W", "N1", "N3", "REM", "N2", "?"])
    assert (found.n_windows, found.n_unscored, found.accuracy) == (4, 2, 1.0)
    assert math.isnan(found.f1["N2"])
    assert found.macro_f1 == 1.0


def test_one_stage_alone_has_no_kappa_and_gives_valid_json():
    found = agreement(["W", "W"], ["W", "W"])
    assert found.accuracy == 1.0
    assert math.isnan(found.kappa)
    stored = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert stored["kappa"] is None
    assert stored["f1"]["N1"] is None
    assert stored["confusion"]["labels"] == STAGES


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STAGES), st.sampled_from(STAGES)), min_size=2))
def test_draws_of_nights_are_measured_as_scikit_learn_measures(pairs):
    true, predicted = zip(*pairs, strict=True)
    found = agreement(true, predicted)
    measures = {name: values[0] for name, values in measures_of(found.confusion[None]).items()}
    assert measures["accuracy"] == pytest.approx(accuracy_score(true, predicted))
    assert measures["macro_f1"] == pytest.approx(f1_score(true, predicted, average="macro"))
    if len({*true, *predicted}) > 1:
        assert measures["kappa"] == pytest.approx(cohen_kappa_score(true, predicted))
    else:
        assert math.isnan(measures["kappa"])


def test_intervals_are_over_nights_not_windows():
    true = np.tile(["W", "N1", "N2", "N3"], 50)
    good, bad = true.copy(), true.copy()
    bad[::2] = "R"
    nights = np.repeat(["a", "b", "c"], 200)
    found = agreement_over_nights(np.tile(true, 3), np.concatenate([good, good, bad]), nights)
    assert {name: night.accuracy for name, night in found.nights.items()} == {
        "a": 1.0, "b": 1.0, "c": 0.5,
    }  # fmt: skip
    assert found.pooled.accuracy == pytest.approx(2.5 / 3)
    # Of 3 nights drawn from 3, all are the bad one in 1 of 27 draws, and none is in 8.
    assert found.intervals["accuracy"] == pytest.approx((0.5, 1.0))
    again = agreement_over_nights(np.tile(true, 3), np.concatenate([good, good, bad]), nights)
    assert again.intervals == found.intervals


def test_a_single_night_has_no_interval():
    found = agreement_over_nights(["W", "N1"], ["W", "N2"], ["a", "a"])
    assert np.isnan(list(found.intervals.values())).all()
    stored = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert stored["intervals"]["kappa"] == [None, None]


def test_a_night_without_scored_windows_is_said():
    with pytest.warns(RuntimeWarning, match="left out: b"):
        found = agreement_over_nights(["W", "N1", "?"], ["W", "N1", "W"], ["a", "a", "b"])
    assert list(found.nights) == ["a"]
    assert found.pooled.n_unscored == 1


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        (["W"], ["W", "N1"], "as many windows in predicted as in true, got 2 and 1"),
        (["W", "left"], ["W", "N1"], r"sleep stages in true, got \['left'\]"),
        (["?"], ["W"], "windows that both score, got none of 1"),
        ([["W"]], [["W"]], "true of shape"),
        ([], [], "got none of 0"),
    ],
)
def test_other_labels_raise(true, predicted, message):
    with pytest.raises(ValueError, match=message):
        agreement(true, predicted)


def test_other_nights_raise():
    with pytest.raises(ValueError, match="expected nights of shape"):
        agreement_over_nights(["W"], ["W"], ["a", "b"])
    with pytest.raises(ValueError, match="n_draws"):
        agreement_over_nights(["W"], ["W"], ["a"], n_draws=0)
