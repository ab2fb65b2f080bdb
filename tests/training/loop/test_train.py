"""The loop does what its settings say, against a plain loop and worked numbers."""

import copy
import math
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import LeaveOneGroupOut, PredefinedSplit
from skorch.callbacks import Callback
from torch import nn

from eegzoo.layers import NormConstraint
from eegzoo.models import EEGNet, create_model
from eegzoo.training import EEGClassifier
from eegzoo.training.augmentation.mixup import Mixup
from eegzoo.training.callbacks.learning_rate import lr_factor
from eegzoo.training.inputs.training_set import Batch, TrainingSet
from eegzoo.training.loop.loss import WeightedLoss
from eegzoo.training.loop.plan import TrainingPlan
from eegzoo.training.loop.run_options import RunOptions
from eegzoo.training.loop.train import train
from eegzoo.training.parallel.processes import ProcessInfo
from eegzoo.training.recipe import RECIPES, SETTINGS, Recipe, find_recipe
from eegzoo.training.targets.targets import Classes

RNG = np.random.default_rng(0)
Y = np.arange(32) % 2
X = RNG.normal(0, 10, (32, 3, 128)).astype(np.float32)
X[np.arange(32), 2 * Y] += 30 * np.sin(np.pi / 3.2 * np.arange(128) + RNG.uniform(0, 6, (32, 1)))
PARAMS = {"F1": 2, "D": 2}


def make_classifier(model="eegnet", **changes):
    settings = {"recipe": "plain", "max_epochs": 3, "batch_size": 8, "random_state": 0}
    if model == "eegnet":
        settings |= {"sfreq": 64, "model_params": PARAMS}
    return EEGClassifier(model, **{**settings, **changes})


def weights_of(classifier):
    return {name: value.clone() for name, value in classifier.model_.named_parameters()}


class Watch(Callback):
    """Note the batches and learning rates of each step, and the weights after it."""

    def __init__(self):
        self.batches, self.rates, self.weights, self.gradients = [], [], [], []
        self.losses = []

    def on_batch_end(self, net, batch, loss, **_):
        self.losses.append(float(loss))
        self.batches.append(batch)
        self.rates.append([group["lr"] for group in net.optimizer_.param_groups])
        self.weights.append([weight.detach().clone() for weight in net.module_.parameters()])
        self.gradients.append([weight.grad.clone() for weight in net.module_.parameters()])


class Poison(Callback):
    """Make a weight NaN after a step."""

    def __init__(self, step):
        self.step, self.n_steps = step, 0

    def on_batch_end(self, net, **_):
        self.n_steps += 1
        if self.n_steps == self.step:
            with torch.no_grad():
                next(net.module_.parameters()).fill_(math.nan)


class OverWindows(nn.Module):
    """Batch normalisation of features, so that a batch of one window has no variance."""

    def __init__(self, n_outputs):
        super().__init__()
        self.layers = nn.Sequential(
            nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.LazyBatchNorm1d(), nn.LazyLinear(n_outputs)
        )

    def forward(self, x):
        return self.layers(x)


# Steps.


@pytest.mark.parametrize("class_weight", [None, {0: 3.0, 1: 1.0}])
def test_the_steps_are_those_of_a_plain_loop(class_weight):
    watch = Watch()
    model = EEGNet(3, 128, 2, sfreq=64, **PARAMS, drop_prob=0.0)
    classifier = make_classifier(
        model, lr=0.01, warmup=0.25, weight_decay=0.1, clip_norm=0.5, callbacks=[watch],
        class_weight=class_weight,
    )  # fmt: skip
    classifier.fit(X, Y)
    twin = copy.deepcopy(model).train()
    optimizer = torch.optim.AdamW(twin.parameters(), lr=0.01, weight_decay=0.1)
    weight = torch.tensor([3.0, 1.0]) if class_weight else None
    for number, batch in enumerate(watch.batches):
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * lr_factor(number, len(watch.batches), 0.25)
        optimizer.zero_grad()
        loss = F.cross_entropy(twin(batch.x), batch.y, weight=weight)
        assert watch.losses[number] == pytest.approx(loss.item(), rel=1e-4)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.5)
        optimizer.step()
        # What a later normalisation takes away has gradients of rounding alone.
        ours = dict(zip(dict(twin.named_parameters()), watch.weights[number], strict=True))
        for name in ("head.weight", "head.bias", "separable.0.weight"):
            theirs = twin.get_parameter(name).detach()
            torch.testing.assert_close(ours[name], theirs, rtol=1e-3, atol=1e-5)
    losses = [row["train_loss"] for row in classifier.history_]
    assert len(losses) == 3
    assert losses[2] < losses[0]


def test_clipped_gradients_have_the_norm_that_was_asked_for():
    watch = Watch()
    make_classifier(clip_norm=1e-3, callbacks=[watch]).fit(X, Y)
    for gradients in watch.gradients:
        total = torch.stack([gradient.norm() for gradient in gradients]).norm()
        assert total <= 1.001e-3
    free = Watch()
    make_classifier(clip_norm=0.0, callbacks=[free]).fit(X, Y)
    assert torch.stack([gradient.norm() for gradient in free.gradients[0]]).norm() > 1e-2


def test_parts_keep_their_ratio_of_learning_rates_along_the_schedule():
    watch = Watch()
    make_classifier(layer_decay=0.5, warmup=0.5, lr=0.1, callbacks=[watch]).fit(X, Y)
    assert len(watch.rates) == 12
    for number, rates in enumerate(watch.rates):
        height = 0.1 * lr_factor(number, 12, 0.5)
        np.testing.assert_allclose(rates, [height * 0.5**depth for depth in range(len(rates))])


def test_mixup_mixes_windows_and_their_losses():
    torch.manual_seed(0)
    x, y = torch.randn(6, 2, 8), torch.tensor([0, 1, 0, 1, 1, 0])
    weight = torch.tensor([1.0, 2.0, 1.0, 0.5, 1.0, 3.0])
    _, *mixed = Mixup(1.0).mix(x)
    outputs = torch.randn(6, 2)
    batch = Batch(x, y, weight, None, float(weight.sum()))
    loss = WeightedLoss(Classes(np.arange(2)).loss, ProcessInfo())(outputs, batch, mixed)
    expected = 0.0
    for i in range(6):
        j, share = int(mixed[0][i]), float(mixed[1][i])
        log = outputs[i].double().log_softmax(0)
        expected -= share * weight[i] * log[y[i]] + (1 - share) * weight[j] * log[y[j]]
    torch.testing.assert_close(loss.double(), expected / weight.sum().double())


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision_learns_what_float32_learns(precision):
    inside = []

    class Peek(Callback):
        def on_batch_end(self, net, **_):
            inside.append(net.scaler_.is_enabled())

    half = make_classifier(precision=precision, max_epochs=15, lr=0.01, callbacks=[Peek()])
    whole = make_classifier(max_epochs=15, lr=0.01).fit(X, Y)
    half.fit(X, Y)
    assert set(inside) == {precision == "float16"}
    assert all(weight.dtype == torch.float32 for weight in half.model_.parameters())
    assert half.history_ != whole.history_
    losses = [fitted.history_[-1]["train_loss"] for fitted in (half, whole)]
    assert losses[0] == pytest.approx(losses[1], rel=0.1)
    assert half.score(X, Y) >= whole.score(X, Y) - 0.1


def test_augmentations_are_applied_in_training_alone():
    plain, flipped = (
        make_classifier(augment=augment, model_params={**PARAMS, "drop_prob": 0.0}).fit(X, Y)
        for augment in ((), ("sign_flip", "channel_dropout"))
    )
    assert plain.history_ != flipped.history_
    first = flipped.predict_proba(X)
    np.testing.assert_array_equal(first, flipped.predict_proba(X))


# What is kept.


def test_the_moving_average_is_that_of_the_steps():
    watch = Watch()
    classifier = make_classifier(ema=0.8, callbacks=[watch]).fit(X, Y)
    average = [weight.double() for weight in watch.weights[0]]
    for weights in watch.weights[1:]:
        average = [0.8 * a + 0.2 * w for a, w in zip(average, weights, strict=True)]
    layers = dict(classifier.model_.named_modules())
    for (name, ours), expected in zip(weights_of(classifier).items(), average, strict=True):
        if isinstance(layers[name.rpartition(".")[0]], NormConstraint):
            continue  # projected at the end
        torch.testing.assert_close(ours.double(), expected, rtol=1e-5, atol=1e-6)


def test_the_weights_of_the_best_epoch_are_kept():
    watch, after = Watch(), []

    class Epochs(Callback):
        def on_epoch_end(self, net, **_):
            after.append([weight.clone() for weight in watch.weights[-1]])

    y = np.random.default_rng(1).permutation(Y)  # nothing to learn: the loss soon grows
    classifier = make_classifier(
        validation=0.25, lr=0.02, max_epochs=12, callbacks=[watch, Epochs()]
    ).fit(X, y)
    losses = [row["valid_loss"] for row in classifier.history_]
    best = int(np.argmin(losses))
    assert best < 11
    assert classifier.best_epoch_ == best + 1
    layers = dict(classifier.model_.named_modules())
    for (name, ours), expected in zip(weights_of(classifier).items(), after[best], strict=True):
        if not isinstance(layers[name.rpartition(".")[0]], NormConstraint):
            torch.testing.assert_close(ours, expected)


def test_patience_ends_the_training():
    y = np.random.default_rng(1).permutation(Y)
    settings = {"validation": 0.25, "lr": 0.02, "max_epochs": 30}
    stopped = make_classifier(**settings, patience=3).fit(X, y)
    losses = [row["valid_loss"] for row in stopped.history_]
    assert len(losses) < 30
    assert np.argmin(losses) == len(losses) - 1 - 3
    never = make_classifier(**settings).fit(X, y)
    assert len(never.history_) == 30
    assert never.history_[: len(losses)] == stopped.history_


def test_the_validation_loss_is_that_of_the_predictions():
    held = np.arange(32) % 4 == 0
    split = PredefinedSplit(np.where(held, 0, -1))
    classifier = make_classifier(
        validation=split, max_epochs=1, crop_length=64, n_crops=5, normalize="whiten",
        random_state=1,
    ).fit(X, Y)  # fmt: skip
    probabilities = classifier.predict_proba(X[held]).astype(np.float64)
    row = classifier.history_[0]
    # The statistics of batch normalisation are of other crops.
    expected = -np.log(probabilities[np.arange(8), Y[held]]).mean()
    assert row["valid_loss"] == pytest.approx(expected, rel=0.05)
    assert row["valid_score"] == pytest.approx(classifier.score(X[held], Y[held]), abs=0.13)
    np.testing.assert_allclose(
        classifier.normalizer_.mean, X[~held].mean((0, 2)), rtol=1e-3, atol=1e-3
    )


def test_validation_does_not_wait_for_running_statistics():
    """They lag behind the weights: after an epoch they are nearly those of the start."""
    held = np.arange(32) % 4 == 0
    split = PredefinedSplit(np.where(held, 0, -1))
    classifier = make_classifier(
        validation=split, max_epochs=8, lr=0.02, normalize="none", random_state=1
    ).fit(X, Y)
    losses = [row["valid_loss"] for row in classifier.history_]
    assert losses == sorted(losses, reverse=True)  # statistics that lag make it rise at first


def test_the_order_of_windows_follows_the_seed_and_the_epoch():
    orders = []
    for seed in (0, 1):
        watch = Watch()
        make_classifier(max_epochs=2, random_state=seed, callbacks=[watch]).fit(X, Y)
        sums = [float(batch.x.sum()) for batch in watch.batches]
        orders += [sums[:4], sums[4:]]
    assert len({tuple(sums) for sums in orders}) == 4


def test_validation_keeps_groups_together():
    kept = []
    groups = np.repeat(np.arange(8), 4)

    class Watching(LeaveOneGroupOut):
        def split(self, X, y, groups):
            kept.append(groups)
            return super().split(X, y, groups)

    make_classifier(validation=Watching()).fit(X, Y, groups=groups)
    np.testing.assert_array_equal(kept[0], groups)


# NaN.


def test_a_loss_that_is_not_finite_stops_with_the_last_good_weights():
    whole = make_classifier(max_epochs=3).fit(X, Y)
    poisoned = make_classifier(max_epochs=3, callbacks=[Poison(step=10)])
    with pytest.warns(ConvergenceWarning, match=r"nan in step 11: the weights of epoch 2 are kept"):
        poisoned.fit(X, Y)
    assert poisoned.history_ == whole.history_[:2]
    assert np.isfinite(poisoned.predict_proba(X)).all()
    assert all(weight.isfinite().all() for weight in poisoned.model_.state_dict().values())


def test_weights_that_become_nan_in_an_epochs_last_step_are_not_kept():
    poisoned = make_classifier(max_epochs=3, callbacks=[Poison(step=8)])
    with pytest.warns(ConvergenceWarning, match="in step 9: the weights of epoch 1 are kept"):
        poisoned.fit(X, Y)
    assert np.isfinite(poisoned.predict_proba(X)).all()


def test_a_loss_that_is_not_finite_at_once_raises():
    classifier = make_classifier(lr=1e30)
    with pytest.raises(
        ValueError, match=r"expected finite losses .*, got nan .* is lr small enough"
    ):
        classifier.fit(X, Y)
    assert not hasattr(classifier, "model_")


def test_weights_that_are_not_finite_after_the_only_epoch_raise():
    classifier = make_classifier(max_epochs=1, callbacks=[Poison(step=4)])
    with pytest.raises(ValueError, match="weights that are not in the first epoch"):
        classifier.fit(X, Y)


def test_the_best_weights_win_over_the_last_good_ones():
    classifier = make_classifier(
        validation=0.25, max_epochs=20, lr=0.02, callbacks=[Poison(step=40)]
    )
    y = np.random.default_rng(1).permutation(Y)
    with pytest.warns(ConvergenceWarning, match="the weights of epoch") as caught:
        classifier.fit(X, y)
    best = 1 + int(np.argmin([row["valid_loss"] for row in classifier.history_]))
    assert f"the weights of epoch {best} are kept" in str(caught[0].message)


@pytest.mark.parametrize(("n_windows", "batch_size"), [(2, 1), (3, 2)])
def test_batch_normalisation_of_one_window_raises_with_what_to_do(n_windows, batch_size):
    windows, y = np.random.default_rng(0).normal(0, 10, (3, 3, 512)), np.array([0, 1, 1])
    classifier = EEGClassifier(
        OverWindows, sfreq=64, recipe="plain", batch_size=batch_size, max_epochs=1, random_state=0
    )
    message = f"at least two windows in each batch.* larger batch_size than {batch_size}, or more"
    with pytest.raises(ValueError, match=message):
        classifier.fit(windows[:n_windows], y[:n_windows])
    with pytest.raises(ValueError, match="or more windows than 1"):
        classifier.partial_fit(windows[:1], y[:1], classes=[0, 1])


# The settings.


ON_ANY_WINDOWS = [
    name for name, recipe in RECIPES.items() if recipe.sampler is None and recipe.trains != "lora"
]


@pytest.mark.parametrize("name", ON_ANY_WINDOWS)
def test_a_recipe_trains_and_its_settings_can_be_overruled(name):
    classifier = EEGClassifier("eegnet", sfreq=64, recipe=name, max_epochs=1, lr=0.5)
    settings = classifier.settings()
    assert (settings.max_epochs, settings.lr) == (1, 0.5)
    for setting in set(SETTINGS) - {"max_epochs", "lr"}:
        assert getattr(settings, setting) == getattr(find_recipe(name), setting)
    assert len(classifier.fit(X, Y).history_) == 1


def test_every_setting_is_an_argument_whose_none_is_the_recipes():
    parameters = EEGClassifier().get_params()
    assert set(SETTINGS) < set(parameters)
    assert all(parameters[setting] is None for setting in SETTINGS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipe": "large"}, "one of 'small', .*'cbramod', got 'large'"),
        ({"warmup": 1.5}, "expected warmup"),
        ({"clip_norm": -1.0}, "expected clip_norm"),
        ({"ema": 1.0}, "expected ema to be below 1"),
        ({"ema": -0.1}, "expected ema"),
        ({"validation": 1.0}, "expected validation to be below 1"),
        ({"validation": "0.2"}, "expected validation"),
        ({"patience": 3}, "expected validation with patience, got patience 3"),
        ({"patience": -1, "validation": 0.2}, "expected patience"),
        ({"precision": "half"}, "expected precision"),
        ({"augment": "mixup"}, "expected augment to be a sequence"),
        ({"augment": ("mixap",)}, "unknown augmentation 'mixap'; did you mean 'mixup'"),
        ({"crop_length": "third"}, "expected crop_length to be one of 'half', 'whole'"),
        ({"class_weight": "equal"}, "expected class_weight to be 'balanced' or a mapping"),
        ({"class_weight": {7: 1.0}}, r"in y, \[0, 1\], got it also for \[7\]"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_raise_by_name(changes, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make_classifier(**changes).fit(X, Y)


def test_half_a_window_that_is_too_short_for_a_model_becomes_a_whole_one():
    long = np.concatenate([X, X, X, X], axis=2)
    classifier = EEGClassifier("deep_convnet", sfreq=250, max_epochs=1, random_state=0)
    assert classifier.fit(long, Y).model_.n_times == 512
    with pytest.raises(ValueError, match="expected n_times of at least"):
        classifier.set_params(crop_length="half").fit(long, Y)


def test_epochs_do_not_depend_on_how_the_training_is_cut():
    """Each epoch seeds its generators itself: what is drawn elsewhere changes nothing."""
    data = TrainingSet(torch.from_numpy(X / 10), torch.from_numpy(Y), torch.ones(32))
    recipe = Recipe(**{**vars(RECIPES["plain"]), "max_epochs": 2})
    ends = []
    for noise in (0, 1):
        torch.manual_seed(0)
        model = create_model("eegnet", n_chans=3, n_times=128, n_outputs=2, sfreq=64, **PARAMS)
        torch.rand(noise)
        options = RunOptions("cpu", "float32", False, 0, ())
        with torch.random.fork_rng():
            train(TrainingPlan(model, data, Classes(np.arange(2)), recipe, options, 128, 5))
        ends.append(model.state_dict())
    torch.testing.assert_close(ends[0], ends[1], rtol=0, atol=0)


def test_nothing_is_printed_or_warned_without_being_asked(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_classifier(ema=0.9, validation=0.25, patience=2).fit(X, Y)
    assert capsys.readouterr() == ("", "")
