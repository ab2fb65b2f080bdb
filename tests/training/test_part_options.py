"""Optimizer, criterion, schedule and callbacks are those of torch and skorch."""

import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from skorch.callbacks import Callback, EarlyStopping, LRScheduler, PrintLog
from torch import nn

from eegzoo.models import EEGNet
from eegzoo.training import EEGClassifier, EEGRegressor, FocalLoss

RNG = np.random.default_rng(0)
Y = np.arange(32) % 2
X = RNG.normal(0, 10, (32, 3, 128)).astype(np.float32)
X[np.arange(32), 2 * Y] += 30 * np.sin(np.pi / 3.2 * np.arange(128) + RNG.uniform(0, 6, (32, 1)))
PARAMS = {"F1": 2, "D": 2, "drop_prob": 0.0}


def make_classifier(**changes):
    settings = {
        "recipe": "plain", "max_epochs": 3, "batch_size": 8, "random_state": 0, "sfreq": 64,
        "model_params": PARAMS,
    }  # fmt: skip
    return EEGClassifier("eegnet", **{**settings, **changes})


class Watch(Callback):
    """Record batches, losses, learning rates, and the head's weight after each step."""

    def __init__(self):
        self.batches, self.losses, self.rates, self.heads = [], [], [], []

    def on_batch_end(self, net, batch, loss, training=True, **_):
        if training:
            self.batches.append(batch)
            self.losses.append(float(loss))
            self.rates.append(net.optimizer_.param_groups[0]["lr"])
            self.heads.append(net.module_.head.weight.detach().clone())


def weights_of(classifier):
    return classifier.model_.state_dict()


def assert_same(first, second):
    for name, weight in weights_of(first).items():
        torch.testing.assert_close(weight, weights_of(second)[name], rtol=0, atol=0)


# The optimizer.


def test_the_steps_are_those_of_the_given_optimizer():
    watch = Watch()
    model = EEGNet(3, 128, 2, 64, **PARAMS)
    classifier = EEGClassifier(
        model, recipe="plain", max_epochs=2, batch_size=8, random_state=0, lr=0.01,
        optimizer=torch.optim.SGD, optimizer__momentum=0.9, optimizer__nesterov=True,
        lr_scheduler=torch.optim.lr_scheduler.ConstantLR, lr_scheduler__factor=1.0,
        callbacks=[watch],
    ).fit(X, Y)  # fmt: skip
    assert isinstance(classifier, EEGClassifier)
    twin = pickle.loads(pickle.dumps(model)).train()
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.01, momentum=0.9, nesterov=True)
    for batch, head, loss in zip(watch.batches, watch.heads, watch.losses, strict=True):
        optimizer.zero_grad()
        expected = F.cross_entropy(twin(batch.x), batch.y)
        expected.backward()
        optimizer.step()
        assert loss == pytest.approx(expected.item(), rel=1e-4)
        torch.testing.assert_close(head, twin.head.weight.detach(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("optimizer", [torch.optim.Adagrad, torch.optim.RMSprop, torch.optim.NAdam])
def test_other_optimizers_train(optimizer):
    history = make_classifier(optimizer=optimizer, lr=0.01, max_epochs=8).fit(X, Y).history_
    assert history[-1]["train_loss"] < history[0]["train_loss"]


def test_an_optimizer_that_evaluates_the_loss_several_times_trains():
    fitted = make_classifier(
        optimizer=torch.optim.LBFGS, optimizer__max_iter=3, lr=1e-3, batch_size=32, max_epochs=3
    ).fit(X, Y)
    losses = [row["train_loss"] for row in fitted.history_]
    assert losses[2] < losses[0]


def test_layer_decay_holds_for_any_optimizer():
    class Groups(Callback):
        def on_train_begin(self, net, **_):
            self.rates = [group["lr"] for group in net.optimizer_.param_groups]

    groups = Groups()
    make_classifier(optimizer=torch.optim.SGD, layer_decay=0.5, callbacks=[groups]).fit(X, Y)
    assert len(set(groups.rates)) == len(groups.rates) > 1


# The criterion.


@pytest.mark.parametrize(
    ("criterion", "options", "loss_of"),
    [
        (None, {"criterion__label_smoothing": 0.2},
         lambda outputs, y: F.cross_entropy(outputs, y, label_smoothing=0.2)),
        (nn.CrossEntropyLoss, {}, F.cross_entropy),
        (nn.CrossEntropyLoss(label_smoothing=0.1), {},
         lambda outputs, y: F.cross_entropy(outputs, y, label_smoothing=0.1)),
        (nn.NLLLoss, {}, F.cross_entropy),
        (nn.MultiMarginLoss, {"criterion__margin": 0.5},
         lambda outputs, y: F.multi_margin_loss(outputs, y, margin=0.5)),
        (FocalLoss, {"criterion__gamma": 1.5}, FocalLoss(1.5)),
        (F.cross_entropy, {}, F.cross_entropy),
        (lambda outputs, y: F.cross_entropy(outputs, y, reduction="none"), {}, F.cross_entropy),
    ],
)  # fmt: skip
def test_the_loss_is_that_of_the_criterion(criterion, options, loss_of):
    watch = Watch()
    make_classifier(
        criterion=criterion, callbacks=[watch], max_epochs=1, batch_size=32, ema=0.0, **options
    ).fit(X, Y)
    torch.manual_seed(0)
    first = watch.batches[0]
    outputs = []

    class Look(Callback):
        def on_batch_end(self, net, y_pred, **_):
            outputs.append(y_pred.detach())

    make_classifier(
        criterion=criterion, callbacks=[Look()], max_epochs=1, batch_size=32, **options
    ).fit(X, Y)
    expected = loss_of(outputs[0].double(), first.y)
    assert watch.losses[0] == pytest.approx(expected.item(), rel=1e-5)


def test_probabilities_are_the_softmax_whatever_the_criterion():
    fitted = make_classifier(criterion=nn.NLLLoss).fit(X, Y)
    assert_same(fitted, make_classifier().fit(X, Y))
    probabilities = fitted.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities, make_classifier().fit(X, Y).predict_proba(X))


def test_windows_keep_their_weights_with_a_criterion():
    weight = np.where(Y == 1, 3.0, 1.0)
    ours = make_classifier().fit(X, Y, sample_weight=weight)
    theirs = make_classifier(criterion=nn.CrossEntropyLoss).fit(X, Y, sample_weight=weight)
    for name, value in weights_of(ours).items():
        torch.testing.assert_close(value, weights_of(theirs)[name], rtol=1e-4, atol=1e-5)


def test_mixup_mixes_the_losses_of_a_criterion():
    ours = make_classifier(augment=("mixup",)).fit(X, Y)
    theirs = make_classifier(augment=("mixup",), criterion=nn.CrossEntropyLoss).fit(X, Y)
    for name, value in weights_of(ours).items():
        torch.testing.assert_close(value, weights_of(theirs)[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("changes", [{"augment": ("mixup",)}, {"class_weight": "balanced"}])
def test_a_loss_of_one_number_cannot_be_weighted(changes):
    y = np.r_[Y[:-1], 0]
    classifier = make_classifier(criterion=F.cross_entropy, **changes)
    with pytest.raises(ValueError, match="expected criterion to return a loss for each window"):
        classifier.fit(X, y)


def test_a_criterion_is_copied():
    criterion = nn.CrossEntropyLoss()
    make_classifier(criterion=criterion).fit(X, Y)
    assert criterion.reduction == "mean"


def test_a_regressor_takes_a_criterion():
    y = X.std(axis=(1, 2))
    fitted = EEGRegressor(
        "eegnet", sfreq=64, recipe="plain", max_epochs=2, criterion=nn.HuberLoss,
        criterion__delta=0.5, random_state=0, model_params=PARAMS,
    ).fit(X, y)  # fmt: skip
    assert np.isfinite(fitted.predict(X)).all()


def test_a_model_of_several_labels_takes_a_criterion():
    labels = np.column_stack([Y, 1 - Y])
    default = make_classifier().fit(X, labels)
    given = make_classifier(criterion=nn.BCEWithLogitsLoss).fit(X, labels)
    for name, value in weights_of(default).items():
        torch.testing.assert_close(value, weights_of(given)[name], rtol=1e-4, atol=1e-5)


def test_what_cannot_be_called_is_no_criterion():
    with pytest.raises(TypeError, match="expected criterion to be"):
        make_classifier(criterion="cross_entropy").fit(X, Y)
    with pytest.raises(TypeError, match="expected a class as criterion with arguments"):
        make_classifier(criterion=F.cross_entropy, criterion__reduction="none").fit(X, Y)


# The schedule.


def test_the_learning_rate_follows_the_given_scheduler():
    watch = Watch()
    make_classifier(
        lr=0.1, max_epochs=4, lr_scheduler=torch.optim.lr_scheduler.StepLR,
        lr_scheduler__step_size=2, lr_scheduler__gamma=0.1, callbacks=[watch],
    ).fit(X, Y)  # fmt: skip
    np.testing.assert_allclose(watch.rates, np.repeat([0.1, 0.01], 8))


def test_skorchs_scheduler_is_taken_and_copied():
    watch = Watch()
    policy = torch.optim.lr_scheduler.ExponentialLR
    scheduler = LRScheduler(policy, gamma=0.5, step_every="batch")
    make_classifier(lr=0.1, max_epochs=1, lr_scheduler=scheduler, callbacks=[watch]).fit(X, Y)
    np.testing.assert_allclose(watch.rates, 0.1 * 0.5 ** np.arange(4))
    assert not hasattr(scheduler, "lr_scheduler_") or scheduler.lr_scheduler_ is None


def test_a_plateau_is_found_in_the_validation_loss():
    fitted = make_classifier(
        validation=0.25, max_epochs=6, lr=0.05, lr_scheduler="ReduceLROnPlateau",
        lr_scheduler__monitor="valid_loss", lr_scheduler__patience=0, lr_scheduler__threshold=10.0,
    ).fit(X, Y)  # fmt: skip
    rates = [row["lr"] for row in fitted.history_]
    assert rates[0] == pytest.approx(0.05)
    assert rates[-1] < rates[0]


# Callbacks.


def test_early_stopping_of_skorch_ends_the_training_and_the_classifier_pickles():
    stop = EarlyStopping(monitor="train_loss", patience=2, threshold=10.0, sink=str)
    fitted = make_classifier(
        callbacks=[stop], optimizer=torch.optim.SGD, optimizer__momentum=0.9, max_epochs=30
    ).fit(X, Y)
    assert len(fitted.history_) == 3
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.get_params()["optimizer__momentum"] == 0.9


def test_early_stopping_sees_the_validation():
    y = np.random.default_rng(1).permutation(Y)
    stop = EarlyStopping(patience=2, threshold=0.0, threshold_mode="abs", sink=str)
    settings = {"validation": 0.25, "lr": 0.02, "max_epochs": 30}
    theirs = make_classifier(callbacks=[stop], **settings).fit(X, y)
    ours = make_classifier(patience=2, **settings).fit(X, y)
    assert theirs.history_ == ours.history_
    assert_same(theirs, ours)


class Fake(Callback):
    """Record chosen values as a number of each epoch, in place of a metric."""

    def __init__(self, values):
        self.values = values

    def on_epoch_end(self, net, **_):
        net.history.record("metric", self.values[len(net.history) - 1])


@pytest.mark.parametrize(
    ("values", "lower_is_better", "n_epochs", "best"),
    [
        ([5, 3, 4, 4, 1], True, 4, 2),
        ([5, 6, 9, 8, 8], False, 5, 3),
        ([5, 4, 3, 2, 1], True, 5, 5),
        ([1, 2, 3, 4, 5], True, 3, 1),
    ],
)
def test_early_stopping_restores_the_best_weights_and_says_their_epoch(
    values, lower_is_better, n_epochs, best
):
    stop = EarlyStopping("metric", 2, lower_is_better=lower_is_better, sink=str)
    watch = Watch()
    fitted = make_classifier(callbacks=[watch, Fake(values), stop], max_epochs=5).fit(X, Y)
    assert len(fitted.history_) == n_epochs
    assert fitted.best_epoch_ == best
    n_steps = len(watch.heads) // n_epochs
    torch.testing.assert_close(
        fitted.model_.head.weight, watch.heads[best * n_steps - 1], rtol=1e-6, atol=1e-6
    )


def test_a_callback_that_stops_keeps_the_weights_of_its_epoch():
    class Stop(Callback):
        def on_epoch_end(self, net, **_):
            if len(net.history) == 2:
                raise KeyboardInterrupt

    watch = Watch()
    fitted = make_classifier(callbacks=[watch, Stop()], max_epochs=5).fit(X, Y)
    assert fitted.best_epoch_ == len(fitted.history_) == 2
    torch.testing.assert_close(fitted.model_.head.weight, watch.heads[-1], rtol=1e-6, atol=1e-6)


def test_without_early_stopping_the_best_epoch_is_the_last():
    fitted = make_classifier().fit(X, Y)
    assert fitted.best_epoch_ == 3
    assert fitted.partial_fit(X, Y).best_epoch_ == len(fitted.history_) == 4


def test_the_log_of_skorch_prints_each_epoch():
    printed = []
    make_classifier(callbacks=[PrintLog(sink=printed.append)], max_epochs=2).fit(X, Y)
    header, *rows = [line.split() for line in printed if line[0] != "-" and "---" not in line]
    assert header[:3] == ["epoch", "lr", "train_loss"]
    assert [row[0] for row in rows] == ["1", "2"]


def test_callbacks_see_windows_and_targets():
    seen = []

    class Unpack(Callback):
        def on_batch_end(self, net, batch, **_):
            x, y = batch
            seen.append((x.shape, y.shape))

    make_classifier(callbacks=[Unpack()], max_epochs=1).fit(X, Y)
    assert seen == [((8, 3, 128), (8,))] * 4


def test_numbers_that_callbacks_record_are_in_the_history():
    class Record(Callback):
        def on_epoch_end(self, net, **_):
            net.history.record("norm", float(net.module_.head.weight.detach().norm()))

    fitted = make_classifier(callbacks=[Record()]).fit(X, Y)
    assert all(row["norm"] > 0 for row in fitted.history_)


@pytest.mark.parametrize("kind", ["early_stopping", "scheduler"])
def test_a_resumed_training_restores_callbacks(tmp_path, kind):
    """One that is interrupted after an epoch ends as one that was not."""

    class Interrupt(Callback):
        def __init__(self, epoch):
            self.epoch = epoch

        def on_batch_begin(self, net, **_):
            if len(net.history) > self.epoch:
                raise RuntimeError("the power is out")

    held = PredefinedSplit(np.where(np.arange(32) % 4 == 0, 0, -1))
    y = np.random.default_rng(1).permutation(Y)
    settings = {"validation": held, "lr": 0.02, "max_epochs": 12}
    if kind == "early_stopping":
        extra = [EarlyStopping(patience=3, threshold=0.0, threshold_mode="abs", sink=str)]
    else:
        extra = []
        settings |= {
            "lr_scheduler": torch.optim.lr_scheduler.StepLR, "lr_scheduler__step_size": 2,
            "optimizer": torch.optim.SGD, "optimizer__momentum": 0.9,
        }  # fmt: skip
    whole = make_classifier(callbacks=extra, **settings).fit(X, y)
    for epoch in (2, 3):
        stopped = make_classifier(
            callbacks=[*extra, Interrupt(epoch)], checkpoint=tmp_path, **settings
        )
        if epoch < len(whole.history_):
            with pytest.raises(RuntimeError, match="the power is out"):
                stopped.fit(X, y)
    ended = make_classifier(callbacks=extra, checkpoint=tmp_path, **settings).fit(X, y)
    assert ended.history_ == whole.history_
    assert_same(ended, whole)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": torch.optim.SGD},
        {"optimizer__eps": 1e-3},
        {"criterion": FocalLoss},
        {"criterion": nn.CrossEntropyLoss(torch.tensor([1.0, 2.0]))},
        {"lr_scheduler": torch.optim.lr_scheduler.ExponentialLR, "lr_scheduler__gamma": 0.5},
    ],
)
def test_other_parts_have_checkpoints_of_their_own(tmp_path, changes):
    make_classifier(checkpoint=tmp_path).fit(X, Y)
    make_classifier(checkpoint=tmp_path, **changes).fit(X, Y)
    make_classifier(checkpoint=tmp_path, **changes).fit(X, Y)
    assert len(list(tmp_path.iterdir())) == 2


# As parameters of scikit-learn.


def test_a_grid_search_varies_models_and_parts():
    grid = {"model_params__F1": [2, 3], "optimizer__eps": [1e-8, 1e-3]}
    search = GridSearchCV(make_classifier(max_epochs=1), grid, cv=2).fit(X, Y)
    best = search.best_estimator_
    assert search.best_params_["model_params__F1"] == best.model_.F1
    assert best.model_params == {**PARAMS, "F1": best.model_.F1}
    assert best.get_params()["optimizer__eps"] == search.best_params_["optimizer__eps"]


def test_a_clone_keeps_all_options():
    classifier = make_classifier(optimizer=torch.optim.SGD, optimizer__momentum=0.5)
    again = clone(classifier)
    assert again.get_params() == classifier.get_params()
    again.set_params(optimizer__momentum=0.1, model_params__F1=7)
    assert classifier.get_params()["optimizer__momentum"] == 0.5
    assert classifier.model_params["F1"] == 2
    assert again.model_params["F1"] == 7
    assert "optimizer__momentum=0.1" in repr(again)


@pytest.mark.parametrize("name", ["optimiser__momentum", "optimizer__", "learning_rate", "lrs"])
def test_an_unknown_argument_proposes_the_nearest(name):
    with pytest.raises(TypeError, match=rf"EEGClassifier takes no argument '{name}'"):
        make_classifier(**{name: 1}).fit(X, Y)
    with pytest.raises(ValueError, match="Invalid parameter"):
        make_classifier().set_params(**{name: 1})


def test_arguments_that_a_part_does_not_take_raise():
    with pytest.raises(TypeError, match="momentums"):
        make_classifier(optimizer=torch.optim.SGD, optimizer__momentums=0.9).fit(X, Y)


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.5])
def test_the_focal_loss_is_its_formula(gamma):
    torch.manual_seed(0)
    outputs, y = torch.randn(20, 3, dtype=torch.float64), torch.arange(20) % 3
    weight = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    expected = []
    for row, label in zip(outputs, y, strict=True):
        p = float(row.softmax(0)[label])
        expected.append(-float(weight[label]) * (1 - p) ** gamma * np.log(p))
    losses = FocalLoss(gamma, weight, reduction="none")(outputs, y)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert float(FocalLoss(gamma, weight)(outputs, y)) == pytest.approx(np.mean(expected))
    if gamma == 0:
        same = F.cross_entropy(outputs, y, weight, reduction="none")
        torch.testing.assert_close(losses, same)
