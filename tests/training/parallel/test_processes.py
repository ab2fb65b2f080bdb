"""Two processes that share every batch learn what one learns.

Run as a script, this file is one of the processes: ``python test_distributed.py FOLDER NAMES``.
"""

import importlib.util
import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import eegzoo
from eegzoo.layers import ConstrainedConv1d, ConstrainedDense
from eegzoo.models import find_entry, freeze, list_models
from eegzoo.training.parallel.processes import (
    World,
    data_parallel,
    find_world,
    from_main,
    is_launched,
    leave_world,
    mean_over,
    share_of,
    share_of_mean,
    threads_of_each,
)

ROOT = Path(eegzoo.__file__).parents[1]
HAS_ACCELERATE = importlib.util.find_spec("accelerate") is not None
NEEDS_BOTH = [
    pytest.mark.skipif(not HAS_ACCELERATE, reason="accelerate is not installed"),
    pytest.mark.skipif(
        not (dist.is_available() and dist.is_gloo_available()), reason="this torch has no gloo"
    ),
]
BATCH_SIZES = (7, 2, 5, 3, 4, 7)
# One model of each class, at half its rate; some are smaller than that.
CLASSES = list({find_entry(name).model_class: name for name in reversed(list_models())}.values())
SMALLER = {
    "deepsleepnet": {"n_filters": 8, "hidden_size": 16},
    "eeginception_mi": {"n_filters": 2, "n_lengths": 2},
    "resnet1d": {"n_filters": 4, "depths": (1, 1, 1, 1)},
    "usleep": {"depth": 2},
}
RENDEZVOUS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
SET_BY_OTHERS = (*RENDEZVOUS, "OMP_NUM_THREADS")


def compact(name, **parameters):
    return find_entry(name).build(
        n_chans=4, n_times=128, n_outputs=3, sfreq=64, drop_prob=0.0, **parameters
    )


def frozen():
    model = compact("eegnet")
    freeze(model, until="separable")
    return model


def reordered():
    """EEGNet with its spatial filters first, whatever that costs."""
    model = compact("eegnet")
    model.front.fused = True
    return model


def constrained():
    """Layers whose stored weights a forward changes, all at once or by and by."""
    return nn.Sequential(
        ConstrainedConv1d(4, 6, 5, padding="causal", max_norm=0.9, min_norm=0.8, minmax_rate=0.3),
        nn.BatchNorm1d(6),
        nn.ELU(),
        nn.AvgPool1d(16),
        nn.Flatten(),
        ConstrainedDense(6 * 8, 3, max_norm=0.25),
    )


SCENARIOS = {
    "plain eegnet": (lambda: compact("eegnet"), torch.float64),
    "reordered eegnet": (reordered, torch.float64),
    "eegnet in single precision": (lambda: compact("eegnet"), torch.float32),
    "plain shallow_convnet": (lambda: compact("shallow_convnet"), torch.float64),
    "frozen": (frozen, torch.float64),
    "constrained": (constrained, torch.float64),
    "compiled": (lambda: compact("eegnet"), torch.float64),
}
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-5}


def trained(world, name):
    """Some steps of Adam on batches of unequal shares: losses, weights, running statistics."""
    make, dtype = SCENARIOS[name]
    torch.manual_seed(world.rank)  # all but the main process start elsewhere
    model = make().to(dtype)
    for buffer in model.buffers():
        if buffer.is_floating_point():
            buffer.add_(world.rank)
    torch.manual_seed(0)
    x = torch.randn(30, 4, 128, dtype=dtype) * torch.linspace(0.5, 2, 30)[:, None, None]
    y, weight = torch.randint(3, (30,)), torch.rand(30, dtype=dtype)
    weight[torch.tensor([1, 8])] = 0.0  # one is alone in its share
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    # What a normalisation cancels has gradients of rounding alone, which a small `eps` would blow
    # up to steps of `lr`.
    optimizer = torch.optim.Adam(learnt, lr=1e-2, eps=1e-8 if dtype == torch.float64 else 1e-3)
    losses = []
    called = torch.compile(model, backend="eager") if name == "compiled" else model
    with data_parallel(called, world) as replica:
        for batch in torch.arange(sum(BATCH_SIZES)).split(BATCH_SIZES):
            mine = share_of(world, batch)
            each = nn.functional.cross_entropy(replica(x[mine]), y[mine], reduction="none")
            loss = share_of_mean(world, each * weight[mine], weight[batch].sum())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learnt, 0.5)
            optimizer.step()
            losses.append(mean_over(world, loss))
    kinds = [type(layer).__name__ for layer in model.modules()]
    return {"losses": torch.stack(losses), "kinds": kinds, **model.state_dict()}


def stepped(world, name):
    """One step of gradient descent of a model of the zoo without dropout."""
    entry = find_entry(name)
    n_times, sfreq = entry.standard["n_times"] // 2, entry.standard["sfreq"] / 2
    sizes = {"n_chans": 3, "n_times": n_times, "n_outputs": 3, "sfreq": sfreq}
    torch.manual_seed(world.rank)
    model = entry.build(**sizes, **SMALLER.get(name, {})).double()
    for layer in model.modules():
        if isinstance(layer, nn.modules.dropout._DropoutNd):
            layer.p = 0.0
        elif isinstance(layer, nn.MultiheadAttention):
            layer.dropout = 0.0
    torch.manual_seed(0)
    x = 10 * torch.randn(3, 3, n_times, dtype=torch.float64)
    batch, y = torch.arange(3), torch.tensor([0, 2, 1])
    mine = share_of(world, batch)
    with data_parallel(model, world) as replica:
        each = nn.functional.cross_entropy(replica(x[mine]), y[mine], reduction="none")
        share_of_mean(world, each, 3).backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    return dict(model.state_dict())


def found(world, name):
    return stepped(world, name) if name in CLASSES else trained(world, name)


def work(folder, names):
    world = find_world("cpu")
    threads = torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]
    with warnings.catch_warnings():
        if "compiled" in names:
            warnings.simplefilter("ignore")  # torch's compiler warns itself
        results = {name: found(world, name) for name in names}
    results["threads"] = threads
    results["world"] = (world.rank, world.size, dist.get_backend(), find_world() == world)
    own = torch.tensor(float(world.rank))
    results["average"] = [mean_over(world, own).item(), own.item()]
    results["from main"] = from_main(world, f"what {world.rank} has")
    torch.save(results, folder / f"{world.rank}.pt")
    leave_world()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(folder):
    """An environment without other processes or a user's configuration of accelerate."""
    environment = {key: value for key, value in os.environ.items() if key not in SET_BY_OTHERS}
    own = {"PYTHONPATH": str(ROOT), "HF_HOME": str(folder)}
    return {**environment, **own, "GLOO_SOCKET_IFNAME": "lo"}


def run(commands, environments):
    """Run processes to their end."""
    processes = [
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        for command, environment in zip(commands, environments, strict=True)
    ]
    try:
        errors = [process.communicate(timeout=300)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert not any(process.returncode for process in processes), "\n".join(errors)


def two_processes(folder, names):
    """What each of two processes finds."""
    port = str(free_port())
    environments = [
        clean_environment(folder)
        | {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
        | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        for rank in "01"
    ]
    command = [sys.executable, "-W", "error", __file__, str(folder), *names]
    run([command] * 2, environments)
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    return two_processes(tmp_path_factory.mktemp("processes"), [*SCENARIOS, *CLASSES])


def together(*tests):
    for mark in [*NEEDS_BOTH, pytest.mark.slow]:
        tests = [mark(test) for test in tests]
    return tests[0]


def assert_same(results, expected, tolerance):
    first, second = results
    assert list(first) == list(second) == list(expected)
    for key, value in expected.items():
        if key == "kinds":
            assert first[key] == value
            continue
        assert torch.equal(first[key], second[key]), f"the processes differ in {key}"
        torch.testing.assert_close(
            first[key], value, rtol=tolerance, atol=tolerance,
            msg=lambda text, key=key: f"{key}: {text}",
        )  # fmt: skip


@together
@pytest.mark.parametrize("name", SCENARIOS)
def test_two_processes_learn_what_one_learns(processes, name):
    tolerance = TOLERANCE[SCENARIOS[name][1]]
    assert_same([process[name] for process in processes], trained(World(), name), tolerance)


@together
@pytest.mark.parametrize("name", CLASSES)
def test_every_model_learns_the_same(processes, name):
    assert_same([process[name] for process in processes], stepped(World(), name), 1e-9)


@together
def test_processes_know_their_places_and_agree(processes):
    assert [process["world"] for process in processes] == [
        (0, 2, "gloo", True),
        (1, 2, "gloo", True),
    ]
    n_threads = threads_of_each(2)
    assert {process["threads"] for process in processes} == {(n_threads, str(n_threads))}
    assert [process["average"] for process in processes] == [[0.5, 0.0], [0.5, 1.0]]
    assert {process["from main"] for process in processes} == {"what 0 has"}


@together
def test_accelerate_launch_starts_such_processes(tmp_path, processes):
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    options = ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    port = ["--main_process_port", str(free_port())]
    command = [sys.executable, *launch, *options, *port, __file__, str(tmp_path), "constrained"]
    run([command], [clean_environment(tmp_path)])
    for rank, process in enumerate(processes):
        launched = torch.load(tmp_path / f"{rank}.pt")
        assert launched["world"] == process["world"]
        for key in ("losses", "5.weight"):
            assert torch.equal(launched["constrained"][key], process["constrained"][key])


def test_a_process_is_alone_unless_told_otherwise(monkeypatch):
    for name in RENDEZVOUS:
        monkeypatch.delenv(name, raising=False)
    assert find_world() == World(0, 1)
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert find_world() == World(0, 1)
    assert not is_launched()
    assert World().is_main
    leave_world()


@pytest.mark.slow
def test_alone_nothing_is_imported_or_changed():
    code = """
import os, sys, torch
from eegzoo.training.parallel.processes import World, data_parallel, find_world
before = dict(os.environ), torch.get_num_threads()
world = find_world("cpu")
with data_parallel(torch.nn.BatchNorm1d(2), world) as layer:
    print(type(layer).__name__, world.size, "accelerate" in sys.modules)
print((dict(os.environ), torch.get_num_threads()) == before, torch.distributed.is_initialized())
"""
    environment = clean_environment("nowhere")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment, capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    assert done.stdout.split() == ["BatchNorm1d", "1", "False", "True", "False"]


@pytest.mark.parametrize("missing", ["RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"])
def test_half_an_environment_raises(monkeypatch, missing):
    for name in RENDEZVOUS:
        monkeypatch.setenv(name, "2")
    monkeypatch.delenv(missing)
    with pytest.raises(ValueError, match=f"expected {missing} in the environment beside WORLD_SI"):
        find_world()


@pytest.mark.parametrize("device", ["mps", "cuda:1"])
def test_devices_that_processes_cannot_share_raise(monkeypatch, device):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="expected device to be one of 'auto', 'cpu', 'cuda'"):
        find_world(device)


def test_without_accelerate_the_error_names_the_extra(monkeypatch):
    for name in RENDEZVOUS:
        monkeypatch.setenv(name, "2")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ImportError, match=r"pip install 'eegzoo\[parallel\]'"):
        find_world()


def test_threads_are_shared_out():
    cores = threads_of_each(1)
    assert cores >= 1
    assert threads_of_each(cores) == 1
    assert threads_of_each(10 * cores) == 1


@given(st.integers(1, 5), st.integers(0, 20))
def test_shares_make_up_a_batch_and_are_alike_in_size(size, more):
    batch = np.random.default_rng(more).permutation(size + more)
    shares = [share_of(World(rank, size), batch) for rank in range(size)]
    assert sorted(np.concatenate(shares)) == sorted(batch)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    as_tensors = [share_of(World(rank, size), torch.from_numpy(batch)) for rank in range(size)]
    assert [share.tolist() for share in as_tensors] == [share.tolist() for share in shares]


def test_a_batch_without_a_window_for_each_process_raises_in_all():
    for rank in range(3):
        with pytest.raises(ValueError, match=r"batches of at least 3 windows, .* got 2"):
            share_of(World(rank, 3), torch.arange(2))


def test_alone_a_batch_is_taken_as_it_is():
    batch = torch.arange(0)
    assert share_of(World(), batch) is batch


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.floats(-10, 10), st.floats(0, 5)), min_size=4, max_size=12),
)
def test_parts_average_to_the_weighted_mean(size, windows):
    losses, weights = torch.tensor(windows, dtype=torch.float64).T
    losses.requires_grad_()
    total = float(weights.sum())
    worlds = [World(rank, size) for rank in range(size)]
    parts = [
        share_of_mean(world, share_of(world, losses) * share_of(world, weights), total)
        for world in worlds
    ]
    average = sum(parts) / size
    average.backward()
    mean = (losses * weights).sum() / total if total else torch.zeros_like(total * losses.sum())
    torch.testing.assert_close(average, mean)
    torch.testing.assert_close(losses.grad, weights / total if total else torch.zeros_like(weights))


def test_the_total_may_be_a_tensor_and_keeps_the_dtype():
    losses = torch.tensor([1.0, 5.0])
    for total in (2, 2.0, torch.tensor(2.0), torch.tensor(2.0, dtype=torch.float64)):
        mean = share_of_mean(World(), losses, total)
        assert (mean.item(), mean.dtype) == (3.0, torch.float32)


def test_alone_averages_are_copies_without_gradient():
    loss = torch.tensor(2.0, requires_grad=True)
    averaged = mean_over(World(), loss)
    assert (averaged.item(), averaged.requires_grad) == (2.0, False)
    averaged += 1
    assert loss.item() == 2.0


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2:])
