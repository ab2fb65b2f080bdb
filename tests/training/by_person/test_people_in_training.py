"""Models are trained and used with the statistics of each person."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from eegzoo.layers import person_layers
from eegzoo.training import EEGClassifier, EEGRegressor
from tests.training.same_fit import assert_same_fit
from tests.training.simulated_people import SFREQ, make_dataset, make_people

X, Y, PEOPLE = make_people()


class KilledError(Exception):
    pass


class Kill(Callback):
    """Raise an error after the second epoch."""

    def on_epoch_begin(self, net, **_):
        if len(net.history) > 2:
            raise KilledError


def make_classifier(model="shallow_convnet", **changes):
    settings = {
        "sfreq": SFREQ, "model_params": {"n_filters": 4}, "max_epochs": 5, "random_state": 0,
        "people_per_batch": 4, "feature_drop_prob": 0.25, "batch_size": 16, "n_crops": 2, **changes,
    }  # fmt: skip
    return EEGClassifier(model, **settings)


@pytest.fixture(scope="module")
def fitted():
    return make_classifier().fit(X, Y, PEOPLE)


def test_each_person_is_classified_with_the_statistics_of_their_windows(fitted):
    together = fitted.predict_proba(X, groups=PEOPLE)
    for person in (0, 5):
        mine = person == PEOPLE
        np.testing.assert_allclose(fitted.predict_proba(X[mine]), together[mine], atol=1e-5)
        adapted = fitted.adapt(X[mine], how=["statistics"])
        np.testing.assert_allclose(adapted.predict_proba(X[mine]), together[mine], atol=1e-5)
    assert abs(fitted.predict_proba(X) - together).max() > 0.01


def test_features_of_each_person_are_z_scores(fitted):
    features = fitted.transform(X, groups=PEOPLE)
    for person in range(8):
        mine = features[person == PEOPLE]
        np.testing.assert_allclose(mine.mean(axis=0), 0, atol=1e-4)
    assert fitted.model_.feature_norm is not None


def test_statistics_by_person_are_saved(fitted, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    loaded = EEGClassifier.load(tmp_path / "model.safetensors")
    assert loaded.by_person_
    np.testing.assert_array_equal(
        loaded.predict_proba(X, groups=PEOPLE), fitted.predict_proba(X, groups=PEOPLE)
    )


def test_subjects_of_a_data_set_are_the_people(fitted):
    dataset = make_dataset(X, Y, PEOPLE)
    found = make_classifier().fit(dataset)
    assert_same_fit(found, fitted)
    np.testing.assert_array_equal(
        found.predict_proba(dataset), fitted.predict_proba(X, groups=PEOPLE)
    )


def test_an_interrupted_training_resumes_with_the_same_weights(fitted, tmp_path):
    with pytest.raises(KilledError):
        make_classifier(checkpoint=tmp_path, callbacks=[Kill()]).fit(X, Y, PEOPLE)
    resumed = make_classifier(checkpoint=tmp_path).fit(X, Y, PEOPLE)
    assert_same_fit(resumed, fitted)
    assert len(list(tmp_path.glob("*.pt"))) == 1
    make_classifier(checkpoint=tmp_path).fit(X, Y, PEOPLE[::-1])  # other people, another training
    assert len(list(tmp_path.glob("*.pt"))) == 2


def test_validation_is_by_person():
    fitted = make_classifier(validation=0.25, patience=3).fit(X, Y, PEOPLE)
    assert all(np.isfinite([row["valid_loss"] for row in fitted.history_]))


class Plain(torch.nn.Module):
    """Module without statistics."""

    def __init__(self, n_chans, n_times, n_outputs):
        super().__init__()
        self.linear = torch.nn.Linear(n_chans * n_times, n_outputs)

    def forward(self, x):
        return self.linear(x.flatten(1))


def test_a_model_without_statistics_is_trained_on_batches_by_person():
    changes = {"model_params": None, "feature_drop_prob": None, "sfreq": None}
    fitted = make_classifier(Plain, **changes).fit(X, Y, PEOPLE)
    assert not fitted.by_person_
    whole = make_classifier(Plain, **changes, people_per_batch=None).fit(X, Y, PEOPLE)
    assert (whole.model_.module.linear.weight != fitted.model_.module.linear.weight).any()


def test_a_regressor_is_trained_by_person():
    y = X.std(axis=(1, 2))
    settings = make_classifier().get_params()
    settings = {name: value for name, value in settings.items()
                if name not in ("class_weight", "calibration", "pseudo_labels")}  # fmt: skip
    fitted = EEGRegressor(**settings).fit(X, y, PEOPLE)
    assert fitted.by_person_
    assert fitted.predict(X, groups=PEOPLE).shape == y.shape


def test_batches_without_z_scores_train_batch_normalisation_by_person():
    fitted = make_classifier(feature_drop_prob=None).fit(X, Y, PEOPLE)
    assert fitted.model_.feature_norm is None
    layers = person_layers(fitted.model_)
    assert layers
    assert all(layer.n_people == 1 for layer in layers.values())


def test_partial_fit_draws_batches_by_person(fitted):
    first = make_classifier().partial_fit(X, Y, classes=[0, 1], groups=PEOPLE)
    assert first.by_person_
    first.partial_fit(X, Y, groups=PEOPLE)
    assert first.by_person_
    assert torch.isfinite(first.model_.head.weight).all()


@pytest.mark.parametrize(
    ("changes", "groups", "message"),
    [
        ({}, None, "expected groups with the person of each window for people_per_batch"),
        ({"people_per_batch": 9}, PEOPLE, "expected people_per_batch of at most 8"),
        ({"people_per_batch": 0}, PEOPLE, "expected people_per_batch to be a positive integer"),
        ({"people_per_batch": None}, PEOPLE, "expected people_per_batch with feature_drop_prob"),
        ({"feature_drop_prob": 1.5}, PEOPLE, "expected feature_drop_prob"),
        ({"augment": ("mixup",)}, PEOPLE, "expected augment without mixup with people_per_batch"),
    ],
)
def test_bad_arguments_raise(changes, groups, message):
    with pytest.raises(ValueError, match=message):
        make_classifier(**changes).fit(X, Y, groups)


def test_one_window_of_a_person_raises(fitted):
    with pytest.raises(ValueError, match="two windows or more of a person"):
        fitted.predict_proba(X[:1])
