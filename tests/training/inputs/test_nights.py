"""Nights become batches of consecutive windows, and the state is carried from batch to batch."""

import itertools

import numpy as np
import pytest
import torch

from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording, Sequences, simulate_night
from eegzoo.training import EEGClassifier, EEGRegressor, NightSampler
from eegzoo.training.inputs.nights import NightBatches, WholeNights
from eegzoo.training.inputs.training_set import TrainingSet
from eegzoo.training.loop.net import Steps
from eegzoo.training.loop.plan import TrainingPlan
from eegzoo.training.parallel.processes import ProcessInfo
from eegzoo.training.recipe import RECIPES

N_TIMES = 10


def numbered(*lengths, shuffled=False):
    """Return nights whose signal counts samples: 1000 * night + sample."""
    nights = [1000 * (k + 1) + np.arange(n * N_TIMES) for k, n in enumerate(lengths)]
    X = np.concatenate([night.reshape(-1, 1, N_TIMES) for night in nights]).astype(np.float32)
    X = np.concatenate([X, -X], axis=1)  # two channels
    starts = np.cumsum([0, *lengths])
    runs = [np.arange(a, b) for a, b in itertools.pairwise(starts)]
    y = np.arange(len(X))
    if shuffled:
        order = np.random.default_rng(0).permutation(len(X))
        place = np.argsort(order)
        X, y, runs = X[order], y[order], [place[run] for run in runs]
    return TrainingSet(
        torch.from_numpy(X), torch.from_numpy(y), torch.ones(len(X)),
        runs=tuple(torch.from_numpy(run) for run in runs),
    )  # fmt: skip


def followed(batches):
    """Return the windows and the labels of each sequence, joined along the carried states."""
    done, before = [], []
    for batch in batches:
        rows = [
            (batch.x[k, : batch.lengths[k]], batch.y[k, : batch.lengths[k]])
            for k in range(len(batch))
        ]
        assert batch.total == batch.weight.sum() == batch.lengths.sum()
        assert not batch.x[torch.arange(batch.x.shape[1]) >= batch.lengths[:, None]].any()
        if batch.carried is None:
            done += before
            before = [[row] for row in rows]
        else:
            ended = set(range(len(before))) - set(batch.carried.tolist())
            done += [before[k] for k in sorted(ended)]
            before = [[*before[k], row] for k, row in zip(batch.carried, rows, strict=True)]
    done += before
    return [(torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts])) for parts in done]


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("batch_size", [1, 2, 5])
@pytest.mark.parametrize("length", [1, 3, 20])
def test_each_window_is_used_once_in_the_order_of_its_night(shuffled, batch_size, length):
    data = numbered(7, 1, 4, 9, shuffled=shuffled)
    batches = NightBatches(data, batch_size, NightSampler(length))
    nights = followed(batches)
    assert sorted(len(x) for x, _ in nights) == [1, 4, 7, 9]
    for x, y in nights:
        signal = x[:, 0].flatten()
        assert (signal.diff() == 1).all()
        assert (y.diff() == 1).all()
        assert x[:, 1].equal(-x[:, 0])
    assert sorted(torch.cat([y for _, y in nights]).tolist()) == list(range(21))
    assert len(list(batches)) <= len(batches)


def test_a_pass_draws_another_order_from_the_generator_alone():
    batches = NightBatches(numbered(*[3] * 12), 4, NightSampler(3, max_skip=2, max_shift=0.3))
    passes = []
    for seed in (0, 0, 1):
        batches.generator.manual_seed(seed)
        passes.append([batch.x for batch in batches])
        torch.rand(1)
    assert all(a.equal(b) for a, b in zip(passes[0], passes[1], strict=True))
    assert not all(a.equal(b) for a, b in zip(passes[0], passes[2], strict=False))


@pytest.mark.parametrize("shuffled", [False, True])
def test_windows_skip_and_shift_as_the_authors_roll_them(shuffled):
    """The authors roll the flat night by an offset, drop the window that wraps, then skip."""
    n_windows = 12
    data = numbered(n_windows, shuffled=shuffled)
    flat = 1000 + np.arange(n_windows * N_TIMES)
    batches = NightBatches(data, 1, NightSampler(5, max_skip=4, max_shift=0.5))
    seen = set()
    for seed in range(60):
        batches.generator.manual_seed(seed)
        ((x, y),) = followed(batches)
        offset = int(y[0]) * N_TIMES + 1000 - int(x[0, 0, 0])  # how much earlier windows begin
        rolled = np.roll(flat, offset).reshape(n_windows, N_TIMES)
        labels = np.arange(n_windows)
        if offset > 0:
            rolled, labels = rolled[1:], labels[1:]
        if offset < 0:
            rolled, labels = rolled[:-1], labels[:-1]
        skip = len(labels) - len(y)
        np.testing.assert_array_equal(x[:, 0].numpy(), rolled[skip:])
        np.testing.assert_array_equal(y.numpy(), labels[skip:])
        seen.add((offset, skip))
    assert {offset for offset, _ in seen} == set(range(-4, 5))
    assert {skip for _, skip in seen} == set(range(5))


def test_validation_takes_whole_nights():
    nights = list(WholeNights(numbered(3, 5, shuffled=True)))
    assert [tuple(batch.x.shape) for batch in nights] == [(1, 3, 2, 10), (1, 5, 2, 10)]
    assert [batch.y.tolist() for batch in nights] == [[0, 1, 2], [3, 4, 5, 6, 7]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "sequence_length"),
        ((20, -1), "max_skip"),
        ((20, 0, 1.0), "max_shift to be below 1"),
        ((20, 0, -0.1), "max_shift"),
    ],
)
def test_other_settings_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        NightSampler(*arguments)


@pytest.fixture(scope="module")
def nights():
    recordings = [
        Recording(
            simulate_night(hours, ch_names=("Fpz-Cz",), sfreq=64, random_state=seed), f"S{seed}"
        )
        for seed, hours in enumerate((0.25, 0.1, 0.2))
    ]
    return EpochsDataset.from_recordings(recordings, Preprocessing([Epoch(0, seconds=30)]))


def make(**changes):
    settings = {
        "recipe": "tinysleepnet", "max_epochs": 2, "validation": 0.0, "patience": 0, "lr": 1e-3,
        "model_params": {"n_filters": 4, "hidden_size": 6}, "random_state": 0, "device": "cpu",
    }  # fmt: skip
    return EEGClassifier("tinysleepnet", **{**settings, **changes})


def test_the_state_is_carried_over_the_batches_of_a_night(nights, monkeypatch):
    """Without dropout and learning, the outputs of the batches are those of the whole night."""
    quiet = {"n_filters": 4, "hidden_size": 6, "drop_prob": 0.0, "batch_statistics": False}
    sampler = NightSampler(sequence_length=4)
    seen = []
    step = Steps.train_step_single

    def watched(self, batch, **known):
        done = step(self, batch, **known)
        seen.append((batch, done["y_pred"].detach()))
        return done

    monkeypatch.setattr(Steps, "train_step_single", watched)
    classifier = make(model_params=quiet, max_epochs=1, lr=1e-30, sampler=sampler).fit(nights)
    trained = {}
    state = []
    for batch, outputs in seen:
        paths = [[]] * len(batch) if batch.carried is None else [state[k] for k in batch.carried]
        state = [
            [*path, (batch.x[k, :n], outputs[k, :n])]
            for k, (path, n) in enumerate(zip(paths, batch.lengths, strict=True))
        ]
        for path in state:
            trained[float(path[0][0][0, 0, 0])] = path
    assert len(trained) == 3
    for path in trained.values():
        night = torch.cat([x for x, _ in path])
        with torch.no_grad():
            expected = classifier.model_(night[None])[0]
        torch.testing.assert_close(torch.cat([o for _, o in path]), expected, rtol=0, atol=1e-5)


def test_windows_and_sequences_of_nights_train_the_same_model(nights):
    sequences = Sequences.of(nights, None)
    assert sequences.X.shape[:2] == (3, 30)
    one = make().fit(nights.subset(np.random.default_rng(0).permutation(len(nights))))
    other = make(sfreq=64).fit(sequences.X, sequences.y, mask=sequences.mask)
    assert one.is_sequential_
    assert other.is_sequential_
    for name, weight in one.model_.state_dict().items():
        torch.testing.assert_close(weight, other.model_.state_dict()[name], msg=name)


def test_windows_that_do_not_count_are_context(nights):
    weight = np.ones(len(nights))
    weight[3:9] = 0
    changed = nights.labels.copy()
    changed[3:9] = changed[0]
    one = make().fit(nights, sample_weight=weight)
    other = make().fit(nights, changed, sample_weight=weight)
    without = make().fit(nights.subset(np.flatnonzero(weight)))
    for name, value in one.model_.state_dict().items():
        torch.testing.assert_close(value, other.model_.state_dict()[name], rtol=0, atol=0)
    assert not torch.equal(one.model_.head.weight, without.model_.head.weight)


def test_validation_holds_out_whole_recordings_and_training_resumes(nights, tmp_path):
    classifier = make(validation=0.3, patience=5, checkpoint=tmp_path).fit(nights)
    assert all(np.isfinite(row["valid_loss"]) for row in classifier.history_)
    again = make(validation=0.3, patience=5, checkpoint=tmp_path).fit(nights)
    assert again.history_ == classifier.history_


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop_length": "half"}, "expected crop_length 'whole' with sampler"),
        ({"augment": ("mixup",)}, "expected no mixup with sampler"),
        ({"conv_l2": -1.0}, "conv_l2"),
        ({"sampler": 20}, "expected sampler to be a NightSampler or BlockSampler, got 20"),
    ],
)
def test_settings_that_do_not_go_with_nights_raise(nights, changes, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make(**changes).fit(nights)


def test_models_without_a_state_are_refused(nights):
    with pytest.raises(ValueError, match=r"carries a state .* with sampler, got USleep"):
        EEGClassifier(
            "usleep", recipe="tinysleepnet", max_epochs=1, validation=0.0, patience=0
        ).fit(nights)


def test_windows_without_onsets_are_refused(nights):
    with pytest.raises(ValueError, match="whose onsets tell which windows are consecutive"):
        make(sfreq=64).fit(nights.X, nights.labels)


def test_a_single_sequence_cannot_be_divided_for_validation(nights):
    one = Sequences.of(nights.subset(np.arange(10)), None)
    with pytest.raises(
        ValueError, match=r"at least two windows, or sequences, .* got 1: train with"
    ):
        make(sfreq=64, validation=0.1).fit(one.X, one.y, mask=one.mask)
    assert make(validation=0.1).fit(nights.subset(np.arange(30))).is_sequential_  # parts of one


def test_numbers_are_learnt_from_nights(nights):
    regressor = EEGRegressor(
        "tinysleepnet", recipe="tinysleepnet", max_epochs=1, random_state=0, device="cpu",
        model_params={"n_filters": 4, "hidden_size": 6},
    ).fit(nights, np.arange(len(nights), dtype=float))  # fmt: skip
    assert np.isfinite(regressor.history_[0]["valid_loss"])
    assert regressor.predict(nights).shape == (len(nights),)


def test_another_network_with_a_memory_is_trained_on_nights(nights):
    classifier = EEGClassifier(
        "deepsleepnet", recipe="tinysleepnet", max_epochs=1, validation=0.0, patience=0,
        random_state=0, device="cpu", model_params={"n_filters": 4, "hidden_size": 4},
    ).fit(nights)  # fmt: skip
    assert classifier.predict(nights).shape == (len(nights),)


def test_passes_over_nights_continue_each_other(nights):
    classes = ["N1", "N2", "N3", "R", "W"]
    classifier = make(max_epochs=None).partial_fit(nights, classes=classes)
    before = classifier.model_.head.weight.clone()
    assert not classifier.partial_fit(nights).model_.head.weight.equal(before)
    assert classifier.is_sequential_


def test_several_processes_are_refused():
    plan = TrainingPlan(
        None, numbered(3), None, RECIPES["tinysleepnet"], None, N_TIMES, 0,
        process=ProcessInfo(0, 2),
    )  # fmt: skip
    with pytest.raises(ValueError, match="expected one process with sampler, got 2"):
        _ = plan.batches
