"""Estimators align each person by their own windows, in training and in use."""

import copy
import pickle

import mne
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    LeaveOneGroupOut,
    PredefinedSplit,
    cross_validate,
)

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    PersonAlignment,
    Preprocessing,
    Recording,
    SignalInfo,
    WindowStore,
    align_people,
)
from eegzoo.models.saving import read_metadata
from eegzoo.training import EEGClassifier, EEGRegressor
from tests.training.same_fit import assert_same_fit

SFREQ, N = 64.0, 128
RNG = np.random.default_rng(0)
PEOPLE = np.repeat(["ann", "bob", "cid"], 16)
Y = np.tile([0, 1], 24)
INFO = SignalInfo(["C3", "Cz", "C4"], SFREQ, N)


def signals():
    """Return windows whose first source is stronger in class 1, mixed by each person's head."""
    sources = RNG.normal(size=(48, 3, N))
    sources[Y == 1, 0] *= 2.0
    heads = {name: scale * RNG.normal(size=(3, 3)) for name, scale in
             {"ann": 8.0, "bob": 20.0, "cid": 14.0}.items()}  # fmt: skip
    return np.stack([heads[name] @ window for name, window in zip(PEOPLE, sources, strict=True)])


X = signals().astype(np.float32)
DATASET = EpochsDataset(X, Y, ("left", "right"), INFO, {"subject": PEOPLE})


def recordings():
    """Return recordings of two people, and the preprocessing."""
    rng = np.random.default_rng(3)
    info = mne.create_info(["C3", "Cz", "C4"], SFREQ, "eeg")
    people = []
    for name, scale in {"ann": 1e-5, "bob": 4e-5}.items():
        raw = mne.io.RawArray(scale * rng.normal(size=(3, 4096)), info, verbose="ERROR")
        onsets = np.arange(2, 60, 3.0)
        raw.set_annotations(mne.Annotations(onsets, 0.0, ["a", "b"] * 10))
        people.append(Recording(raw, subject=name))
    return people, Preprocessing([Filter(4.0, 30.0), Epoch(0.0, 2.0)])


def make(kind=EEGClassifier, **changes):
    settings = {"max_epochs": 1, "random_state": 0, "align": "euclid", "sfreq": SFREQ, **changes}
    return kind("shallow_convnet", **settings)


def rows_of(name):
    return np.flatnonzero(np.isin(PEOPLE, name))


@pytest.fixture(scope="module", name="trained")
def trained_classifier():
    return make().fit(X, Y, groups=PEOPLE)


# Training


@pytest.mark.parametrize("align", ["zscore", "euclid", "riemann", PersonAlignment(first=4)])
def test_training_with_align_is_training_on_aligned_windows(align):
    aligned = align_people(DATASET, align).X
    expected = make(align=None).fit(aligned, Y)
    assert_same_fit(make(align=align).fit(X, Y, groups=PEOPLE), expected)
    assert_same_fit(make(align=align).fit(DATASET), expected)
    assert_same_fit(make(align=align).fit(DATASET, groups="subject"), expected)


def test_normalisation_is_fitted_after_the_alignment():
    fitted = make(align=PersonAlignment("euclid", shrinkage=0.0)).fit(X, Y, groups=PEOPLE)
    np.testing.assert_allclose(fitted.normalizer_.matrix, np.eye(3), atol=1e-4)


def test_without_groups_arrays_are_of_one_person():
    expected = make(align=None).fit(PersonAlignment().fit(X).transform(X), Y)
    assert_same_fit(make().fit(X, Y), expected)


def test_people_for_validation_are_aligned_by_their_own_windows():
    split = PredefinedSplit(np.where(np.isin(PEOPLE, "cid"), 0, -1))
    fitted = make(validation=split, max_epochs=2).fit(X, Y, groups=PEOPLE)
    changed = X.copy()
    changed[rows_of("cid")] *= 3.0  # of no influence, since cid is aligned alone
    again = make(validation=split, max_epochs=2).fit(changed, Y, groups=PEOPLE)
    assert_same_fit(fitted, again)
    losses = [[row["valid_loss"] for row in each.history_] for each in (fitted, again)]
    np.testing.assert_allclose(*losses, rtol=1e-4)


def test_labels_are_not_read_by_the_alignment(trained):
    shuffled = np.random.default_rng(1).permutation(Y)
    other = make().fit(X, shuffled, groups=PEOPLE)
    np.testing.assert_array_equal(other.normalizer_.matrix, trained.normalizer_.matrix)


def test_bands_take_the_rate_of_arrays_and_of_data_sets():
    align = PersonAlignment("euclid", bands=[(4, 8), (8, 13)])
    assert_same_fit(make(align=align).fit(X, Y, groups=PEOPLE), make(align=align).fit(DATASET))


def test_partial_fit_aligns_the_windows_of_each_call():
    aligned = align_people(DATASET).X
    found, expected = make(), make(align=None)
    for rows in (rows_of(["ann", "bob"]), rows_of("cid")):
        found.partial_fit(X[rows], Y[rows], classes=[0, 1], groups=PEOPLE[rows])
        expected.partial_fit(aligned[rows], Y[rows], classes=[0, 1])
    assert_same_fit(found, expected)


def test_regressor_aligns_as_well():
    y = np.linspace(0, 1, 48)
    aligned = align_people(DATASET).X
    found = make(EEGRegressor).fit(X, y, groups=PEOPLE)
    expected = make(EEGRegressor, align=None).fit(aligned, y)
    assert_same_fit(found, expected)
    predicted = found.predict(X, groups=PEOPLE)
    np.testing.assert_allclose(predicted, expected.predict(aligned), rtol=1e-4)
    assert found.score(X, y, groups=PEOPLE) == pytest.approx(expected.score(aligned, y), abs=1e-3)


# Use


def test_each_person_is_predicted_by_their_own_windows(trained):
    together = trained.predict_proba(X, groups=PEOPLE)
    for name in ("ann", "bob", "cid"):
        alone = trained.predict_proba(X[rows_of(name)])
        np.testing.assert_allclose(together[rows_of(name)], alone, atol=1e-6)
    np.testing.assert_allclose(trained.predict_proba(DATASET), together, atol=1e-6)


def test_every_method_takes_groups(trained):
    aligned = align_people(DATASET).X
    plain = copy.copy(trained)
    plain.align_ = None
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform"):
        found = getattr(trained, name)(X, groups=PEOPLE)
        np.testing.assert_allclose(found, getattr(plain, name)(aligned), atol=1e-5)
    assert trained.score(X, Y, groups=PEOPLE) == plain.score(aligned, Y)


def test_order_of_the_windows_does_not_matter(trained):
    order = np.random.default_rng(2).permutation(48)
    found = trained.predict_proba(X[order], groups=PEOPLE[order])
    np.testing.assert_allclose(found, trained.predict_proba(X, groups=PEOPLE)[order], atol=1e-5)


def test_person_with_another_amplifier_and_head_is_predicted_alike(trained):
    rows = rows_of("ann")
    expected = trained.predict_proba(X[rows])
    # Up to the shrinkage.
    np.testing.assert_allclose(trained.predict_proba(3 * X[rows]), expected, atol=1e-4)


def test_one_window_is_refused(trained):
    with pytest.raises(ValueError, match="expected at least 2 windows of a person to align, got 1"):
        trained.predict(X[:1])
    with pytest.raises(ValueError, match="the windows of dan cannot be aligned"):
        trained.predict(X, groups=np.where(np.arange(48) == 3, "dan", PEOPLE))
    assert len(trained.predict(X[:0])) == 0


def test_groups_of_another_length_are_refused(trained):
    with pytest.raises(ValueError, match=r"expected groups of shape \(48,\)"):
        trained.predict(X, groups=PEOPLE[:-1])


def test_unknown_method_is_refused():
    with pytest.raises(ValueError, match="expected align to be one of"):
        make(align="csp").fit(X, Y)
    with pytest.raises(TypeError, match="expected align to be a method's name"):
        make(align=1).fit(X, Y)


def test_groups_have_no_effect_without_align():
    plain = make(align=None).fit(X, Y)
    found = plain.predict_proba(X, groups=PEOPLE)
    np.testing.assert_array_equal(found, plain.predict_proba(X))


def test_epochs_equal_arrays(trained):
    events = np.column_stack([np.arange(48) * 200, np.zeros(48, int), Y])
    info = mne.create_info(list(INFO.ch_names), SFREQ, "eeg")
    epochs = mne.EpochsArray(X * 1e-6, info, events, verbose="ERROR")
    np.testing.assert_allclose(trained.predict_proba(epochs), trained.predict_proba(X), atol=1e-4)


def test_windows_on_disk_equal_those_in_memory(tmp_path):
    people, preprocessing = recordings()
    dataset = EpochsDataset.from_recordings(people, preprocessing)
    stored = WindowStore.write(tmp_path, people, preprocessing, verbose=0).dataset()
    fitted = make().fit(stored)
    assert_same_fit(fitted, make().fit(dataset))
    found, expected = fitted.predict_proba(stored), fitted.predict_proba(dataset)
    np.testing.assert_array_equal(found, expected)


def test_sequences_are_aligned_by_groups_of_sequences():
    sequences, y = X.reshape(12, 4, 3, N), Y.reshape(12, 4)
    people = PEOPLE.reshape(12, 4)[:, 0]
    settings = {"max_epochs": 1, "random_state": 0, "sfreq": SFREQ}
    model = "deepsleepnet"
    aligned = align_people(DATASET).X.reshape(sequences.shape)
    plain = EEGClassifier(model, **settings).fit(aligned, y)
    found = EEGClassifier(model, align="euclid", **settings).fit(sequences, y, groups=people)
    assert_same_fit(found, plain)
    np.testing.assert_allclose(
        found.predict_proba(sequences, groups=people), plain.predict_proba(aligned), atol=1e-5
    )


# One person


def test_estimator_for_one_person_needs_no_groups_and_one_window(trained):
    rows = rows_of("bob")
    personal = trained._aligned_for(X[rows])
    expected = trained.predict_proba(X[rows])
    np.testing.assert_allclose(personal.predict_proba(X[rows[:1]]), expected[:1], atol=1e-6)
    assert trained.alignment_ is None
    assert personal.alignment_.n_windows == 16
    with pytest.raises(ValueError, match="expected windows of one person"):
        personal.predict(X, groups=PEOPLE)
    with pytest.raises(ValueError, match="expected windows of one person"):
        personal.predict(DATASET)
    again = personal._aligned_for(X[rows])  # adapting twice is adapting once
    np.testing.assert_array_equal(again.alignment_.matrix, personal.alignment_.matrix)


def test_estimator_without_align_is_for_everybody():
    plain = make(align=None).fit(X, Y)
    with pytest.raises(ValueError, match="expected an estimator that was trained with align"):
        plain._aligned_for(X)


# Files, copies, searches


@pytest.mark.parametrize("align", ["zscore", "riemann", PersonAlignment(bands=[(4, 8), (8, 13)])])
@pytest.mark.parametrize("is_personal", [False, True])
def test_alignment_is_saved_as_data(tmp_path, align, is_personal):
    path = tmp_path / "model.safetensors"
    fitted = make(align=align).fit(X, Y, groups=PEOPLE)
    if is_personal:
        fitted = fitted._aligned_for(X[rows_of("ann")])
    fitted.save(path)
    again = EEGClassifier.load(path)
    assert again.align_ == fitted.align_
    rows = rows_of("ann")
    found, expected = again.predict_proba(X[rows]), fitted.predict_proba(X[rows])
    np.testing.assert_array_equal(found, expected)
    described = read_metadata(path)
    assert described["format"] == 2
    assert described["extra"]["align"] == fitted.align_.to_dict()
    assert ("alignment" in described["extra"]) == is_personal
    again.save(path)
    found = EEGClassifier.load(path).predict_proba(X[rows])
    np.testing.assert_array_equal(found, expected)


def test_file_without_alignment_is_of_the_first_format(tmp_path):
    path = tmp_path / "model.safetensors"
    make(align=None).fit(X, Y).save(path)
    described = read_metadata(path)
    assert described["format"] == 1
    assert not {"align", "alignment"} & described["extra"].keys()
    assert EEGClassifier.load(path).align_ is None


def test_loaded_classifier_trains_further_with_its_alignment(tmp_path, trained):
    trained.save(tmp_path / "model.safetensors")
    loaded = EEGClassifier.load(tmp_path / "model.safetensors").set_params(
        max_epochs=1, random_state=0
    )
    before = loaded.predict_proba(X, groups=PEOPLE)
    loaded.fit(X, Y, groups=PEOPLE)
    assert loaded.align_ == trained.align_
    assert np.abs(loaded.predict_proba(X, groups=PEOPLE) - before).max() > 0


def test_copies_keep_the_alignment(trained):
    personal = trained._aligned_for(X[rows_of("ann")])
    for each in (pickle.loads(pickle.dumps(personal)), copy.deepcopy(personal)):
        found = each.predict_proba(X[:3])
        np.testing.assert_array_equal(found, personal.predict_proba(X[:3]))
    assert clone(personal).get_params()["align"] == "euclid"
    assert not hasattr(clone(personal), "model_")


def test_changed_parameter_has_no_effect_before_the_next_fit(trained):
    changed = copy.deepcopy(trained).set_params(align=None)
    expected = trained.predict_proba(X, groups=PEOPLE)
    np.testing.assert_array_equal(changed.predict_proba(X, groups=PEOPLE), expected)


def test_grid_search_chooses_the_alignment():
    grid = {"align": [None, PersonAlignment("zscore"), "euclid"]}
    search = GridSearchCV(make(), grid, cv=LeaveOneGroupOut(), error_score="raise")
    search.fit(X, Y, groups=PEOPLE)
    assert search.best_params_["align"] in grid["align"]


def test_groups_are_routed_by_scikit_learn():
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = make().set_fit_request(groups=True).set_score_request(groups=True)
        found = cross_validate(
            estimator, X, Y, cv=LeaveOneGroupOut(), params={"groups": PEOPLE}, error_score="raise"
        )["test_score"]
    for score, name in zip(found, ("ann", "bob", "cid"), strict=True):
        test = rows_of(name)
        train = np.setdiff1d(np.arange(48), test)
        fitted = make().fit(X[train], Y[train], groups=PEOPLE[train])
        assert score == fitted.score(X[test], Y[test])


def test_checkpoints_of_other_alignments_are_others(tmp_path):
    for align in (None, "zscore", "euclid"):
        make(align=align, checkpoint=tmp_path).fit(X, Y, groups=PEOPLE)
    assert len(list(tmp_path.glob("*.pt"))) == 3
    again = make(checkpoint=tmp_path).fit(X, Y, groups=PEOPLE)
    assert_same_fit(again, make().fit(X, Y, groups=PEOPLE))


# Models that were trained without alignment


def test_alignment_takes_the_place_of_the_normalisation():
    rows = rows_of("ann")
    for normalize, align in (("whiten", "euclid"), ("standardize", "zscore")):
        plain = make(align=None, normalize=normalize).fit(X[rows], Y[rows])
        aligned = plain.with_alignment(align)
        # On the people of the training nothing changes.
        found, expected = aligned.predict_proba(X[rows]), plain.predict_proba(X[rows])
        np.testing.assert_allclose(found, expected, atol=1e-3)
        # Another amplitude does not matter either.
        np.testing.assert_allclose(aligned.predict_proba(3 * X[rows]), expected, atol=1e-3)
        assert plain.align_ is None
        with pytest.raises(ValueError, match="expected an alignment for an estimator without one"):
            aligned.with_alignment(align)


@pytest.mark.parametrize(
    ("normalize", "align"),
    [
        ("whiten", "zscore"),
        ("standardize", "euclid"),
        ("window", "euclid"),
        ("whiten", PersonAlignment(bands=[(4, 8)])),
    ],
)
def test_other_normalisations_cannot_be_replaced(normalize, align):
    plain = make(align=None, normalize=normalize).fit(X, Y)
    with pytest.raises(ValueError, match="in whose place"):
        plain.with_alignment(align)


# Recordings


def test_recording_is_aligned_as_a_whole_or_causally():
    people, preprocessing = recordings()
    raw = people[0].raw
    dataset = EpochsDataset.from_recordings(people, preprocessing)
    classifier = make().fit(dataset)
    _, found = classifier.predict_recording(raw, preprocessing=preprocessing)
    windows = EpochsDataset.from_epochs(preprocessing.windows(raw), "ignore")
    np.testing.assert_allclose(found, classifier.predict_proba(windows), atol=1e-6)
    _, causal = classifier.predict_recording(raw, preprocessing=preprocessing, causal=True)
    expected = classifier._aligned_for(windows[:8]).predict_proba(windows[7:8])
    np.testing.assert_allclose(causal[7], expected[0], atol=1e-5)
    np.testing.assert_allclose(causal[-1], found[-1], atol=1e-5)
    assert np.abs(causal[7] - found[7]).max() > 1e-4
    personal = classifier._aligned_for(windows)
    for is_causal in (False, True):
        _, again = personal.predict_recording(raw, preprocessing=preprocessing, causal=is_causal)
        np.testing.assert_allclose(again, found, atol=1e-6)


def test_noise_is_predicted_at_chance():
    rng = np.random.default_rng(5)
    noise, y = rng.normal(0, 20, (240, 3, N)), np.tile([0, 1], 120)
    people = np.repeat(np.arange(8), 30)
    hits = []
    for test in (people < 4, people >= 4):
        fitted = make(max_epochs=3).fit(noise[~test], y[~test], groups=people[~test])
        hits.append(fitted.score(noise[test], y[test], groups=people[test]))
    assert np.mean(hits) == pytest.approx(0.5, abs=0.12)
