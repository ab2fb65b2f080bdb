"""Crops are pieces of their windows, each window once a pass, at random or at even places."""

from types import SimpleNamespace

import pytest
import torch

from eegzoo.training.crops import RandomCrops, count_batches, even_crops


def numbered(n_windows, n_chans=2, n_times=20):
    """Windows that hold 1000 * window + time, the second channel half a unit more."""
    window = torch.arange(n_windows).float()[:, None, None] * 1000
    time = torch.arange(n_times).float()
    X = window + time + torch.arange(n_chans)[:, None] / 2
    return SimpleNamespace(X=X, y=torch.arange(n_windows) * 3)


def one_pass(crops):
    windows, labels = (torch.cat(parts) for parts in zip(*crops, strict=True))
    start = windows[:, 0, 0]
    return windows, labels, (start // 1000).long(), (start % 1000).long()


@pytest.mark.parametrize(
    ("n_windows", "batch_size"), [(10, 4), (33, 16), (5, 16), (48, 16), (1, 1)]
)
def test_a_pass_brings_every_window_once_with_its_label(n_windows, batch_size):
    crops = RandomCrops(numbered(n_windows), batch_size, crop_length=8)
    windows, labels, number, _ = one_pass(crops)
    assert windows.shape == (n_windows, 2, 8)
    assert sorted(number.tolist()) == list(range(n_windows))
    torch.testing.assert_close(labels, number * 3)


def test_a_crop_is_consecutive_samples_of_all_channels_of_one_window():
    windows, *_ = one_pass(RandomCrops(numbered(30), 7, crop_length=8))
    torch.testing.assert_close(
        windows, windows[:, :1, :1] + torch.arange(8.0) + torch.tensor([[0.0], [0.5]])
    )


@pytest.mark.parametrize("n_windows", range(1, 70, 4))
@pytest.mark.parametrize("batch_size", [1, 3, 16, 64])
def test_batches_differ_by_one_window_at_most(n_windows, batch_size):
    crops = RandomCrops(numbered(n_windows), batch_size, crop_length=8)
    sizes = [len(labels) for _, labels in crops]
    assert len(sizes) == len(crops) == count_batches(n_windows, batch_size)
    assert sum(sizes) == n_windows
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= 1.5 * batch_size


def test_every_start_is_drawn_about_equally_often_and_anew_in_each_pass():
    torch.manual_seed(0)
    crops = RandomCrops(numbered(500), 100, crop_length=8)
    (*_, first_order, first), (*_, order, starts) = one_pass(crops), one_pass(crops)
    counts = torch.bincount(starts, minlength=13)
    assert len(counts) == 13  # from 0 to 20 - 8
    assert 15 < counts.min() < counts.max() < 70
    assert not torch.equal(first_order, order)
    assert not torch.equal(first[first_order.argsort()], starts[order.argsort()])


def test_a_crop_of_the_whole_window_is_the_window():
    data = numbered(6)
    windows, _, number, _ = one_pass(RandomCrops(data, 4, crop_length=20))
    torch.testing.assert_close(windows, data.X[number])


def test_the_data_are_not_changed_through_a_crop():
    data = numbered(6)
    for windows, labels in RandomCrops(data, 2, crop_length=20):
        windows.zero_()
        labels.zero_()
    torch.testing.assert_close(data.X, numbered(6).X)
    torch.testing.assert_close(data.y, numbered(6).y)


def test_randomness_is_torchs_generator():
    crops = RandomCrops(numbered(20), 5, crop_length=8)
    torch.manual_seed(5)
    one = one_pass(crops)
    torch.manual_seed(5)
    torch.testing.assert_close(one_pass(crops), one)


@pytest.mark.parametrize("n_crops", [2, 3, 5, 13, 50])
def test_even_crops_go_from_the_first_to_the_last_sample(n_crops):
    data = numbered(3)
    crops = even_crops(data.X, 8, n_crops)
    assert crops.shape == (3, min(n_crops, 13), 2, 8)
    torch.testing.assert_close(crops[:, 0], data.X[..., :8])
    torch.testing.assert_close(crops[:, -1], data.X[..., -8:])
    starts = crops[0, :, 0, 0]
    steps = starts.diff()
    assert steps.min() >= 1
    assert steps.max() - steps.min() <= 1
    for crop, start in zip(crops.unbind(1), starts.int().tolist(), strict=True):
        torch.testing.assert_close(crop, data.X[..., start : start + 8])


def test_one_crop_is_the_start_and_a_crop_of_all_is_all():
    data = numbered(3)
    torch.testing.assert_close(even_crops(data.X, 8, 1)[:, 0], data.X[..., :8])
    torch.testing.assert_close(even_crops(data.X, 20, 9)[:, 0], data.X)
