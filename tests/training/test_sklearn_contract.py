"""scikit-learn's own checks of estimators pass, except for those in a table with reasons.

The checks use tables of numbers, and skip estimators of other data. So they run on subclasses that
turn each row of a table into a window, with a channel for each feature. The subclasses change
nothing else.
"""

import numpy as np
import pytest
from sklearn.exceptions import SkipTestWarning
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from eegzoo.training import EEGClassifier, EEGRegressor

# Added to each feature, so that no channel is constant and its power shows the sign of the feature.
CARRIER = np.linspace(-1.0, 1.0, 8)
SETTINGS = {
    "model": "shallow_convnet",
    "model_params": {
        "n_filters": 8, "kernel_length": 1, "pool_length": 4, "pool_stride": 4, "drop_prob": 0.0,
    },
    "sfreq": 64.0,
    "recipe": "plain",
    "check_signal": "ignore",
    "max_epochs": 25,
    "batch_size": 200,
    "lr": 0.1,
}  # fmt: skip


class TableMixin:
    """Mixin that converts tables (n_windows, n_features) to windows."""

    def _windows(self, X, reset=False):
        if not reset:
            check_is_fitted(self, "model_")
        # The estimator itself rejects NaN and empty tables.
        table = validate_data(self, X, reset=reset, ensure_all_finite=False, ensure_min_samples=0)
        return table[:, :, None] + CARRIER

    def fit(self, X, y, groups=None, sample_weight=None):
        return super().fit(self._windows(X, reset=True), y, groups, sample_weight)

    def score(self, X, y, sample_weight=None):
        return super().score(self._windows(X), y, sample_weight)

    def _outputs(self, X, *args, **kwargs):
        is_windows = isinstance(X, np.ndarray) and X.ndim == 3
        return super()._outputs(X if is_windows else self._windows(X), *args, **kwargs)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


class TableClassifier(TableMixin, EEGClassifier):
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        windows = self._windows(X, reset=not hasattr(self, "model_"))
        return super().partial_fit(windows, y, classes, sample_weight)


class TableRegressor(TableMixin, EEGRegressor):
    def partial_fit(self, X, y, sample_weight=None):
        windows = self._windows(X, reset=not hasattr(self, "model_"))
        return super().partial_fit(windows, y, sample_weight)


# Reasons why checks fail. If one of these checks passes, its test fails.
EXCEPTIONS = {
    "check_sample_weight_equivalence_on_dense_data": (
        "batches, and the statistics of batch normalisation, contain a repeated window twice, but "
        "a window of weight 2 once"
    ),
}


def checks_of(estimator):
    name = type(estimator).__name__
    seen = {}
    for _, check in estimator_checks.estimator_checks_generator(estimator):
        check_name = getattr(check, "func", check).__name__
        seen[check_name] = seen.get(check_name, 0) + 1
        reason = EXCEPTIONS.get(check_name)
        marks = [] if reason is None else [pytest.mark.xfail(reason=reason, strict=True)]
        number = "" if seen[check_name] == 1 else f"-{seen[check_name]}"
        yield pytest.param(estimator, check, id=f"{name}-{check_name}{number}", marks=marks)


CHECKS = [
    check for kind in (TableClassifier, TableRegressor) for check in checks_of(kind(**SETTINGS))
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_the_checks_of_scikit_learn_pass(estimator, check):
    check(estimator)


def test_there_are_many_checks_and_every_exception_belongs_to_one():
    names = {check.id.split("-")[1] for check in CHECKS}
    assert len(names) > 60
    assert set(EXCEPTIONS) <= names


@pytest.mark.parametrize("kind", [EEGClassifier, EEGRegressor])
def test_scikit_learn_has_one_check_for_estimators_of_windows(kind):
    with pytest.warns(SkipTestWarning, match="three_d_array=True"):
        checks = list(estimator_checks.estimator_checks_generator(kind()))
    for estimator, check in checks:
        check(estimator)


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_mixin_order,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_set_params,
        estimator_checks.check_valid_tag_types,
    ],
    ids=lambda check: check.__name__,
)
@pytest.mark.parametrize("kind", [EEGClassifier, EEGRegressor])
def test_the_checks_without_data_pass_for_the_public_classes(kind, check):
    check(kind.__name__, kind())


@pytest.mark.parametrize(
    ("kind", "several"), [(EEGClassifier, "multi_label"), (EEGRegressor, "multi_output")]
)
def test_the_tags_describe_the_input_and_the_targets(kind, several):
    tags = get_tags(kind())
    assert tags.input_tags.three_d_array
    assert not tags.input_tags.two_d_array
    assert tags.target_tags.required
    assert getattr(tags.classifier_tags or tags.target_tags, several)
