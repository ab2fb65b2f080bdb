"""Sections of a report, and what they draw from."""

import numpy as np
import pytest

from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.report import Evidence, Picture, Section
from eegzoo.report.style import one_axes


@pytest.fixture
def dataset():
    info = SignalInfo(["C3"], sfreq=100.0, n_times=50)
    X = np.random.default_rng(0).normal(0, 10, (4, 1, 50))
    metadata = {"recording": ["r1", "r1", "r2", "r2"]}
    return EpochsDataset(X, [0, 1, 0, 1], ["a", "b"], info, metadata)


def test_people_are_subjects_then_recordings_then_all(dataset):
    evidence = Evidence("m", None, dataset, "classes", dataset.labels, dataset.labels)
    assert evidence.people.tolist() == ["r1", "r1", "r2", "r2"]
    dataset.metadata["subject"] = np.array(["s1"] * 4)
    assert evidence.people.tolist() == ["s1"] * 4
    dataset.metadata.clear()
    assert evidence.people.tolist() == ["all"] * 4


@pytest.mark.parametrize("name", ["true", "predicted", "probabilities"])
def test_arrays_of_another_length_are_refused(dataset, name):
    values = {"true": dataset.labels, "predicted": dataset.labels, name: np.zeros(3)}
    with pytest.raises(ValueError, match=f"expected {name} of 4 windows, got 3"):
        Evidence("m", None, dataset, "classes", **values)


def test_unknown_kinds_and_chapters_are_refused(dataset):
    with pytest.raises(ValueError, match="expected kind to be one of 'classes'"):
        Evidence("m", None, dataset, "sets", dataset.labels, dataset.labels)
    with pytest.raises(ValueError, match="expected chapter to be one of 'Result'"):
        Section("Other", "title", lambda evidence: [])


def test_a_picture_needs_an_alternative_text():
    with pytest.raises(ValueError, match="alternative text"):
        Picture(one_axes(None)[0], "caption")
