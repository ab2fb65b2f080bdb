"""Windows of sequences that are masked out have no influence, and wrong masks raise."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, r2_score

from eegzoo.models.sequence_models import SequenceModel
from eegzoo.training import EEGClassifier, EEGRegressor
from eegzoo.training.inputs.training_set import Batch
from eegzoo.training.loop.loss import WeightedLoss
from eegzoo.training.parallel.processes import ProcessInfo
from eegzoo.training.targets.targets import Numbers
from tests.training.same_fit import assert_same_fit

SFREQ, N_TIMES = 100.0, 300
N_SEQUENCES, N_WINDOWS = 6, 5
SMALL = {
    "tinysleepnet": {"n_filters": 8, "hidden_size": 8},
    "deepsleepnet": {"n_filters": 4, "hidden_size": 8, "depth": 1},
    "usleep": {"depth": 3},
}
# Two sequences end with padding, and a third has a window that is not scored.
MASK = np.ones((N_SEQUENCES, N_WINDOWS), bool)
MASK[1, 3:] = MASK[4, 1:] = MASK[2, 2] = False
PADDING = ~MASK
PADDING[2, 2] = False


def make_sequences(seed=0):
    """Return sequences in microvolts, with slower waves for class "deep"."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, 2, (N_SEQUENCES, N_WINDOWS))
    phase = rng.uniform(0, 2 * np.pi, (N_SEQUENCES, N_WINDOWS, 1, 1))
    time = np.arange(N_TIMES) / SFREQ
    rhythm = np.sin(2 * np.pi * np.array([10.0, 2.0])[places][..., None, None] * time + phase)
    X = 30 * rhythm + rng.normal(0, 10, (N_SEQUENCES, N_WINDOWS, 1, N_TIMES))
    return X.astype(np.float32), np.array(["awake", "deep"])[places]


X, Y = make_sequences()


def with_other(windows):
    """Return the sequences, with other signals of larger amplitude in the chosen windows."""
    other = X.copy()
    other[windows] = np.random.default_rng(5).normal(7, 90, other[windows].shape)
    return other


def make(kind=EEGClassifier, model="tinysleepnet", **changes):
    settings = {
        "model_params": SMALL[model], "sfreq": SFREQ, "recipe": "plain", "max_epochs": 2,
        "batch_size": 3, "random_state": 0,
    }  # fmt: skip
    return kind(model, **{**settings, **changes})


# Shapes and scores.


@pytest.mark.parametrize("model", SMALL)
def test_each_window_of_a_sequence_is_predicted(model):
    classifier = make(model=model).fit(X, Y, mask=MASK)
    probabilities = classifier.predict_proba(X, MASK)
    assert probabilities.shape == (N_SEQUENCES, N_WINDOWS, 2)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=1e-5)
    predicted = classifier.predict(X, MASK)
    np.testing.assert_array_equal(predicted, classifier.classes_[probabilities.argmax(-1)])
    score = classifier.score(X, Y, mask=MASK)
    assert score == pytest.approx(accuracy_score(Y[MASK], predicted[MASK]))
    weight = np.random.default_rng(0).uniform(0.1, 2, Y.shape)
    score = classifier.score(X, Y, sample_weight=weight, mask=MASK)
    assert score == pytest.approx(
        accuracy_score(Y[MASK], predicted[MASK], sample_weight=weight[MASK])
    )


def test_a_classifier_of_sequences_generalises():
    params = {**SMALL["tinysleepnet"], "drop_prob": 0.0}
    classifier = make(max_epochs=30, lr=1e-2, model_params=params).fit(X, Y, mask=MASK)
    assert classifier.score(*make_sequences(seed=1)) > 0.8


def test_a_regressor_learns_from_sequences():
    y = np.where(Y == "deep", 2.0, 10.0)
    regressor = make(EEGRegressor, max_epochs=30, lr=1e-2).fit(X, y, mask=MASK)
    predicted = regressor.predict(X, MASK)
    assert predicted.shape == y.shape
    assert regressor.score(X, y, mask=MASK) == pytest.approx(r2_score(y[MASK], predicted[MASK]))
    assert r2_score(y[MASK], predicted[MASK]) > 0.5
    assert regressor.targets_.mean == pytest.approx(y[MASK].mean())
    several = make(EEGRegressor).fit(X, np.stack([y, -y, y], axis=-1), mask=MASK)
    assert several.predict(X, MASK).shape == (*y.shape, 3)


def test_a_score_is_that_of_predictions_with_the_mask():
    y = np.where(Y == "deep", 2.0, 10.0)
    regressor = make(EEGRegressor, "deepsleepnet").fit(X, y, mask=MASK)
    masked, whole = regressor.predict(X, MASK), regressor.predict(X)
    assert (masked[MASK] != whole[MASK]).any()  # as it also looks ahead
    score = regressor.score(X, y, mask=MASK)
    assert score == pytest.approx(r2_score(y[MASK], masked[MASK]), rel=1e-9)


def test_indicators_are_learnt_from_sequences():
    y = np.stack([Y == "deep", Y == "awake", np.zeros(Y.shape)], axis=-1).astype(int)
    classifier = make().fit(X, y, mask=MASK)
    assert classifier.predict(X, MASK).shape == y.shape


def test_a_mask_of_all_windows_has_no_effect():
    whole = np.ones_like(MASK)
    one, other = make().fit(X, Y, mask=whole), make().fit(X, Y)
    assert_same_fit(one, other)
    np.testing.assert_array_equal(one.predict_proba(X, whole), other.predict_proba(X))


def test_a_sequence_of_weight_zero_is_not_used():
    weight = np.array([1, 1, 0, 1, 1, 1])
    one = make().fit(X, Y, sample_weight=weight, mask=MASK)
    kept = weight > 0
    other = make().fit(X[kept], Y[kept], mask=MASK[kept])
    assert_same_fit(one, other)
    assert one.amplitude_ == other.amplitude_


# Windows that do not count.


@pytest.mark.parametrize("model", SMALL)
def test_targets_of_windows_that_do_not_count_can_be_invalid(model):
    labels = np.where(MASK, Y, "not a stage")
    assert_same_fit(
        make(model=model).fit(X, Y, mask=MASK), make(model=model).fit(X, labels, mask=MASK)
    )
    weight = MASK.astype(float)
    one, other = (
        make(model=model, class_weight="balanced").fit(X, y, sample_weight=weight)
        for y in (Y, labels)
    )
    assert_same_fit(one, other)
    assert one.classes_.tolist() == ["awake", "deep"]
    numbers = np.where(Y == "deep", 2e9, 1e9)
    nothing = np.where(MASK, numbers, np.nan)
    one, other = (make(EEGRegressor, model).fit(X, y, mask=MASK) for y in (numbers, nothing))
    assert_same_fit(one, other)
    assert np.isfinite(other.history_[-1]["train_loss"])
    sets = np.stack([Y == "deep", Y == "awake"], axis=-1).astype(float)
    nothing = np.where(MASK[..., None], sets, np.nan)
    one, other = (make(model=model).fit(X, y, mask=MASK) for y in (sets, nothing))
    assert_same_fit(one, other)


@pytest.mark.parametrize("model", SMALL)
def test_padding_has_no_influence_on_predictions(model):
    classifier = make(model=model).fit(X, Y, mask=MASK)
    one, other = (classifier.predict_proba(x, ~PADDING) for x in (X, with_other(PADDING)))
    np.testing.assert_array_equal(one[~PADDING], other[~PADDING])
    for row, length in enumerate((~PADDING).sum(axis=1)):
        alone = classifier.predict_proba(X[[row], :length])
        np.testing.assert_allclose(one[row, :length], alone[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("normalize", ["whiten", "standardize", "window", "exponential", "none"])
def test_padding_has_no_influence_on_normalisation_and_amplitude(normalize):
    one, other = (make(normalize=normalize).fit(x, Y, mask=MASK) for x in (X, with_other(PADDING)))
    assert one.normalizer_.to_dict() == other.normalizer_.to_dict()
    assert one.amplitude_ == other.amplitude_
    one.predict(X * np.where(PADDING, 1e9, 1)[..., None, None], MASK)  # padding is not checked


@pytest.mark.parametrize("model", SMALL)
def test_padding_has_no_influence_on_training(model):
    one, other = (make(model=model).fit(x, Y, mask=MASK) for x in (X, with_other(PADDING)))
    assert one.history_ == other.history_
    assert_same_fit(one, other)


@pytest.mark.parametrize("n_windows", [3, 4])
def test_all_windows_of_a_mixed_sequence_have_the_same_share(n_windows):
    targets, rng = Numbers(np.zeros(1), np.ones(1), is_flat=True), np.random.default_rng(0)
    outputs, y, weight = rng.normal(size=(3, 3, n_windows))
    partners, share = np.array([1, 2, 0]), np.array([0.9, 0.5, 0.2])
    truth = 0.0
    for row, window in np.ndindex(3, n_windows):
        for other, part in ((row, share[row]), (partners[row], 1 - share[row])):
            loss = (outputs[row, window] - y[other, window]) ** 2
            truth += part * weight[other, window] * loss / 7
    given = [torch.from_numpy(array) for array in (outputs, y, weight, partners, share)]
    outputs, y, weight, partners, share = given
    batch = Batch(torch.empty(3, 0), y[..., None], weight, None, 7.0)
    loss = WeightedLoss(targets.loss, ProcessInfo())(outputs[..., None], batch, (partners, share))
    assert float(loss) == pytest.approx(truth)


@pytest.mark.parametrize("model", SMALL)
def test_an_unscored_window_still_influences_its_neighbours(model):
    classifier = make(model=model).fit(X, Y, mask=MASK)
    one, other = (classifier.predict_proba(x, MASK) for x in (X, with_other(~MASK & ~PADDING)))
    assert (one[2, 3:] != other[2, 3:]).any()
    np.testing.assert_array_equal(one[2], classifier.predict_proba(X, ~PADDING)[2])
    looks_ahead = model != "tinysleepnet"
    assert (one[2, :2] != other[2, :2]).any() == looks_ahead


class ContextModel(SequenceModel):
    """Model whose outputs depend on all windows of a sequence, and which takes no lengths."""

    num_features = 1

    def __init__(self, n_chans, n_times, n_outputs, sfreq, ch_names=None):
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.head = self.make_head(n_outputs)

    def features(self, x):
        """Return the mean of the sequence for each window."""
        sequences = self.as_sequences(x)
        means = sequences.mean(dim=(1, 2, 3), keepdim=True)[..., 0].expand(-1, len(x[0]), -1)
        return means

    def forward(self, x):
        """Return logits."""
        return self.head(self.features(x))

    def make_head(self, n_outputs):
        """Return a linear head."""
        return torch.nn.Linear(1, n_outputs)


def test_a_model_that_takes_no_lengths_refuses_padding():
    model = ContextModel(1, N_TIMES, 2, SFREQ)
    settings = {"max_epochs": 1, "random_state": 0}
    message = r"whose forward takes lengths, .* got ContextModel and 2 sequences that end with"
    with pytest.raises(ValueError, match=message):
        EEGClassifier(model, **settings).fit(X, Y, mask=MASK)
    unscored = MASK | PADDING
    classifier = EEGClassifier(model, **settings).fit(X, Y, mask=unscored)
    assert classifier.predict(X, unscored).shape == Y.shape
    with pytest.raises(ValueError, match=message):
        classifier.predict(X, MASK)


# Invalid input.


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (MASK.astype(int), "expected mask of bool .* got int64"),
        (MASK[:, :4], r"expected mask of bool and shape \(6, 5\), got bool of shape \(6, 4\)"),
        (MASK[:1], r"got bool of shape \(1, 5\)"),
        (MASK[..., None], r"got bool of shape \(6, 5, 1\)"),
        (MASK & (np.arange(6) != 3)[:, None], r"a window that counts .* got none in \[3\]"),
        ("all", "expected mask of bool"),
    ],
)
def test_wrong_masks_raise(mask, message):
    fitted = make().fit(X, Y)
    before = fitted.predict_proba(X)
    for use in (
        lambda: make().fit(X, Y, mask=mask),
        lambda: make(EEGRegressor).fit(X, np.ones(Y.shape), mask=mask),
        lambda: fitted.partial_fit(X, Y, mask=mask),
        lambda: fitted.predict(X, mask),
        lambda: fitted.predict_proba(X, mask),
        lambda: fitted.score(X, Y, mask=mask),
    ):
        with pytest.raises(ValueError, match=message):
            use()
    np.testing.assert_array_equal(fitted.predict_proba(X), before)


def test_a_mask_of_single_windows_raises():
    windows, labels = X[:, 0], Y[:, 0]
    with pytest.raises(ValueError, match="expected mask with sequences of windows"):
        make().fit(windows, labels, mask=np.ones(6, bool))
    with pytest.raises(ValueError, match="expected mask with sequences of windows"):
        make().fit(X, Y).predict(windows, np.ones(6, bool))
