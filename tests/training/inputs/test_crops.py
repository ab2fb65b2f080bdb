"""Random crops cover every window once in each pass, and even crops are evenly spaced."""

import pytest
import torch

from eegzoo.training.inputs.crops import RandomCrops, count_batches, even_crops
from eegzoo.training.inputs.training_set import TrainingSet
from eegzoo.training.parallel.processes import ProcessInfo


def numbered(n_windows, n_chans=2, n_times=20):
    """Return windows with values 1000 * window + time, plus 0.5 in the second channel."""
    window = torch.arange(n_windows).float()[:, None, None] * 1000
    time = torch.arange(n_times).float()
    X = window + time + torch.arange(n_chans)[:, None] / 2
    y = torch.arange(n_windows)
    return TrainingSet(X, y * 3, y / 2)


def one_pass(crops):
    batches = list(crops)
    windows, labels = (torch.cat([getattr(b, name) for b in batches]) for name in "xy")
    start = windows[:, 0, 0]
    return windows, labels, (start // 1000).long(), (start % 1000).long()


@pytest.mark.parametrize(
    ("n_windows", "batch_size"), [(10, 4), (33, 16), (5, 16), (48, 16), (1, 1)]
)
def test_a_pass_has_every_window_once_with_its_label(n_windows, batch_size):
    crops = RandomCrops(numbered(n_windows), batch_size, crop_length=8)
    windows, labels, number, _ = one_pass(crops)
    assert windows.shape == (n_windows, 2, 8)
    assert sorted(number.tolist()) == list(range(n_windows))
    torch.testing.assert_close(labels, number * 3)


def test_a_crop_has_consecutive_samples_of_all_channels_of_one_window():
    windows, *_ = one_pass(RandomCrops(numbered(30), 7, crop_length=8))
    torch.testing.assert_close(
        windows, windows[:, :1, :1] + torch.arange(8.0) + torch.tensor([[0.0], [0.5]])
    )


@pytest.mark.parametrize("n_windows", range(1, 70, 4))
@pytest.mark.parametrize("batch_size", [1, 3, 16, 64])
def test_batches_differ_by_one_window_at_most(n_windows, batch_size):
    crops = RandomCrops(numbered(n_windows), batch_size, crop_length=8)
    sizes = [len(batch.y) for batch in crops]
    assert len(sizes) == len(crops) == count_batches(n_windows, batch_size)
    assert sum(sizes) == n_windows
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= 1.5 * batch_size


def test_starts_are_uniform_and_drawn_again_in_each_pass():
    crops = RandomCrops(numbered(500), 100, crop_length=8)
    crops.generator.manual_seed(0)
    (*_, first_order, first), (*_, order, starts) = one_pass(crops), one_pass(crops)
    counts = torch.bincount(starts, minlength=13)
    assert len(counts) == 13  # 0 to 20 - 8
    assert 15 < counts.min() < counts.max() < 70
    assert not torch.equal(first_order, order)
    assert not torch.equal(first[first_order.argsort()], starts[order.argsort()])


def test_a_crop_of_full_length_is_the_window():
    data = numbered(6)
    windows, _, number, _ = one_pass(RandomCrops(data, 4, crop_length=20))
    torch.testing.assert_close(windows, data.X[number])


def test_changing_a_batch_does_not_change_the_data():
    data = numbered(6)
    for batch in RandomCrops(data, 2, crop_length=20):
        batch.x.zero_()
        batch.y.zero_()
        batch.weight.zero_()
    torch.testing.assert_close(data.X, numbered(6).X)
    torch.testing.assert_close(data.y, numbered(6).y)
    torch.testing.assert_close(data.weight, numbered(6).weight)


def test_crops_draw_from_their_own_generator():
    crops = RandomCrops(numbered(20), 5, crop_length=8)
    crops.generator.manual_seed(5)
    before = torch.get_rng_state()
    one = one_pass(crops)
    torch.testing.assert_close(torch.get_rng_state(), before, rtol=0, atol=0)
    crops.generator.manual_seed(5)
    torch.testing.assert_close(one_pass(crops), one)


def test_a_batch_has_the_weights_of_its_windows_and_their_sum():
    for batch in RandomCrops(numbered(10), 4, crop_length=8):
        torch.testing.assert_close(batch.weight, batch.y / 6)
        assert batch.total == pytest.approx(batch.weight.sum().item())


@pytest.mark.parametrize("n_windows", [10, 11])
def test_the_shares_of_processes_make_up_the_batches(n_windows):
    alone = RandomCrops(numbered(n_windows), 5, crop_length=8)
    shares = [RandomCrops(numbered(n_windows), 5, 8, ProcessInfo(rank, 2)) for rank in range(2)]
    for crops in (alone, *shares):
        crops.generator.manual_seed(3)
    for whole, *parts in zip(alone, *shares, strict=True):
        assert [part.total for part in parts] == [whole.total] * 2
        joined = {int(y): x for part in parts for x, y in zip(part.x, part.y, strict=True)}
        assert len(joined) == len(whole)
        for x, y in zip(whole.x, whole.y, strict=True):
            torch.testing.assert_close(joined[int(y)], x)


def test_sequences_are_not_cropped_and_keep_their_lengths():
    X = torch.arange(24.0).reshape(4, 3, 1, 2)
    data = TrainingSet(X, torch.arange(12).reshape(4, 3), torch.ones(4, 3), torch.arange(4))
    for batch in RandomCrops(data, 2, crop_length=2):
        torch.testing.assert_close(batch.x, X[batch.lengths])
        assert batch.total == 6


def test_a_subset_has_the_targets_and_weights_of_its_windows():
    data = numbered(6)
    part = data.subset(torch.tensor([4, 1]).numpy())
    assert part.y.tolist() == [12, 3]
    assert part.weight.tolist() == [2.0, 0.5]
    torch.testing.assert_close(part.X, data.X[[4, 1]])


@pytest.mark.parametrize("n_crops", [2, 3, 5, 13, 50])
def test_even_crops_cover_the_first_to_the_last_sample(n_crops):
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


def test_a_single_crop_is_at_the_start_and_a_full_one_is_the_window():
    data = numbered(3)
    torch.testing.assert_close(even_crops(data.X, 8, 1)[:, 0], data.X[..., :8])
    torch.testing.assert_close(even_crops(data.X, 20, 9)[:, 0], data.X)
