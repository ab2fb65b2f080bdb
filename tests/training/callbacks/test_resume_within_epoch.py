"""A training that ends within an epoch resumes at the step after its checkpoint, bit for bit."""

import itertools

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, LRScheduler

from eegzoo.data.windows.lazy_windows import Windows
from eegzoo.training import BlockSampler, EEGClassifier, NightSampler
from eegzoo.training.inputs.crops import RandomCrops
from eegzoo.training.inputs.nights import NightBatches
from eegzoo.training.inputs.person_batches import PersonBatches
from eegzoo.training.inputs.training_set import TrainingSet

N_STEPS = 6
X = np.random.default_rng(0).normal(0, 20, (N_STEPS * 8, 3, 64)).astype(np.float32)
Y = np.arange(len(X)) % 2


class EndError(RuntimeError):
    pass


class EndAt(Callback):
    """EndError the training at a step, counted over its life, as a lost machine does."""

    def __init__(self, step):
        self.step, self.n_steps_, self.seen = step, 0, []

    def on_epoch_begin(self, net, **_):
        self.in_epoch_ = 0

    def on_batch_end(self, net, training=True, **_):
        if training:
            self.n_steps_ += 1
            self.in_epoch_ += 1
            self.seen.append((len(net.history), self.in_epoch_))
            if self.n_steps_ == self.step:
                raise EndError


def fit(folder, end=None, **changes):
    settings = {
        "sfreq": 64, "recipe": "plain", "max_epochs": 2, "batch_size": 8, "random_state": 0,
        "model_params": {"F1": 2, "D": 1}, "checkpoint": folder,
    }  # fmt: skip
    watch = EndAt(end)
    groups = changes.pop("groups", None)
    estimator = EEGClassifier("eegnet", callbacks=[watch], **{**settings, **changes})
    try:
        estimator.fit(X, Y, groups=groups)
    except EndError:
        return None, watch
    return estimator, watch


def assert_equal(one, other):
    assert one.history_ == other.history_
    for name, value in one.model_.state_dict().items():
        torch.testing.assert_close(value, other.model_.state_dict()[name], rtol=0, atol=0)


@pytest.mark.parametrize(
    "changes",
    [
        {"augment": ("mixup", "channel_dropout"), "ema": 0.9, "warmup": 0.3, "clip_norm": 1.0},
        {"validation": 0.25, "precision": "float16", "crop_length": 48},
        {"sampler": BlockSampler(4, 24, n_lanes=4)},
        {"people_per_batch": 2, "groups": np.arange(len(X)) // 12},
        {"lr_scheduler": LRScheduler("StepLR", step_size=2, step_every="batch")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_training_ended_at_any_step_ends_as_if_it_had_not_been(tmp_path, changes):
    whole, _ = fit(None, **changes)
    for end in (3, 4, 8):  # after a checkpoint, before the next is written, in the second epoch
        ended, before = fit(tmp_path / str(end), end, checkpoint_every=2, **changes)
        assert ended is None
        resumed, after = fit(tmp_path / str(end), checkpoint_every=2, **changes)
        assert_equal(resumed, whole)
        # Steps after the last checkpoint are made again, and no others.
        place = before.seen.index(after.seen[0])
        assert before.seen[:place] + after.seen == after_whole(whole, after)
        assert end - place <= 2


def after_whole(whole, watch):
    n_steps = max(number for _, number in watch.seen)
    return list(itertools.product((1, 2), range(1, n_steps + 1)))


def test_a_training_ended_again_and_again_ends_the_same(tmp_path):
    whole, _ = fit(None)
    for end in (2, 5, 6, 8, 12):
        assert fit(tmp_path, end, checkpoint_every=1)[0] is None
    resumed, after = fit(tmp_path, checkpoint_every=5)  # is no setting of the training
    assert_equal(resumed, whole)
    assert after.seen == [(2, N_STEPS)]


def test_checkpoints_within_epochs_change_nothing(tmp_path):
    whole, _ = fit(None)
    with_some, _ = fit(tmp_path, checkpoint_every=1)
    assert_equal(with_some, whole)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_night_resumes_with_the_state_of_its_model(tmp_path):
    rng = np.random.default_rng(1)
    nights, stages = rng.normal(0, 20, (3, 8, 1, 100)).astype(np.float32), np.arange(24) % 2
    settings = {
        "sfreq": 100, "recipe": "plain", "max_epochs": 2, "batch_size": 2, "random_state": 0,
        "sampler": NightSampler(3, max_skip=1), "model_params": {"drop_prob": 0.5},
    }  # fmt: skip

    def train(folder, end=None):
        watch = EndAt(end)
        model = EEGClassifier(
            "tinysleepnet", callbacks=[watch], checkpoint=folder, checkpoint_every=1, **settings
        )
        try:
            return model.fit(nights, stages.reshape(3, 8))
        except EndError:
            return None

    whole = train(None)
    assert train(tmp_path, 2) is None
    assert train(tmp_path, 7) is None
    assert_equal(train(tmp_path), whole)


def batches_of(kind, data):
    if kind is NightBatches:
        return NightBatches(data, 2, NightSampler(2, max_skip=2))
    return kind(data, 8, 32, *((2,) if kind is PersonBatches else ()))


@pytest.mark.parametrize("kind", [RandomCrops, PersonBatches, NightBatches])
def test_skipped_batches_are_drawn_and_not_read(kind):
    read = []

    class Read(Windows):
        shape = X.shape

        def read(self, indices):
            read.append(len(indices))
            return X[indices]

    runs = tuple(torch.arange(len(X)).split([13, 9, 20, 6]))
    data = TrainingSet(
        Read(), torch.arange(len(X)), torch.ones(len(X)), people=torch.arange(len(X)) // 12,
        runs=runs if kind is NightBatches else None,
    )  # fmt: skip
    batches = batches_of(kind, data)
    batches.generator.manual_seed(0)
    whole = list(batches)
    for n_done in (0, 1, 4, len(whole)):
        batches.generator.manual_seed(0)
        batches.n_done = n_done
        read.clear()
        left = list(batches)
        assert len(left) == len(whole) - n_done
        for one, other in zip(left, whole[n_done:], strict=True):
            torch.testing.assert_close(one.x, other.x, rtol=0, atol=0)
            torch.testing.assert_close(one.y, other.y)
            assert (one.carried is None) == (other.carried is None)
        assert n_done == 0 or sum(read) <= sum(int((b.weight > 0).sum()) for b in left)
        assert batches.n_done == 0  # the next pass is whole


@pytest.mark.parametrize("every", [0, -1, 1.5])
def test_other_numbers_of_steps_raise(every):
    with pytest.raises((ValueError, TypeError), match="checkpoint_every"):
        EEGClassifier(checkpoint_every=every).check_parameters()
