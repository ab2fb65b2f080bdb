"""No split that eegzoo makes has windows of one block, or that overlap, on both sides."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold

from eegzoo.cli import crossval
from eegzoo.data import EpochsDataset, SignalInfo, SplitWarning, check_leakage
from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.data.windows.shared_samples import timeline_of_rows, timeline_of_samples
from eegzoo.data.windows.timeline import Timeline
from eegzoo.training import AllowLeakage, EEGClassifier
from eegzoo.training.inputs.validation_split import hold_out, validation_groups

SFREQ, SECONDS = 48.0, 2.0
N_TIMES = 96


def noise(seed, seconds=120.0, step=0.25, people=1, n_chans=3):
    """Return windows of 2 s of white noise, with random labels in runs of 2 s."""
    rng = np.random.default_rng(seed)
    parts = []
    for person in range(people):
        signal = rng.normal(0, 20, (n_chans, round(seconds * SFREQ))).astype(np.float32)
        onset = np.arange(0, seconds - SECONDS, step)
        run = (onset // 2).astype(int)
        label = rng.permutation(np.arange(run.max() + 1) % 2)[run]
        starts = np.round(onset * SFREQ).astype(int)
        X = np.stack([signal[:, start : start + N_TIMES] for start in starts])
        names = {"subject": f"S{person}", "session": f"S{person}/1", "recording": f"S{person}/1/1"}
        metadata = {name: np.full(len(X), value) for name, value in names.items()}
        info = SignalInfo([f"C{n}" for n in range(1, n_chans + 1)], SFREQ, N_TIMES)
        parts.append(
            EpochsDataset(X, label, ["a", "b"], info, {**metadata, "onset": starts / SFREQ})
        )
    return EpochsDataset.concatenate(parts)


# A property of all splits.


@st.composite
def data_sets(draw):
    """Draw windows of people with runs, some of them overlapping, some cut from blocks."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    columns = {name: [] for name in ("subject", "session", "recording", "onset", "block")}
    step = draw(st.sampled_from([0.25, 0.5, 1.0, 2.0, 5.0]))
    has_blocks, per_block = draw(st.booleans()), draw(st.integers(1, 12))
    for person in range(draw(st.integers(1, 4))):
        for run in range(draw(st.integers(1, 3))):
            n_windows = draw(st.integers(30, 80))
            onset = np.arange(n_windows) * step + rng.random() * 10
            gaps = np.cumsum(rng.random(n_windows) < draw(st.sampled_from([0.0, 0.05, 0.5]))) * 3.0
            columns["onset"].append(onset + gaps)
            blocks = (np.arange(n_windows) // per_block).astype(str)
            columns["block"].append(blocks if has_blocks else np.full(n_windows, ""))
            names = {"subject": f"S{person}", "session": f"S{person}/1"}
            names["recording"] = f"S{person}/1/{run}"
            for name, value in names.items():
                columns[name].append(np.full(n_windows, value))
    metadata = {name: np.concatenate(parts) for name, parts in columns.items()}
    n_windows = len(metadata["onset"])
    chosen = rng.permutation(n_windows)  # in no order
    metadata = {name: column[chosen] for name, column in metadata.items()}
    X = rng.normal(0, 20, (n_windows, 1, N_TIMES)).astype(np.float32)
    y = rng.permutation(np.arange(n_windows) % 2)
    return EpochsDataset(X, y, ["a", "b"], SignalInfo(["Cz"], SFREQ, N_TIMES), metadata)


def assert_apart(dataset, train, test):
    """Compare all pairs of windows, by the definition."""
    assert len(train)
    assert len(test)
    column = dataset.metadata
    recording = column["recording"][train][:, None] == column["recording"][test]
    delay = abs(column["onset"][train][:, None] - column["onset"][test])
    assert not (recording & (delay < SECONDS - 0.5 / SFREQ)).any()
    block = column["block"][train][:, None] == column["block"][test]
    assert not (recording & block & (column["block"][test] != "")).any()


@settings(max_examples=60, deadline=None)
@given(
    data_sets(), st.integers(2, 4), st.sampled_from([None, "subject", "recording", "block", "run"]),
    st.integers(0, 99), st.booleans(),
)  # fmt: skip
def test_no_fold_trains_on_what_it_is_tested_on(dataset, cv, groups, seed, stratified):
    try:
        parts = list(crossval.folds(dataset, cv, groups, seed, stratified=stratified))
    except ValueError as error:  # too few groups, or nothing is left: said, not split
        assert "expected" in str(error)  # noqa: PT017
        return
    for train, test in parts:
        assert_apart(dataset, train, test)
        if groups in ("subject", "recording"):
            assert not set(dataset.groups(groups)[train]) & set(dataset.groups(groups)[test])
    tested = np.sort(np.concatenate([test for _, test in parts]))
    np.testing.assert_array_equal(tested, np.arange(len(dataset)))


@settings(max_examples=60, deadline=None)
@given(data_sets(), st.floats(0.1, 0.5), st.sampled_from([None, "session", "block"]),
       st.integers(0, 99))  # fmt: skip
def test_no_validation_window_belongs_to_a_training_window(dataset, share, groups, seed):
    inputs = as_inputs(dataset)
    by = validation_groups(inputs, groups)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SplitWarning)
        try:
            sides = hold_out(share, dataset.y, by, seed, True, timeline_of_rows(inputs))
        except ValueError as error:
            assert "expected" in str(error)  # noqa: PT017
            return
    assert_apart(dataset, *sides)


def test_most_splits_are_possible():
    """The properties above would hold for a split that always raises an error."""
    dataset = noise(0, people=2)
    for groups in (None, "subject"):
        parts = list(crossval.folds(dataset, 2, groups, 0))
        assert sum(len(train) for train, _ in parts) > 0.85 * len(dataset)


# Cases with a known answer.


def test_folds_of_overlapping_windows_are_stretches_and_say_so(capsys):
    dataset = noise(0)
    parts = list(crossval.folds(dataset, 3, None, 0))
    shown = capsys.readouterr().out
    n_left = [len(dataset) - len(train) - len(test) for train, test in parts]
    assert "3 folds of 6 stretches of windows that overlap; " in shown
    assert f"{min(n_left)} to {max(n_left)} windows a fold" in shown
    for train, test in parts:
        check_leakage(dataset, train, test, apart=None)


def test_blocks_are_the_default_groups(capsys):
    dataset = noise(0, seconds=82.0, step=2.0)
    dataset.metadata["block"] = np.arange(40) // 4
    parts = list(crossval.folds(dataset, 5, None, 0))
    assert "5 folds of 10 blocks; no window overlaps" in capsys.readouterr().out
    for train, test in parts:
        assert not set(dataset.groups("block")[train]) & set(dataset.groups("block")[test])
        assert len(train) + len(test) == 40


def test_windows_that_do_not_overlap_are_split_as_before(capsys):
    from sklearn.model_selection import StratifiedKFold

    dataset = noise(0, step=2.0)
    truth = StratifiedKFold(3, shuffle=True, random_state=4).split(dataset.X, dataset.y)
    for found, expected in zip(crossval.folds(dataset, 3, None, 4), truth, strict=True):
        for side, indices in zip(found, expected, strict=True):
            np.testing.assert_array_equal(side, indices)
    assert capsys.readouterr().out == ""


def test_too_few_blocks_raise():
    dataset = noise(0, seconds=82.0, step=2.0)
    dataset.metadata["block"] = np.repeat(["open", "closed"], 20)
    with pytest.raises(ValueError, match="expected at least 5 blocks for 5 folds, got 2"):
        list(crossval.folds(dataset, 5, None, 0))


def test_a_validation_that_is_impossible_raises():
    found = Timeline.of({"onset": np.zeros(12)}, 12, N_TIMES, SFREQ)
    with pytest.raises(ValueError, match="expected at least two groups for a validation, got 1"):
        hold_out(0.25, np.arange(12) % 2, None, 0, True, found)
    with pytest.raises(ValueError, match="got none of 9: these windows cannot be split"):
        hold_out(0.25, np.arange(12) % 2, np.arange(12), 0, True, found)


def test_a_validation_of_overlapping_windows_says_what_is_left_out():
    dataset = noise(0)
    with pytest.warns(SplitWarning, match=r"of \d+ training windows are left out, because they"):
        train, valid = hold_out(
            0.25, dataset.y, None, 0, True, timeline_of_rows(as_inputs(dataset))
        )
    check_leakage(dataset, train, valid, apart=None)
    assert 0.15 < len(valid) / len(dataset) < 0.35


@pytest.mark.parametrize("sequences", [False, True])
def test_arrays_are_split_by_the_samples_they_share(sequences):
    X = noise(0, step=1.0).X
    if sequences:  # that share half of their windows
        X = noise(0, step=2.0).X
        X = np.stack([X[start : start + 6] for start in range(0, len(X) - 5, 3)])
    y = np.arange(len(X)) % 2
    with pytest.warns(SplitWarning):
        train, valid = hold_out(0.25, y, None, 0, True, timeline_of_samples(X))
    shared = {window.tobytes() for window in X[train].reshape(-1, *X.shape[-2:])}
    assert not any(window.tobytes() in shared for window in X[valid].reshape(-1, *X.shape[-2:]))
    first = {sample.tobytes() for row in X[train] for sample in row.T}
    assert not any(sample.tobytes() in first for row in X[valid] for sample in row.T)


# Splitters of the user.


def fit(dataset, validation, **changes):
    classifier = EEGClassifier(
        "shallow_convnet", max_epochs=1, random_state=0, validation=validation, **changes
    )
    return classifier.fit(dataset)


def test_a_splitter_that_separates_overlapping_windows_raises_unless_allowed():
    dataset = noise(0, seconds=40.0)
    shuffled = KFold(4, shuffle=True, random_state=0)
    with pytest.raises(ValueError, match="expected no window in test to overlap one in train"):
        fit(dataset, shuffled)
    fit(dataset, AllowLeakage(shuffled, "overlap"))
    with pytest.raises(ValueError, match="to overlap one in train"):
        fit(dataset, AllowLeakage(shuffled, "block"))


def test_a_splitter_that_separates_a_block_raises_unless_allowed():
    dataset = noise(0, seconds=42.0, step=2.0)
    dataset.metadata["block"] = np.arange(20) // 3
    with pytest.raises(ValueError, match="expected train and test to share no block, got"):
        fit(dataset, KFold(4))
    fit(dataset, AllowLeakage(KFold(4), "block"))
    groups = dataset.groups("block")
    EEGClassifier("shallow_convnet", max_epochs=1, random_state=0, validation=GroupKFold(3)).fit(
        dataset, groups=groups
    )


def test_wrong_permissions_raise():
    with pytest.raises(ValueError, match="expected allow to be one of 'overlap', 'block', 'copy'"):
        AllowLeakage(KFold(3), "time")
    with pytest.raises(TypeError, match="expected a splitter of scikit-learn, got 3"):
        AllowLeakage(3, "overlap")
    with pytest.raises(TypeError, match=r"collection such as \('overlap',\)"):
        check_leakage(noise(0), [0], [1], apart=None, allow="overlap")


def test_check_leakage_allows_by_name():
    dataset = noise(0)
    with pytest.raises(ValueError, match="to overlap one in train"):
        check_leakage(dataset, [0], [1], apart=None)
    check_leakage(dataset, [0], [1], apart=None, allow=("overlap",))


# Pure noise.


class Memory:
    """Classifier that knows its training windows by heart, and finds those that overlap."""

    def __init__(self, X, y):
        self.X, self.y = X, y

    def score(self, X, y):
        best = np.full((len(X), len(self.X)), -np.inf)
        for lag in range(0, N_TIMES, round(SFREQ / 4)):
            for one, other in ((X, self.X), (self.X, X)):
                late = one[..., lag:].reshape(len(one), -1)
                early = other[..., : N_TIMES - lag].reshape(len(other), -1)
                alike = late @ early.T
                best = np.maximum(best, alike if one is X else alike.T)
        return float((self.y[best.argmax(axis=1)] == y).mean())


def scores_of(protocol, seed):
    dataset = noise(seed, people=3 if protocol == "subject" else 1)
    if protocol == "validation":
        inputs = as_inputs(dataset)
        by = validation_groups(inputs, None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SplitWarning)
            parts = [hold_out(0.25, dataset.y, by, seed, True, timeline_of_rows(inputs))]
    else:
        groups = "subject" if protocol == "subject" else None
        parts = list(crossval.folds(dataset, 3, groups, seed))
    return np.mean(
        [
            Memory(dataset.X[train], dataset.y[train]).score(dataset.X[test], dataset.y[test])
            for train, test in parts
        ]
    )


@pytest.mark.parametrize("protocol", ["cross-validation", "validation", "subject"])
def test_noise_scores_at_chance_over_twenty_draws(protocol):
    found = np.array([scores_of(protocol, seed) for seed in range(20)])
    error = found.std(ddof=1) / np.sqrt(20)
    assert abs(found.mean() - 0.5) < 2.1 * error  # Student's t with 19 degrees of freedom


def test_shuffled_windows_of_noise_score_far_above_chance():
    """The classifier above finds a leak if there is one."""
    dataset = noise(0)
    train, test = next(KFold(3, shuffle=True, random_state=0).split(dataset.X))
    leaked = Memory(dataset.X[train], dataset.y[train])
    assert leaked.score(dataset.X[test], dataset.y[test]) > 0.8


@pytest.mark.slow
def test_training_on_noise_scores_at_chance_in_all_protocols(tmp_path):
    """`eegzoo train` and `fit(validation=)` of the issue that this guards against: .80 and .86."""
    scores = []
    for seed in range(3):
        with pytest.warns(SplitWarning):
            fitted = EEGClassifier(
                "eegnet_4_2", random_state=seed, validation=0.25, max_epochs=20
            ).fit(noise(seed))
        scores.append(max(row["valid_score"] for row in fitted.history_))
    assert np.mean(scores) < 0.7  # the best of 20 epochs
