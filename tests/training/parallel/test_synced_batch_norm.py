"""Batch normalisation over several processes equals that of one process with the joined batch.

Run as a script, this file is one process: ``python test_synced_batch_norm.py RANK FOLDER``.
"""

import copy
import io
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import eegzoo
from eegzoo.layers.person.feature_norm import FeatureNorm
from eegzoo.training.parallel.synced_batch_norm import SyncedBatchNorm, _pooled, synchronised

SIZE = 3
NEEDS_GLOO = pytest.mark.skipif(
    not (dist.is_available() and dist.is_gloo_available()), reason="this torch has no gloo"
)

# Layer, shape of a window, number of windows in each process, dtype.
CASES = {
    "maps": (lambda: nn.BatchNorm2d(3), (3, 4, 5), (3, 1, 2), torch.float64),
    "signals": (lambda: nn.BatchNorm1d(4), (4, 6), (1, 4, 1), torch.float64),
    "features": (lambda: nn.BatchNorm1d(4), (4,), (1, 1, 2), torch.float64),
    "volumes": (lambda: nn.BatchNorm3d(2), (2, 3, 2, 2), (1, 2, 1), torch.float64),
    "equal shares": (lambda: nn.BatchNorm1d(2), (2, 3), (2, 2, 2), torch.float64),
    "an empty share": (lambda: nn.BatchNorm1d(2), (2, 3), (2, 0, 1), torch.float64),
    "not affine": (lambda: nn.BatchNorm1d(4, affine=False), (4, 6), (2, 1, 3), torch.float64),
    "no momentum": (lambda: nn.BatchNorm1d(4, momentum=None), (4, 6), (2, 1, 3), torch.float64),
    "large momentum": (lambda: nn.BatchNorm1d(4, momentum=0.7), (4, 6), (2, 1, 3), torch.float64),
    "large eps": (lambda: nn.BatchNorm1d(4, eps=0.5), (4, 6), (2, 1, 3), torch.float64),
    "no running statistics": (
        lambda: nn.BatchNorm1d(4, track_running_stats=False), (4, 6), (2, 1, 3), torch.float64
    ),
    "tracking switched off": (lambda: without_tracking(), (4, 6), (2, 1, 3), torch.float64),
    "single precision": (lambda: nn.BatchNorm2d(3), (3, 4, 5), (3, 1, 2), torch.float32),
    "half precision": (lambda: nn.BatchNorm2d(3), (3, 4, 5), (3, 1, 2), torch.bfloat16),
    "transposed": (lambda: NormOfSamples(5), (3, 4, 5), (3, 1, 2), torch.float64),
}  # fmt: skip
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-4, torch.bfloat16: 2e-2}


class NormOfSamples(nn.BatchNorm2d):
    """Custom layer that calls the forward of the plain layer."""

    def forward(self, x):
        return super().forward(x.transpose(1, 3)).transpose(1, 3)


def without_tracking():
    """Return a layer whose tracking of statistics was switched off after construction."""
    layer = nn.BatchNorm1d(4)
    layer.track_running_stats = False
    return layer


class Fixed(nn.BatchNorm1d):
    """Custom layer that does not compute statistics."""

    def forward(self, x):
        return nn.functional.batch_norm(x, self.running_mean, self.running_var)


def trained(name, of_share=lambda values: values):
    """Train a layer for three steps on this process's share of the windows; return all results."""
    make, shape, shares, dtype = CASES[name]
    generator = torch.Generator().manual_seed(len(name))
    layer = make().to(torch.float32 if dtype == torch.bfloat16 else dtype)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(0.5, 2.0, generator=generator)
    seen = {}
    with synchronised(layer):
        for step in range(3):
            # A large mean, and windows of different amplitudes, so that the shares differ.
            sizes = torch.linspace(0.1, 3.0, sum(shares)).view(-1, *[1] * len(shape))
            whole = torch.randn(sum(shares), *shape, generator=generator) * sizes + 50.0
            target = torch.randn(sum(shares), *shape, generator=generator)
            x = of_share(whole).to(dtype).requires_grad_()
            y = layer(x)
            layer.zero_grad()
            (y * of_share(target)).sum().backward()
            seen[f"y{step}"], seen[f"of_x{step}"] = y.detach(), x.grad
        gradients = {f"of_{key}": value.grad for key, value in layer.named_parameters()}
        layer.eval()
        if layer.track_running_stats:  # otherwise each process uses its own statistics
            seen["evaluated"] = layer(x).detach()
    return {**seen, **gradients, **layer.state_dict()}


def pooling(rank, world=SIZE):
    """Return pooled statistics, and gradients of a function of them, in one of the processes."""
    generator = torch.Generator().manual_seed(7)
    means, spreads, first, second = torch.rand(4, world, 2, generator=generator).double()
    mean, spread = means[rank].requires_grad_(), spreads[rank].requires_grad_()
    norm = nn.BatchNorm1d(2)
    with synchronised(norm):
        pooled, variance, total = norm.pooled(mean, spread, 3 + rank)
    (pooled.sin() * first[rank] + variance.square() * second[rank]).sum().backward()
    return pooled.detach(), variance.detach(), total, mean.grad, spread.grad


def work(rank, folder):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=SIZE)
    found = {"pooling": pooling(rank)}
    for name, (_, _, shares, _) in CASES.items():
        found[name] = trained(name, lambda values, of=shares: values.split(list(of))[rank])
    layer = nn.BatchNorm1d(2).eval()
    with synchronised(layer):
        if rank == 0:
            layer(torch.zeros(3, 2))  # the other processes are not involved
            layer.pooled(torch.zeros(2), torch.ones(2), 3)
        with torch.no_grad():
            layer.train()(torch.full((1, 2), float(rank)))
    found["without gradients"] = layer.state_dict()
    torch.save(found, folder / f"{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """Return the results of each process."""
    folder = tmp_path_factory.mktemp("processes")
    root = Path(eegzoo.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root), "GLOO_SOCKET_IFNAME": "lo"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", __file__, str(rank), str(folder)],
            env=environment, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(SIZE)
    ]  # fmt: skip
    try:
        errors = [worker.communicate(timeout=120)[1] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0] * SIZE, "\n".join(errors)
    return [torch.load(folder / f"{rank}.pt") for rank in range(SIZE)]


@pytest.fixture
def alone():
    """Initialise a process group that consists of this process."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@NEEDS_GLOO
@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_processes_get_the_results_of_one_process_with_all_windows(processes, name):
    whole, found = trained(name), [process[name] for process in processes]
    tolerance = TOLERANCE[CASES[name][3]]
    for key, expected in whole.items():
        parts = [process[key] for process in found]
        if key.rstrip("012") in ("y", "of_x", "evaluated"):
            together = torch.cat(parts)  # one part for each share of windows
        elif key.startswith("of_"):
            together = sum(parts)  # gradients of parameters
        else:
            assert all(torch.equal(part, parts[0]) for part in parts), key
            together = parts[0]
        torch.testing.assert_close(
            together, expected, rtol=tolerance, atol=tolerance,
            msg=lambda text, key=key: f"{key}: {text}",
        )  # fmt: skip


@NEEDS_GLOO
@pytest.mark.slow
def test_gradients_flow_through_pooled_statistics(processes):
    generator = torch.Generator().manual_seed(7)
    means, spreads, first, second = torch.rand(4, SIZE, 2, generator=generator).double()
    means.requires_grad_()
    spreads.requires_grad_()
    counts = torch.tensor([[3.0], [4.0], [5.0]], dtype=torch.float64)
    mean = (counts * means).sum(0) / 12
    variance = (counts * (spreads + means.square())).sum(0) / 12 - mean.square()
    (mean.sin() * first + variance.square() * second).sum().backward()
    for rank, process in enumerate(processes):
        found = process["pooling"]
        torch.testing.assert_close(found[:2], (mean.detach(), variance.detach()))
        assert found[2] == 12
        torch.testing.assert_close(found[3:], (means.grad[rank], spreads.grad[rank]))


@NEEDS_GLOO
@pytest.mark.slow
def test_statistics_are_computed_without_gradients(processes):
    for process in processes:
        state = process["without gradients"]
        torch.testing.assert_close(state["running_mean"], torch.full((2,), 0.1))
        torch.testing.assert_close(state["running_var"], torch.full((2,), 1.0))


@NEEDS_GLOO
@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    offset=st.floats(-1e3, 1e3),
    affine=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_the_formula_equals_the_plain_layer(shape, offset, affine, seed):
    if np.prod(shape) == shape[1]:
        return  # a single value has no variance
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(*shape, generator=generator).double() + offset
    of_y = torch.randn(*shape, generator=generator).double()
    plain = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}[len(shape)](
        shape[1], affine=affine
    ).double()
    synced, results = copy.deepcopy(plain), []
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        with synchronised(synced):
            for layer, call in ((plain, plain), (synced, synced._normalize_together)):
                given = x.clone().requires_grad_()
                y = call(given)
                y.backward(of_y)
                learnt = [parameter.grad for parameter in layer.parameters()]
                results.append([y.detach(), given.grad, *learnt, *layer.state_dict().values()])
    finally:
        dist.destroy_process_group()
    # Where a feature hardly varies, the rounding error of its mean is divided by a small number.
    torch.testing.assert_close(results[1], results[0], rtol=1e-6, atol=1e-6)


@NEEDS_GLOO
@pytest.mark.parametrize("affine", [True, False])
def test_gradients_equal_finite_differences(alone, affine):
    layer = nn.BatchNorm1d(2, affine=affine).double()
    x = torch.randn(3, 2, 4, dtype=torch.float64, requires_grad=True)
    with synchronised(layer):
        learnt = tuple(layer.parameters())
        torch.autograd.gradcheck(lambda x, *_: layer._normalize_together(x), (x, *learnt))


@NEEDS_GLOO
def test_values_are_counted_exactly(alone):
    many = 2**24 + 1  # not representable in float32
    total = _pooled(torch.zeros(1), torch.ones(1), many)[2]
    assert total.item() == many


@NEEDS_GLOO
def test_a_group_of_one_process_uses_the_plain_layer(alone):
    layer, x = nn.BatchNorm2d(3), torch.randn(2, 3, 4, 5)
    expected = copy.deepcopy(layer)(x)
    with synchronised(layer):
        assert torch.equal(layer(x), expected)
        assert layer.running_mean.any()


@pytest.mark.parametrize("training", [True, False])
def test_without_a_process_group_the_plain_layer_is_used(training):
    layer, x = nn.BatchNorm2d(3).train(training), torch.randn(2, 3, 4, 5)
    plain = copy.deepcopy(layer)
    with synchronised(layer):
        assert torch.equal(layer(x), plain(x))
    assert torch.equal(layer.running_var, plain.running_var)


def net():
    return nn.Sequential(
        nn.Conv1d(3, 4, 5), nn.BatchNorm1d(4), nn.Sequential(Fixed(4), nn.BatchNorm1d(4)),
        nn.LayerNorm(8),
    )  # fmt: skip


def test_only_batch_normalisations_change_and_only_temporarily():
    module = net()
    before = {name: type(layer) for name, layer in module.named_modules()}
    keys = list(module.state_dict())
    with synchronised(module):
        changed = [
            name for name, layer in module.named_modules() if isinstance(layer, SyncedBatchNorm)
        ]
        assert changed == ["1", "2.0", "2.1"]
        assert isinstance(module[2][0], Fixed)
        assert list(module.state_dict()) == keys
    assert {name: type(layer) for name, layer in module.named_modules()} == before


def test_layers_are_plain_again_after_an_error():
    module = net()
    with pytest.raises(ZeroDivisionError), synchronised(module):
        _ = 1 / 0
    assert type(module[1]) is nn.BatchNorm1d


def test_a_nested_context_does_not_end_the_outer_one():
    module = net()
    with synchronised(module):
        with synchronised(module[2]):
            assert isinstance(module[2][1], SyncedBatchNorm)
            assert type(copy.deepcopy(module)[2][1]) is nn.BatchNorm1d
        assert isinstance(module[2][1], SyncedBatchNorm)
    assert type(module[2][1]) is nn.BatchNorm1d


def test_the_synchronised_layer_of_torch_is_not_changed():
    layer = nn.SyncBatchNorm(3)
    with synchronised(layer):
        assert type(layer) is nn.SyncBatchNorm


def pickled(layer):
    return pickle.loads(pickle.dumps(layer))


def saved(layer):
    buffer = io.BytesIO()
    torch.save(layer, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=False)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled, saved])
@pytest.mark.parametrize("kind", [nn.BatchNorm1d, Fixed])
def test_copies_are_plain(copied, kind, monkeypatch):
    # In pytest's import mode, pickle does not find the classes of this file.
    monkeypatch.setitem(sys.modules, kind.__module__, sys.modules.get(kind.__module__, sys))
    if kind is Fixed:
        monkeypatch.setattr(sys.modules[kind.__module__], "Fixed", Fixed, raising=False)
    layer = kind(3)
    layer.running_mean.uniform_()
    with synchronised(layer):
        copy_of_it = copied(layer)
    assert type(copy_of_it) is kind
    assert torch.equal(copy_of_it.running_mean, layer.running_mean)


@NEEDS_GLOO
def test_a_wrong_number_of_dimensions_raises(monkeypatch):
    layer = nn.BatchNorm1d(3)
    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    with synchronised(layer), pytest.raises(ValueError, match="expected 2D or 3D"):
        layer(torch.zeros(2, 3, 4, 5))


if __name__ == "__main__":
    work(int(sys.argv[1]), Path(sys.argv[2]))


def test_statistics_of_people_need_one_process():
    module = nn.Sequential(nn.Linear(4, 4), FeatureNorm(4))
    expected = r"expected one process .* got layers FeatureNorm"
    with pytest.raises(ValueError, match=expected), synchronised(module):
        pass
