"""Batches hold the same number of windows of each of a few people."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eegzoo.training.inputs.person_batches import PersonBatches, WholePeople
from eegzoo.training.inputs.training_set import TrainingSet


def make_data(counts, n_times=8):
    people = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    number = torch.arange(len(people))
    X = number[:, None, None] * torch.ones(len(people), 2, n_times)
    return TrainingSet(X, number, torch.ones(len(people)), people=people)


def drawn(batches, seed=0):
    """Return the windows of each batch of a pass, which are numbered."""
    batches.generator.manual_seed(seed)
    return [batch.y for batch in batches]


def test_people_of_equal_size_are_seen_once_in_a_pass():
    data = make_data([12] * 6)
    batches = PersonBatches(data, batch_size=12, crop_length=8, people_per_batch=3)
    found = drawn(batches)
    assert len(batches) == len(found) == 6
    assert torch.cat(found).sort().values.tolist() == list(range(72))
    for rows in found:
        parts = data.people[rows].reshape(3, 4)
        assert (parts == parts[:, :1]).all()
        assert len(parts[:, 0].unique()) == 3


@settings(max_examples=30)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=8), st.integers(2, 30), st.integers(1, 8),
       st.integers(0, 5))  # fmt: skip
def test_each_batch_has_different_people_and_equal_parts(counts, batch_size, n_people, seed):
    if n_people > len(counts) or batch_size < 2 * n_people:
        return
    data = make_data(counts)
    batches = PersonBatches(data, batch_size, 8, n_people)
    found = drawn(batches, seed)
    assert len(found) == len(batches)
    for rows in found:
        parts = data.people[rows].reshape(n_people, batch_size // n_people)
        assert (parts == parts[:, :1]).all()
        assert len(parts[:, 0].unique()) == n_people


def test_people_with_more_windows_are_drawn_more_often():
    data = make_data([40, 20, 20, 20, 20])
    counts = np.zeros(5)
    for seed in range(50):
        rows = torch.cat(drawn(PersonBatches(data, 12, 8, 2), seed))
        counts += np.bincount(data.people[rows], minlength=5)
    np.testing.assert_allclose(counts / counts.sum(), np.array([2, 1, 1, 1, 1]) / 6, atol=0.02)


def test_the_seed_decides():
    batches = PersonBatches(make_data([10] * 4), 8, 5, 2)
    for one, other in zip(drawn(batches), drawn(batches), strict=True):
        assert torch.equal(one, other)
    assert any((a != b).any() for a, b in zip(drawn(batches), drawn(batches, 1), strict=True))


def test_crops_and_windows_stay_together():
    ramp = torch.arange(100.0) + 1000 * torch.arange(12)[:, None, None]
    people = torch.arange(12) // 4
    data = TrainingSet(ramp, torch.arange(12), torch.arange(12.0), people=people)
    for batch in PersonBatches(data, 8, 10, 2):
        assert batch.x.shape == (8, 1, 10)
        assert torch.equal(batch.x[:, 0, 0].div(1000, rounding_mode="floor").long(), batch.y)
        assert torch.equal(batch.weight, batch.y.float())
        assert batch.total == float(batch.y.sum())


def test_whole_people_are_the_windows_of_one_person_each():
    data = make_data([3, 1, 70])
    assert [batch.y.tolist() for batch in WholePeople(data)] == [
        [0, 1, 2], [3], list(range(4, 74)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("batch_size", "n_people", "message"),
    [
        (8, 5, "expected people_per_batch of at most 4, .* got 5"),
        (7, 4, "expected a batch_size of at least two windows for each of the 4 people"),
        (8, 0, "expected people_per_batch to be a positive integer"),
    ],
)
def test_bad_arguments_raise(batch_size, n_people, message):
    with pytest.raises(ValueError, match=message):
        PersonBatches(make_data([10] * 4), batch_size, 8, n_people)


def test_unknown_people_raise():
    data = TrainingSet(torch.zeros(4, 1, 8), torch.zeros(4), torch.ones(4))
    with pytest.raises(ValueError, match="expected the person of each window"):
        PersonBatches(data, 4, 8, 2)
