"""A night in a report: the scored and the predicted hypnogram."""

import numpy as np
import pytest

from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.report import Evidence, Picture, Table, Text, alternative_text
from eegzoo.report.recording.night_sections import night, nights_of

NAMES = ["Sleep stage 1", "Sleep stage 2", "Sleep stage 3", "Sleep stage R", "Sleep stage W"]
STAGES = ["N1", "N2", "N3", "R", "W"]


def evidence(codes, predicted=None, names=NAMES, onsets=None, **fields):
    info = SignalInfo(["C4"], sfreq=10.0, n_times=300)
    X = np.random.default_rng(0).normal(0, 10, (len(codes), 1, 300))
    onsets = np.arange(len(codes)) * 30.0 if onsets is None else onsets
    metadata = {"onset": onsets, "recording": ["/home/ann/night.edf/1/1"] * len(codes)}
    dataset = EpochsDataset(X, codes, names, info, metadata)
    predicted = dataset.labels if predicted is None else np.array(names)[predicted]
    probabilities = np.eye(len(names))[[names.index(label) for label in predicted]]
    return Evidence(
        "m", None, dataset, "classes", dataset.labels, predicted, probabilities, tuple(names)
    )


def test_hypnograms_are_those_of_the_windows_in_order_of_time():
    codes = np.tile([4, 0, 1, 2, 3], 6)
    order = np.random.default_rng(0).permutation(30)
    given = evidence(codes[order], onsets=(order * 30.0))
    scored, predicted, name = nights_of(given)
    assert scored.stages == tuple(STAGES[code] for code in codes)
    assert predicted.stages == scored.stages
    np.testing.assert_array_equal(predicted.probabilities[0], [1, 0, 0, 0, 0])
    assert name == "night.edf/1/1"


def test_windows_that_are_left_out_are_unscored():
    onsets = np.concatenate([np.arange(15), np.arange(20, 35)]) * 30.0
    scored, predicted, _ = nights_of(evidence(np.ones(30, int), onsets=onsets))
    assert len(scored) == 35
    assert scored.stages[15:20] == ("unscored",) * 5 == predicted.stages[15:20]
    assert np.isnan(predicted.probabilities[15:20]).all()


def test_the_section_has_two_hypnograms_and_the_statistics_of_both():
    codes = np.repeat([4, 1, 3], 10)
    text, first, second, table = night(evidence(codes, np.where(np.arange(30) < 27, codes, 1)))
    assert isinstance(text, Text)
    assert "accuracy 0.900" in text.text
    assert isinstance(first, Picture)
    assert "N2 5 min" in alternative_text(first.figure)
    assert "N2 6 min" in alternative_text(second.figure)
    assert isinstance(table, Table)
    assert ["R (min)", "5.0", "3.5"] in [list(row) for row in table.rows]


@pytest.mark.parametrize(
    "given",
    [
        evidence(np.arange(30) % 2, names=["left", "right"]),
        evidence(np.ones(5, int)),
        evidence(np.ones(30, int), onsets=np.arange(30) * 10.0),
    ],
)
def test_other_windows_have_no_night(given):
    assert night(given) == []
