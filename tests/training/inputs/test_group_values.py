import numpy as np
import pytest

from eegzoo.training.inputs.group_values import check_groups


class NAType:
    """Missing value that is not comparable, as ``pandas.NA``."""

    def __ne__(self, other):
        raise TypeError("boolean value of NA is ambiguous")


@pytest.mark.parametrize(
    "groups",
    [["a", "b", "b"], [1, 2, 2], np.array([1, 2, 2]), np.array(["a", "b", "b"], object),
     (True, False, False)],
)  # fmt: skip
def test_known_groups_are_kept(groups):
    assert check_groups(groups, 3).tolist() == list(groups)


@pytest.mark.parametrize(
    "groups",
    [[1.0, np.nan, 2.0], ["a", None, "b"], np.array([1, np.nan, 2], object),
     ["a", NAType(), "b"], [1, np.datetime64("NaT"), 2],
     list(np.array(["2020-01-01", "NaT", "2020-01-02"], "datetime64[D]"))],
)  # fmt: skip
def test_a_missing_group_is_no_group_of_its_own(groups):
    with pytest.raises(ValueError, match=r"got none for 1 of 3 windows, such as the windows \[1\]"):
        check_groups(groups, 3)


@pytest.mark.parametrize("groups", [[1, "1", 2], np.array([1, "1", 2], object)])
def test_numbers_and_texts_are_not_made_one_person(groups):
    with pytest.raises(TypeError, match="expected groups of one type, got a mixture of int, str"):
        check_groups(groups, 3)


@pytest.mark.parametrize("groups", [["a", "b"], [["a", "b", "b"]], "abc", 3])
def test_another_number_of_groups_is_refused(groups):
    with pytest.raises(ValueError, match=r"expected people of shape \(3,\)"):
        check_groups(groups, 3, "people")
