"""Sleep staging from recordings: windows, sequences of windows, and a stage for each window."""

import mne
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import GroupKFold

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Preprocessing,
    Recording,
    Sequences,
    check_leakage,
    simulate_sleep,
)
from eegzoo.training import EEGClassifier

SFREQ = 64.0
STAGES = ["N1", "N2", "N3", "REM", "W"]


def simulate(subject):
    """Return 45 minutes: a movement at 10 min; 30 s at 5 min and the last 7.5 min unscored."""
    raw = simulate_sleep(0.75, sfreq=SFREQ, random_state=subject)
    stages = raw.annotations.description.astype("<U12")
    stages[[10, *range(75, 90)]] = "?"
    stages[20] = "BAD_movement"
    raw.set_annotations(mne.Annotations(raw.annotations.onset, 30.0, stages))
    return Recording(raw, f"S{subject}")


@pytest.fixture(scope="module")
def dataset():
    """Return the first ten seconds of each half minute, for speed, in random order."""
    recordings = [simulate(subject) for subject in range(4)]
    dataset = EpochsDataset.from_recordings(recordings, Preprocessing([Epoch(0, 10 - 1 / SFREQ)]))
    return dataset.subset(np.random.default_rng(0).permutation(len(dataset)))


def make_sequences(dataset, n_windows=10):
    return Sequences.of(dataset, n_windows, unscored=["?"], step_seconds=30)


def make_classifier(max_epochs=8):
    return EEGClassifier(
        "tinysleepnet", recipe="plain", sfreq=SFREQ, max_epochs=max_epochs, batch_size=2, lr=3e-3,
        model_params={"n_filters": 16, "hidden_size": 16, "drop_prob": 0.0}, random_state=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(dataset):
    """Return the sequences of half of the subjects, and a classifier trained on them."""
    chosen = np.isin(dataset.groups("subject"), ["S0", "S1"])
    sequences = make_sequences(dataset.subset(chosen))
    sequences = sequences[sequences.mask.any(axis=1)]
    return sequences, make_classifier(1).fit(sequences.X, sequences.y, mask=sequences.mask)


def test_stages_of_other_subjects_are_predicted_above_chance(dataset):
    sequences = make_sequences(dataset)
    sequences = sequences[sequences.mask.any(axis=1)]
    predicted = np.full(sequences.y.shape, "", "<U4")
    folds = GroupKFold(2).split(sequences.X, groups=sequences.groups("subject"))
    for train, test in folds:
        check_leakage(dataset, sequences[train].windows, sequences[test].windows, "subject")
        one, other = sequences[train], sequences[test]
        classifier = make_classifier().fit(one.X, one.y, mask=one.mask)
        assert classifier.classes_.tolist() == STAGES
        predicted[test] = classifier.predict(other.X, mask=other.present)
        score = classifier.score(other.X, other.y, mask=other.mask)
        right = (predicted[test] == other.y)[other.mask]
        assert score == pytest.approx(right.mean())

    stages, true = sequences.unroll(predicted), dataset.labels[sequences.windows]
    scored = true != "?"
    assert scored.sum() == 4 * 73
    assert sequences.unroll(sequences.mask).tolist() == scored.tolist()
    _, counts = np.unique(true[scored], return_counts=True)
    # Chance, the most frequent stage everywhere: its share, and a balanced accuracy of 0.2.
    assert accuracy_score(true[scored], stages[scored]) > counts.max() / counts.sum() + 0.1
    assert balanced_accuracy_score(true[scored], stages[scored]) > 0.3


def test_a_movement_ends_a_sequence_and_an_unscored_window_does_not(dataset):
    night = dataset.subset(dataset.groups("subject") == "S0")
    sequences = make_sequences(night, 15)
    assert sequences.present.sum(axis=1).tolist() == [15, 5, 15, 15, 15, 15, 9]
    assert sequences.mask.sum(axis=1).tolist() == [14, 5, 15, 15, 15, 9, 0]
    assert np.flatnonzero(~sequences.mask[0]).tolist() == [10]


def test_padding_has_no_influence_on_predictions(trained):
    sequences, _ = trained
    full = sequences[[2]]
    # The bidirectional LSTM of DeepSleepNet also reads a sequence from its end.
    classifier = EEGClassifier(
        "deepsleepnet", recipe="plain", sfreq=SFREQ, max_epochs=1, random_state=0
    )
    classifier.fit(full.X, full.y, mask=full.mask)
    alone = classifier.predict_proba(full.X)
    padded = np.concatenate([full.X, np.zeros_like(full.X)], axis=1)
    mask = np.arange(20)[None] < 10
    np.testing.assert_allclose(
        classifier.predict_proba(padded, mask=mask)[:, :10], alone, rtol=0, atol=1e-6
    )


def test_labels_of_windows_that_do_not_count_have_no_influence(trained):
    sequences, classifier = trained
    y = np.where(sequences.mask, sequences.y, "anything")
    again = make_classifier(1).fit(sequences.X, y, mask=sequences.mask)
    assert again.classes_.tolist() == classifier.classes_.tolist() == STAGES
    for name, weight in classifier.model_.state_dict().items():
        assert weight.equal(again.model_.state_dict()[name]), name


def test_sequences_without_a_scored_window_raise(dataset):
    sequences = make_sequences(dataset)
    with pytest.raises(ValueError, match=r"expected a window that counts in each sequence, got"):
        make_classifier().fit(sequences.X, sequences.y, mask=sequences.mask)
