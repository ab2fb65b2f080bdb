"""The classifier works in the evaluations of MOABB."""

import contextlib
import io
import os
import tempfile
from unittest import mock

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from eegzoo.training import EEGClassifier

# MOABB uses other packages in ways that emit these warnings.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Creating a dataset without passing data or dtype"),
    pytest.mark.filterwarnings("ignore:Montage name 'standard_1005' is deprecated"),
]

SFREQ = 128
HANDS = {"left_hand": "C4", "right_hand": "C3"}  # events, and the channel with a rhythm
THREE = {**HANDS, "feet": "Cz"}


@pytest.fixture
def moabb(tmp_path, monkeypatch):
    """Return MOABB, with all of its files in a temporary folder."""
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    homes = dict.fromkeys(
        ("HOME", "MNE_DATA", "MOABB_RESULTS", "_MNE_FAKE_HOME_DIR"), str(tmp_path)
    )
    reason = "MOABB is not installed"
    with mock.patch.dict(os.environ, homes):  # MOABB also sets variables of its own
        for part in ("datasets.fake", "evaluations", "paradigms"):
            pytest.importorskip(f"moabb.{part}", reason=reason)
        yield pytest.importorskip("moabb", reason=reason)


def make_dataset(moabb, events=HANDS, **sizes):
    """Return a data set with a rhythm of 10 Hz over a channel for each event."""

    class Rhythms(moabb.datasets.fake.FakeDataset):
        def _generate_raw(self, n_events, duration):
            raw = super()._generate_raw(n_events, duration)
            wave = 2e-5 * np.sin(2 * np.pi * 10 * np.arange(3 * SFREQ) / SFREQ)
            names = dict(zip(self.event_id.values(), events.values(), strict=True))
            for onset, _, event in self._generate_events(n_events, duration):
                channel = raw.ch_names.index(names[event])
                raw._data[channel, onset : onset + len(wave)] += wave
            return raw

    return Rhythms(
        event_list=tuple(events), n_runs=1, duration=6 * sizes["n_events"], sfreq=SFREQ, seed=0,
        **sizes,
    )  # fmt: skip


@pytest.fixture
def dataset(moabb):
    return make_dataset(moabb, n_subjects=3, n_sessions=2, n_events=20)


@pytest.fixture
def paradigm(moabb):
    return moabb.paradigms.LeftRightImagery(fmin=4, fmax=38)


def make_classifier(**changes):
    settings = {"sfreq": float(SFREQ), "max_epochs": 8, "random_state": 0}
    return EEGClassifier("shallow_convnet", **{**settings, **changes})


def evaluate(moabb, kind, dataset, paradigm, pipelines, tmp_path, **options):
    evaluation = getattr(moabb.evaluations, kind)(
        paradigm=paradigm, datasets=[dataset], random_state=0, overwrite=True,
        hdf5_path=str(tmp_path), suffix="test", **options,
    )  # fmt: skip
    with contextlib.redirect_stderr(io.StringIO()):
        return evaluation.process(pipelines)


def test_windows_of_a_paradigm_are_microvolts(dataset, paradigm):
    X, labels, _ = paradigm.get_data(dataset, subjects=[1])
    classifier = make_classifier().fit(X, labels)
    assert classifier.classes_.tolist() == sorted(HANDS)
    assert 5 < classifier.amplitude_ < 50


@pytest.mark.parametrize("return_epochs", [False, True], ids=["arrays", "epochs"])
def test_within_session_evaluation(moabb, dataset, paradigm, tmp_path, return_epochs):
    classifier = make_classifier(sfreq=None if return_epochs else float(SFREQ))
    scaled = make_pipeline(FunctionTransformer(), clone(classifier))
    results = evaluate(
        moabb, "WithinSessionEvaluation", dataset, paradigm, {"alone": classifier, "last": scaled},
        tmp_path, return_epochs=return_epochs,
    )  # fmt: skip
    assert len(results) == 3 * 2 * 2  # subjects, sessions, pipelines
    assert results["score"].between(0.8, 1).all()
    scores = results.pivot_table(index=["subject", "session"], columns="pipeline", values="score")
    np.testing.assert_array_equal(scores["alone"], scores["last"])
    assert not hasattr(classifier, "model_")  # MOABB trains copies


def test_cross_subject_scores_equal_those_of_scikit_learn(moabb, dataset, paradigm, tmp_path):
    classifier = make_classifier()
    results = evaluate(
        moabb, "CrossSubjectEvaluation", dataset, paradigm, {"eegzoo": classifier}, tmp_path
    )
    X, labels, metadata = paradigm.get_data(dataset)
    truth = {}
    for train, test in LeaveOneGroupOut().split(X, labels, metadata["subject"]):
        fitted = clone(classifier).fit(X[train], labels[train])
        for session in metadata["session"].unique():
            chosen = test[metadata["session"].to_numpy()[test] == session]
            probabilities = fitted.predict_proba(X[chosen])[:, 1]
            subject = metadata["subject"].iloc[chosen[0]]
            truth[str(subject), session] = roc_auc_score(labels[chosen], probabilities)
    assert min(truth.values()) > 0.8
    found = {(str(row["subject"]), row["session"]): row["score"] for _, row in results.iterrows()}
    assert found == pytest.approx(truth)


def test_three_classes_are_scored_by_accuracy(moabb, tmp_path):
    dataset = make_dataset(moabb, THREE, n_subjects=2, n_sessions=1, n_events=30)
    results = evaluate(
        moabb, "CrossSubjectEvaluation", dataset, moabb.paradigms.MotorImagery(n_classes=3),
        {"eegzoo": make_classifier()}, tmp_path,
    )  # fmt: skip
    assert len(results) == 2
    assert results["score"].between(0.7, 1).all()


def test_no_files_are_left_in_the_home_folder(moabb, dataset, paradigm, tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    before = {path.name for path in tmp_path.iterdir()}
    evaluate(
        moabb, "WithinSessionEvaluation", dataset, paradigm,
        {"eegzoo": make_classifier(max_epochs=1)}, results,
    )  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} - before <= {".mne"}
