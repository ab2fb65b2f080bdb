"""Batches of blocks: every window once, nearly as even as a full shuffle, read in long pieces."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eegzoo.data.windows.lazy_windows import JoinedWindows, MappedWindows, SelectedWindows, Windows
from eegzoo.training import BlockSampler, EEGClassifier
from eegzoo.training.inputs.stored.blocks import BlockBatches, batch_edges
from eegzoo.training.inputs.training_set import TrainingSet
from eegzoo.training.parallel.processes import ProcessInfo


class Files(Windows):
    """Windows in files, whose only sample is their number, and which remembers what was read."""

    def __init__(self, sizes):
        self.sizes, self.reads = sizes, []
        self.shape = (sum(sizes), 1, 1)

    def read(self, indices):
        self.reads.append(indices)
        return indices.astype(np.float32)[:, None, None]

    def locations(self):
        files = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return files, np.concatenate([np.arange(size) for size in self.sizes])


def make_batches(windows, batch_size=8, sampler=BlockSampler(4, 32), process=ProcessInfo(), seed=0):  # noqa: B008
    n = len(windows)
    data = TrainingSet(windows, torch.arange(n), torch.ones(n))
    batches = BlockBatches(data, batch_size, 1, sampler, process)
    batches.generator.manual_seed(seed)
    return batches


def order_of(batches):
    return [batch.x.flatten().long().tolist() for batch in batches]


def joined(batches):
    return list(itertools.chain.from_iterable(batches))


sizes_of_files = st.lists(st.integers(1, 40), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    sizes_of_files, st.integers(1, 8), st.integers(8, 20), st.integers(9, 60), st.integers(0, 99)
)
def test_every_window_is_drawn_once_in_even_batches(sizes, length, batch_size, buffer, seed):
    sampler = BlockSampler(length, max(buffer, length + 1))
    batches = make_batches(Files(sizes), batch_size, sampler, seed=seed)
    drawn = order_of(batches)
    assert sorted(joined(drawn)) == list(range(sum(sizes)))
    assert len(drawn) == len(batches)
    assert max(map(len, drawn)) - min(map(len, drawn)) < 2 * sampler.n_lanes
    assert all(len(batch) % sampler.n_lanes == 0 for batch in drawn[:-1])


@pytest.mark.parametrize("n_processes", [2, 4, 8])
def test_processes_share_the_order_of_one_without_overlap_and_without_loss(n_processes):
    sizes = [50, 1, 37, 64]
    whole = order_of(make_batches(Files(sizes), 16))
    shares, read = [], []
    for rank in range(n_processes):
        files = Files(sizes)
        shares.append(order_of(make_batches(files, 16, process=ProcessInfo(rank, n_processes))))
        read.append(np.concatenate(files.reads))
    for number, batch in enumerate(whole):
        for rank, share in enumerate(shares):
            assert share[number] == batch[rank::n_processes]
    # Each window is read by one process, once.
    assert sorted(np.concatenate(read)) == list(range(sum(sizes)))


def test_processes_read_pieces_about_as_long_as_one_does():
    def pieces(process):
        files = Files([64] * 32)
        list(make_batches(files, 32, BlockSampler(16, 512), process))
        return sum(1 + int((np.diff(read) != 1).sum()) for read in files.reads)

    # Blocks are cut at the places of lanes and at the ends of files.
    assert pieces(ProcessInfo()) <= 1.3 * 32 * 64 / 16 * 1.25
    assert sum(pieces(ProcessInfo(rank, 4)) for rank in range(4)) <= 1.2 * 32 * 64 / 16 * 1.25


def test_the_order_depends_on_the_seed_alone():
    one, same, other = (order_of(make_batches(Files([100]), seed=seed)) for seed in (0, 0, 1))
    assert one == same != other


def test_blocks_begin_elsewhere_in_each_pass():
    files = Files([200])
    batches = make_batches(files, 20, BlockSampler(10, 40))
    starts = []
    for _ in range(2):
        files.reads.clear()
        list(batches)
        starts.append(
            {int(start) for read in files.reads for start in read[np.diff(read, prepend=-9) != 1]}
        )
    assert {start % 10 for start in starts[0]} != {start % 10 for start in starts[1]}


@pytest.mark.parametrize("n_done", [1, 5, 12, 16])
def test_a_pass_resumes_without_reading_what_came_before(n_done):
    whole = order_of(make_batches(Files([64, 64]), 8))
    files = Files([64, 64])
    batches = make_batches(files, 8)
    batches.n_done = n_done
    assert order_of(batches) == whole[n_done:]
    left = sorted(joined(whole[n_done:]))
    assert sorted(np.concatenate([[], *files.reads]).astype(int)) == left
    assert len(order_of(batches)) == len(whole)


def test_an_abandoned_pass_reads_one_buffer_ahead():
    files = Files([512])
    next(iter(make_batches(files, 8, BlockSampler(4, 32))))
    assert sum(map(len, files.reads)) <= 64


def test_an_error_of_reading_is_raised():
    class Broken(Files):
        def read(self, indices):
            raise ValueError("a.npy is damaged")

    with pytest.raises(ValueError, match=r"a\.npy is damaged"):
        list(make_batches(Broken([32])))


def test_windows_in_memory_are_drawn_alike():
    n = 100
    lazy = order_of(make_batches(Files([n])))
    assert order_of(make_batches(torch.arange(float(n))[:, None, None])) == lazy


def test_crops_are_those_of_the_drawn_windows():
    X = torch.arange(40.0).reshape(40, 1, 1) * 100 + torch.arange(50.0)
    data = TrainingSet(X, torch.arange(40), torch.ones(40))
    for batch in BlockBatches(data, 8, 20, BlockSampler(4, 16)):
        first = batch.x[:, 0, 0]
        assert torch.equal(first // 100, batch.y.float())
        steps = torch.arange(20.0).expand(len(batch), 20)
        assert torch.equal(batch.x[:, 0] - first[:, None], steps)


def test_locations_pass_through_selections_joins_and_functions():
    files = Files([3, 2])
    chosen = SelectedWindows(files, np.array([4, 0, 2]))
    mapped = MappedWindows(chosen, np.negative, (1, 1))
    joined = JoinedWindows([mapped, np.zeros((2, 1, 1), np.float32), files])
    owners, places = joined.locations()
    np.testing.assert_array_equal(owners, [1, 0, 0, 2, 2, 3, 3, 3, 4, 4])
    np.testing.assert_array_equal(places, [1, 0, 2, 0, 1, 0, 1, 2, 0, 1])


# How random the order is.


def variance_of_means(order, values):
    return np.mean([(values[batch].mean() - values.mean()) ** 2 for batch in order])


@pytest.mark.parametrize(
    ("length", "buffer", "is_short"),
    [(16, 256, False), (16, 1024, False), (4, 256, False), (32, 128, True)],
)
def test_batches_vary_as_the_formula_says(length, buffer, is_short):
    """Labels that are alike throughout a recording, the worst case; 20 passes of 64 batches."""
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(size=64), 64)
    sampler = BlockSampler(length, buffer)
    batches = make_batches(Files([64] * 64), 64, sampler)
    found = np.mean([variance_of_means(order_of(batches), values) for _ in range(20)])
    shuffled = [rng.permutation(4096).reshape(64, 64) for _ in range(20)]
    ratio = found / np.mean([variance_of_means(order, values) for order in shuffled])
    expected = sampler.variance_inflation(64)
    assert ratio < 1.15 * expected
    assert is_short or ratio > 0.85 * expected  # blocks at the ends of files are shorter


def test_neighbours_in_a_file_are_far_apart_in_the_order():
    order = np.array(joined(order_of(make_batches(Files([512] * 4), 64, BlockSampler(16, 1024)))))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    assert abs(np.corrcoef(place, np.arange(len(place)))[0, 1]) < 0.2
    # A full shuffle has 1/3 of the windows between two neighbours; one read in order has none.
    assert np.median(abs(np.diff(place))) > len(place) / 16


# Wrong values.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"block_length": 0}, "block_length"),
        ({"n_lanes": 2.5}, "n_lanes"),
        ({"buffer_length": 16}, "expected a buffer_length above block_length and n_lanes"),
    ],
)
def test_a_sampler_that_cannot_be_raises(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        BlockSampler(**arguments)


def test_batches_and_processes_must_fit_the_lanes():
    with pytest.raises(ValueError, match=r"batch_size of at least 8, the lanes .*, got 4"):
        make_batches(Files([40]), 4)
    with pytest.raises(ValueError, match="n_lanes of the sampler that 3 processes divide, got 8"):
        make_batches(Files([40]), process=ProcessInfo(0, 3))


def test_a_sampler_is_refused_with_batches_of_people():
    X = np.random.default_rng(0).normal(0, 20, (32, 2, 64)).astype(np.float32)
    classifier = EEGClassifier(sfreq=64, people_per_batch=2, sampler=BlockSampler(4, 16))
    with pytest.raises(ValueError, match="expected sampler or people_per_batch, got both"):
        classifier.fit(X, np.arange(32) % 2, groups=np.arange(32) // 8)
    with pytest.raises(TypeError, match="expected sampler to be a NightSampler or BlockSampler"):
        EEGClassifier(sampler="blocks").check_parameters()


@given(st.integers(1, 500), st.integers(1, 16), st.integers(0, 40))
def test_edges_rise_from_zero_to_the_number_of_windows(n_windows, n_lanes, more):
    n_batches = max(1, round(n_windows / (n_lanes + more)))
    edges = batch_edges(n_windows, n_batches, n_lanes)
    assert (edges[0], edges[-1], len(edges)) == (0, n_windows, n_batches + 1)
    assert all(one < other for one, other in itertools.pairwise(edges))
