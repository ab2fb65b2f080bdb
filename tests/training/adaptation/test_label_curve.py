"""The curve scores only windows that no label was learnt of, the same for all numbers."""

import warnings

import mne
import numpy as np
import pytest

from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording, SplitWarning
from eegzoo.training import EEGClassifier
from eegzoo.training.adaptation.label_curve import draw_in_turn, label_curve, steps_in_training
from eegzoo.training.inputs.validation_split import hold_out
from tests.training.simulated_people import SFREQ, make_dataset, make_people

X, Y, PEOPLE = make_people(strength=1.3)
NEW_X, NEW_Y, NEW_PEOPLE = make_people(n_people=3, n_windows=40, seed=1, strength=1.3)


def make_classifier(**changes):
    settings = {
        "sfreq": SFREQ, "model_params": {"n_filters": 4}, "max_epochs": 8, "random_state": 0,
        "n_crops": 2, **changes,
    }  # fmt: skip
    return EEGClassifier("shallow_convnet", **settings)


@pytest.fixture(scope="module")
def fitted():
    return make_classifier().fit(X, Y)


def test_without_labels_the_curve_starts_at_the_score(fitted):
    curve = label_curve(fitted, NEW_X, NEW_Y, NEW_PEOPLE, n_labelled=(0,), n_repeats=1)
    for person, found in enumerate(curve.accuracies["as_trained"][0]):
        X, y = NEW_X[person == NEW_PEOPLE], NEW_Y[person == NEW_PEOPLE]
        _, test = hold_out(0.5, y, None, seed=0, stratify=True)
        assert found == fitted.score(X[test], y[test])


def test_labels_help_people_whose_states_are_swapped(fitted):
    curve = label_curve(fitted, NEW_X, 1 - NEW_Y, NEW_PEOPLE, n_labelled=(0, 16), n_repeats=2)
    start, end = curve.accuracies["as_trained"].mean(axis=1)
    assert start < 0.4
    assert end > start + 0.2


def test_no_window_is_learnt_and_scored(fitted, monkeypatch):
    learnt, scored = [], []
    plain_predict = EEGClassifier.predict

    def calibrate(self, X, y, **_):
        learnt.extend(X)
        return self

    def predict(self, X, *args, **options):
        scored.extend(X)
        return plain_predict(self, X, *args, **options)

    monkeypatch.setattr(EEGClassifier, "calibrate", calibrate)
    monkeypatch.setattr(EEGClassifier, "predict", predict)
    label_curve(fitted, NEW_X, NEW_Y, NEW_PEOPLE, n_labelled=(8, 16), how=["align"], n_repeats=1)
    assert learnt
    assert not {window.tobytes() for window in learnt} & {window.tobytes() for window in scored}


def test_overlapping_windows_are_kept_apart(fitted, monkeypatch):
    rng = np.random.default_rng(0)
    signal = rng.normal(0, 10, (4, 64 * 62)).astype(np.float32)
    sliding = np.stack([signal[:, 64 * k : 64 * k + 128] for k in range(60)])
    y = np.arange(60) // 5 % 2
    onset = np.arange(60.0)
    dataset = make_dataset(sliding, y, np.zeros(60, int), onset=onset)
    learnt, scored = [], []
    plain = EEGClassifier.predict

    def calibrate(self, X, y, **_):
        learnt.extend(X.metadata["onset"])
        return self

    def predict(self, X, *args, **options):
        scored.extend(X.metadata["onset"])
        return plain(self, X, *args, **options)

    monkeypatch.setattr(EEGClassifier, "calibrate", calibrate)
    monkeypatch.setattr(EEGClassifier, "predict", predict)
    with pytest.warns(UserWarning, match="left out"):
        label_curve(fitted, dataset, n_labelled=(4, 20), how=["align"], n_repeats=1)
    gaps = abs(np.subtract.outer(learnt, scored))
    assert gaps.min() >= 2.0


def test_a_person_with_too_few_windows_is_not_counted(fitted):
    keep = (NEW_PEOPLE > 0) | (np.arange(120) % 40 < 20)
    curve = label_curve(
        fitted, NEW_X[keep], NEW_Y[keep], NEW_PEOPLE[keep], n_labelled=(4, 16), n_repeats=1
    )
    assert np.isnan(curve.accuracies["adapted"][1]).tolist() == [True, False, False]
    assert "; 2 of 3 people" in curve.in_words()
    assert curve.to_dict()["accuracies"]["adapted"][1][0] is None


@pytest.mark.parametrize("regime", ["transductive", "inductive"])
def test_statistics_are_of_the_windows_of_the_regime(regime, monkeypatch):
    fitted = make_classifier(align="euclid", people_per_batch=4, max_epochs=2).fit(X, Y, PEOPLE)
    adapt, n_given = EEGClassifier.adapt, set()

    def noted(self, X, **options):
        n_given.add(len(X))
        return adapt(self, X, **options)

    monkeypatch.setattr(EEGClassifier, "adapt", noted)
    assert steps_in_training(fitted) == ["align", "statistics"]
    curve = label_curve(fitted, NEW_X, NEW_Y, NEW_PEOPLE, n_labelled=(0, 4), regime=regime,
                        n_repeats=1)  # fmt: skip
    assert n_given == {40 if regime == "transductive" else 20}  # all, or those that are not scored
    assert curve.regime == regime
    assert f"({regime})" in curve.in_words()


def test_subjects_of_a_data_set_are_the_people():
    options = {"n_labelled": (0, 4), "n_repeats": 1}
    fitted = make_classifier(max_epochs=1).fit(make_dataset(X, Y, PEOPLE))
    found = label_curve(fitted, make_dataset(NEW_X, NEW_Y, NEW_PEOPLE), **options)
    assert found.people == ("0", "1", "2")
    assert found.accuracies["adapted"].shape == (2, 3)


def test_classes_are_drawn_in_turn():
    labels = np.repeat([0, 1, 2], [10, 5, 1])
    order = draw_in_turn(labels, seed=0)
    assert sorted(order.tolist()) == list(range(16))
    assert sorted(labels[order[:3]].tolist()) == [0, 1, 2]
    assert sorted(labels[order[3:11]].tolist()) == [0] * 4 + [1] * 4
    assert (draw_in_turn(labels, seed=1) != order).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": None}, "expected groups with the person of each window"),
        ({"regime": "both"}, "expected regime to be one of 'transductive', 'inductive'"),
        ({"n_labelled": (-1,)}, "expected n_labelled to be an integer of at least 0"),
        ({"test_size": 0.0}, "expected test_size"),
    ],
)
def test_bad_arguments_raise(fitted, options, message):
    with pytest.raises(ValueError, match=message):
        label_curve(fitted, NEW_X, NEW_Y, **{"groups": NEW_PEOPLE, **options})


def _noise(subject, seed):
    """Return overlapping windows of noise, labelled in runs."""
    rng = np.random.default_rng(seed)
    info = mne.create_info(["C3", "C4", "P3", "P4"], SFREQ, "eeg")
    raw = mne.io.RawArray(rng.normal(0, 1e-5, (4, round(120 * SFREQ))), info, verbose=False)
    labels = rng.permuted(np.repeat(["left", "right"], 30))
    onsets = np.arange(0.0, 118.0, 0.5)
    raw.set_annotations(mne.Annotations(onsets, 0, labels[(onsets // 2).astype(int)]))
    steps = Preprocessing([Epoch(0.0, seconds=1.0)])
    return EpochsDataset.from_recordings([Recording(raw, subject)], steps)


def test_few_labels_of_noise_stay_at_chance():
    scores = []
    for draw in range(20):
        classifier = make_classifier(max_epochs=1, n_crops=1, random_state=draw)
        classifier.fit(_noise("S0", 1000 + draw))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SplitWarning)
            curve = label_curve(
                classifier, _noise("S1", draw), n_labelled=(20,), how=["pseudo_labels"],
                n_repeats=1, which="all",
            )  # fmt: skip
        scores.append([rows[0, 0] for rows in curve.accuracies.values()])
    mean = np.mean(scores, axis=0)
    error = 1.96 * np.std(scores, axis=0, ddof=1) / np.sqrt(len(scores))
    assert (np.abs(mean - 0.5) < np.maximum(error, 0.02)).all(), (mean, error)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"y": NEW_Y + 5}, r"expected labels among \[0, 1\], got 5, 6"),
        ({"test_size": 1.0}, "test_size below 1"),
        ({"n_labelled": ()}, "n_labelled to hold a number"),
    ],
)
def test_unscorable_questions_raise(fitted, change, expected):
    arguments = {"X": NEW_X, "y": NEW_Y, "groups": NEW_PEOPLE, "n_labelled": (0,), **change}
    with pytest.raises(ValueError, match=expected):
        label_curve(fitted, **arguments)
