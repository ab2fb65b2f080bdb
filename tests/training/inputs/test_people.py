import numpy as np
import pytest

from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.training import EEGClassifier
from eegzoo.training.inputs.people import people_of

X = np.zeros((3, 2, 8))


def test_people_are_the_subjects_unless_groups_are_given():
    inputs = Inputs(X, metadata={"subject": np.array(["S1", "S1", "S2"])})
    assert people_of(inputs, None).tolist() == ["S1", "S1", "S2"]
    assert people_of(inputs, [1, 2, 3]).tolist() == [1, 2, 3]
    assert people_of(Inputs(X), None) is None


def test_windows_of_unknown_people_are_refused():
    # np.unique would make one person of all of them.
    inputs = Inputs(X, metadata={"subject": np.array(["S1", None, None], object)})
    with pytest.raises(ValueError, match=r"the subjects of the data set .* none for 2 of 3"):
        people_of(inputs, None)
    with pytest.raises(ValueError, match=r"expected groups .* none for 1 of 3"):
        people_of(Inputs(X), [1.0, np.nan, 1.0])


def test_a_fit_refuses_people_who_would_be_taken_for_each_other():
    rng = np.random.default_rng(0)
    X, y = rng.normal(0, 10, (12, 2, 64)), np.tile([0, 1], 6)
    classifier = EEGClassifier("eegnet", sfreq=64, max_epochs=1, align="zscore")
    with pytest.raises(TypeError, match="expected groups of one type, got a mixture of int, str"):
        classifier.fit(X, y, groups=[1] * 6 + ["1"] * 6)
