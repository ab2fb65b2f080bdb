"""Estimators take any module that maps windows to outputs."""

import pickle

import mne
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors import safe_open
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from skorch.callbacks import Callback
from torch import nn

import eegzoo
from eegzoo.models.base import EEGModel
from eegzoo.training import EEGClassifier, EEGRegressor

RNG = np.random.default_rng(0)
Y = np.arange(40) % 2
X = RNG.normal(0, 10, (40, 3, 64)).astype(np.float32)
X[np.arange(40), 2 * Y] += 20 * np.sin(np.pi / 3.2 * np.arange(64) + RNG.uniform(0, 6, (40, 1)))


class PowerNet(nn.Module):
    """Logarithm of the power in filtered channels, and a linear layer."""

    def __init__(self, n_chans, n_outputs, width=4):
        super().__init__()
        self.conv = nn.Conv1d(n_chans, width, 9)
        self.out = nn.Linear(width, n_outputs)

    def forward(self, x):
        return self.out(self.conv(x).square().mean(-1).add(1e-6).log())


class WithFeatures(PowerNet):
    def features(self, x):
        return self.conv(x).square().mean(-1).add(1e-6).log()


class Keeps(PowerNet):
    """A class that keeps an argument."""

    def __init__(self, n_chans, n_outputs, value):
        super().__init__(n_chans, n_outputs)
        self.value = value


class NeedsAll(nn.Module):
    """A class that names all the arguments that are known."""

    def __init__(self, n_chans, n_times, n_outputs, sfreq, ch_names):
        super().__init__()
        self.seen = {"n_times": n_times, "sfreq": sfreq, "ch_names": ch_names}
        self.out = nn.Linear(n_chans * n_times, n_outputs)

    def forward(self, x):
        return self.out(x.flatten(1))


class Tied(nn.Module):
    """Two layers that share their weight."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(64, 64), nn.Linear(64, 64)
        self.second.weight = self.first.weight
        self.out = nn.Linear(3 * 64, 2)

    def forward(self, x):
        return self.out(self.second(self.first(x).tanh()).flatten(1))


class Unregistered(EEGModel):
    """A model with the interface of eegzoo's that is not in its registry."""

    def __init__(self, n_chans, n_times, n_outputs, sfreq, ch_names=None, *, depth=2):
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.depth, self.num_features = depth, 3
        self.mix = nn.Conv1d(n_chans, 3, depth)
        self.head = self.make_head(n_outputs)

    def features(self, x):
        return self.mix(x).square().mean(-1).log()

    def make_head(self, n_outputs):
        return nn.Linear(3, n_outputs)


def make_classifier(model=PowerNet, **changes):
    settings = {
        "recipe": "plain", "max_epochs": 4, "batch_size": 8, "random_state": 0, "lr": 0.02,
    }  # fmt: skip
    return EEGClassifier(model, **{**settings, **changes})


def an_instance():
    torch.manual_seed(0)
    return PowerNet(3, 2)


@pytest.mark.parametrize("model", [PowerNet, an_instance()], ids=["class", "instance"])
def test_a_module_is_trained_without_a_sampling_rate(model):
    classifier = make_classifier(model, max_epochs=20).fit(X, Y)
    assert classifier.score(X, Y) > 0.9
    assert isinstance(classifier.model_.module, PowerNet)


def test_training_is_that_of_a_plain_loop():
    net = an_instance()
    classifier = make_classifier(
        net, normalize="none", max_epochs=3, batch_size=40, lr=0.05, optimizer=torch.optim.SGD,
        lr_scheduler=torch.optim.lr_scheduler.ConstantLR, lr_scheduler__factor=1.0,
    ).fit(X, Y)  # fmt: skip
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(net(torch.from_numpy(X)), torch.from_numpy(Y)).backward()
        optimizer.step()
    for name, weight in net.state_dict().items():
        trained = classifier.model_.module.state_dict()[name]
        torch.testing.assert_close(trained, weight, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        expected = net(torch.from_numpy(X)).softmax(-1).numpy()
    np.testing.assert_allclose(classifier.predict_proba(X), expected, atol=1e-4)


def test_a_given_module_is_copied_at_every_fit():
    net = an_instance()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    classifier = make_classifier(net)
    first = classifier.fit(X, Y).predict_proba(X)
    second = classifier.fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(first, second)
    assert all(torch.equal(net.state_dict()[name], value) for name, value in before.items())


def test_a_class_gets_the_arguments_that_it_names():
    info = mne.create_info(["C3", "Cz", "C4"], 64.0, "eeg")
    epochs = mne.EpochsArray(X * 1e-6, info, verbose=False)
    classifier = make_classifier(NeedsAll, max_epochs=1).fit(epochs, Y)
    seen = classifier.model_.module.seen
    assert seen == {"n_times": 64, "sfreq": 64.0, "ch_names": ("C3", "Cz", "C4")}


def test_the_class_of_a_model_trains_as_its_name_does():
    windows, settings = np.tile(X, 2), {"sfreq": 64, "model_params": {"F1": 2}, "recipe": "small"}
    by_class = make_classifier(eegzoo.models.EEGNet, **settings).fit(windows, Y)
    by_name = make_classifier("eegnet", **settings).fit(windows, Y)
    assert by_class.model_.n_times == by_name.model_.n_times == 64
    np.testing.assert_array_equal(by_class.predict_proba(windows), by_name.predict_proba(windows))


def test_arguments_of_a_class_are_model_params_and_grid_searches_vary_them():
    search = GridSearchCV(make_classifier(max_epochs=1), {"model_params__width": [2, 5]}, cv=2)
    search.fit(X, Y)
    width = search.best_params_["model_params__width"]
    assert search.best_estimator_.model_.module.conv.out_channels == width


@pytest.mark.parametrize(
    ("model", "changes", "error", "message"),
    [
        (PowerNet, {"model_params": {"widht": 4}}, TypeError, "did you mean 'width'"),
        (NeedsAll, {}, TypeError, "sfreq with arrays, which NeedsAll requires"),
        (nn.Linear, {}, TypeError, "'in_features' in model_params, which Linear requires"),
        (an_instance(), {"model_params": {"width": 4}}, ValueError, "name or class"),
        (PowerNet(3, 5), {}, ValueError, r"shape \(2, 2\), one output for each class.*\(2, 5\)"),
        (PowerNet(7, 2), {}, ValueError, r"error for shape \(2, 3, 64\)"),
        (nn.Flatten(), {}, ValueError, "a module with parameters, got Flatten"),
        (np.ones(3), {}, TypeError, "a name, a module of torch or a class"),
        (int, {}, TypeError, "a name, a module of torch or a class"),
        (PowerNet, {"augment": ["time_shift"]}, TypeError, "expected sfreq to be a number"),
    ],
)
def test_modules_that_cannot_be_trained_raise(model, changes, error, message):
    with pytest.raises(error, match=message):
        make_classifier(model, **changes).fit(X, Y)


def test_sequences_raise():
    with pytest.raises(ValueError, match="PowerNet, which takes single windows"):
        make_classifier().fit(X.reshape(8, 5, 3, 64), Y.reshape(8, 5))


@pytest.mark.parametrize(
    ("changes", "length"),
    [({}, 64), ({"recipe": "small"}, 64), ({"crop_length": 40}, 40), ({"crop_length": "half"}, 32)],
)
def test_windows_are_whole_unless_another_length_is_asked_for(changes, length):
    classifier = make_classifier(**{"max_epochs": 1, **changes}).fit(X, Y)
    assert classifier.model_.n_times == length
    assert classifier.predict(X).shape == (40,)


def test_a_length_that_the_module_does_not_take_raises():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
    make_classifier(flat, max_epochs=1, recipe="small").fit(X, Y)
    with pytest.raises(ValueError, match=r"error for shape \(2, 3, 32\)"):
        make_classifier(flat, crop_length=32).fit(X, Y)


def test_lazy_layers_are_made_by_the_first_windows():
    lazy = nn.Sequential(nn.Flatten(), nn.LazyLinear(2))
    assert make_classifier(lazy, max_epochs=1).fit(X, Y).predict(X).shape == (40,)


def test_features_are_those_of_the_module():
    fitted = make_classifier(WithFeatures).fit(X, Y)
    features = fitted.transform(X)
    with torch.no_grad():
        logits = fitted.model_.module.out(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], fitted.decision_function(X), atol=1e-5)


def test_a_module_without_features_cannot_transform():
    with pytest.raises(TypeError, match="a method features"):
        make_classifier(max_epochs=1).fit(X, Y).transform(X)


def test_a_regressor_takes_a_module():
    regressor = EEGRegressor(PowerNet, recipe="plain", max_epochs=30, lr=0.02, random_state=0)
    size = np.linspace(1, 4, 40)
    windows = size[:, None, None] * RNG.normal(0, 10, (40, 3, 64))
    assert regressor.fit(windows, size).score(windows, size) > 0.5


def test_the_other_parts_of_the_estimator_work_as_with_a_model():
    settings = {"validation": 0.25, "patience": 2, "ema": 0.9, "layer_decay": 0.5, "clip_norm": 1.0}
    classifier = make_classifier(**settings).fit(X, Y)
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert clone(classifier).get_params()["model"] is PowerNet
    assert len(cross_val_score(clone(classifier), X, Y, cv=2)) == 2


def test_it_trains_pass_by_pass():
    classifier = make_classifier().partial_fit(X, Y, classes=[0, 1])
    before = classifier.model_.module.out.weight.clone()
    classifier.partial_fit(X, Y)
    assert not torch.equal(classifier.model_.module.out.weight, before)


def test_a_killed_training_resumes(tmp_path):
    class KilledError(Exception):
        pass

    class Kill(Callback):
        def on_epoch_end(self, net, **_):
            if len(net.history) == 3:
                raise KilledError

    whole = make_classifier(checkpoint=tmp_path / "whole").fit(X, Y)
    with pytest.raises(KilledError):
        make_classifier(checkpoint=tmp_path / "cut", callbacks=[Kill()]).fit(X, Y)
    resumed = make_classifier(checkpoint=tmp_path / "cut").fit(X, Y)
    np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))


def test_other_arguments_of_a_class_are_another_training(tmp_path):
    for width in (2, 3):
        make_classifier(
            max_epochs=1, checkpoint=tmp_path, model_params={"width": width}
        ).fit(X, Y)  # fmt: skip
    assert len(list(tmp_path.iterdir())) == 2


# Saving.


@pytest.mark.parametrize(
    ("model", "given", "params"),
    [
        (PowerNet, PowerNet, {"width": np.int64(3)}),
        (an_instance(), an_instance(), None),
        (an_instance(), PowerNet(3, 2), None),
        (an_instance(), PowerNet, None),
        (Tied(), Tied, None),
        (PowerNet(3, 2).double(), PowerNet, None),
        (Unregistered, Unregistered, {"depth": 3}),
        (Unregistered(3, 64, 2, 64, depth=3), Unregistered, None),
    ],
)
def test_weights_are_restored_into_the_class_that_is_passed(tmp_path, model, given, params):
    changes = {"sfreq": 64} if model is Unregistered else {}
    fitted = make_classifier(model, model_params=params, **changes).fit(X, Y)
    path = tmp_path / "own.safetensors"
    fitted.save(path)
    again = EEGClassifier.load(path, model=given)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    again.set_params(recipe="plain", max_epochs=1).fit(X, Y)


def test_the_file_holds_a_path_and_weights_alone(tmp_path):
    path = tmp_path / "own.safetensors"
    make_classifier(model_params={"width": 3}).fit(X, Y).save(path)
    metadata = eegzoo.models.saving.read_metadata(path)
    assert metadata["module"] == f"{__name__}.PowerNet"
    assert metadata["arguments"] == {"width": 3}
    with safe_open(path, "pt") as file:
        assert set(file.keys()) == {"conv.weight", "conv.bias", "out.weight", "out.bias"}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, r"load\(path, model=PowerNet\) or"),
        (WithFeatures, r"expected model to be .*PowerNet, .*got .*WithFeatures"),
        (PowerNet(3, 2, width=9), "an instance with the same arguments"),
    ],
)
def test_another_module_than_the_saved_one_raises(tmp_path, model, message):
    path = tmp_path / "own.safetensors"
    make_classifier().fit(X, Y).save(path)
    with pytest.raises(ValueError, match=message):
        EEGClassifier.load(path, model=model)


def test_a_model_of_eegzoo_is_loaded_without_a_class(tmp_path):
    path = tmp_path / "eegnet.safetensors"
    make_classifier("shallow_convnet", sfreq=64, max_epochs=1).fit(
        np.tile(X, (1, 1, 4)), Y
    ).save(path)  # fmt: skip
    with pytest.raises(ValueError, match="expected no model for"):
        EEGClassifier.load(path, model=PowerNet)


@pytest.mark.parametrize("value", [(1, 2), [1, 2], {"a": 1}, nn.ELU, None, np.float32(0.5)])
def test_arguments_of_a_class_are_restored_as_they_were(tmp_path, value):
    path = tmp_path / "own.safetensors"
    make_classifier(Keeps, model_params={"value": value}, max_epochs=1).fit(X, Y).save(path)
    again = EEGClassifier.load(path, model=Keeps).model_.module.value
    assert again == value
    assert isinstance(again, float if isinstance(value, np.generic) else type(value))


def test_arguments_that_json_cannot_hold_raise(tmp_path):
    class Odd(PowerNet):
        def __init__(self, n_chans, n_outputs, function):
            super().__init__(n_chans, n_outputs)

    fitted = make_classifier(Odd, model_params={"function": torch.tanh}, max_epochs=1).fit(X, Y)
    with pytest.raises(TypeError, match="expected an argument to be a number"):
        fitted.save(tmp_path / "odd.safetensors")


def test_the_weights_alone_are_no_model_of_eegzoo(tmp_path):
    path = tmp_path / "own.safetensors"
    make_classifier().fit(X, Y).save(path)
    with pytest.raises(ValueError, match=r"EEGClassifier\.load"):
        eegzoo.models.load_model(path)
