"""Two processes that share every batch learn the same as a single process.

Run as a script, this file is one of the processes: ``python test_data_parallel.py FOLDER NAMES``.
"""

import importlib.util
import os
import socket
import subprocess
import sys
import warnings
from contextlib import contextmanager
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
from eegzoo.training.parallel.data_parallel import (
    broadcast_from_main,
    make_accelerator,
    mean_over_processes,
    share_of,
    share_of_mean,
)
from eegzoo.training.parallel.processes import (
    ProcessInfo,
    join_processes,
    leave_processes,
    threads_per_process,
)
from eegzoo.training.parallel.synced_batch_norm import synchronised

ROOT = Path(eegzoo.__file__).parents[1]
HAS_ACCELERATE = importlib.util.find_spec("accelerate") is not None
NEEDS_BOTH = [
    pytest.mark.skipif(not HAS_ACCELERATE, reason="accelerate is not installed"),
    pytest.mark.skipif(
        not (dist.is_available() and dist.is_gloo_available()), reason="this torch has no gloo"
    ),
]
BATCH_SIZES = (7, 2, 5, 3, 4, 7)
# One model of each class, at half its standard sampling rate. Large ones are made smaller, as two
# processes send each other all parameters. Models with statistics of people are trained in one
# process.
OF_PEOPLE = ("ssvep_front", "tangent_net")
CLASSES = [
    name
    for name in {find_entry(name).model_class: name for name in reversed(list_models())}.values()
    if name not in OF_PEOPLE
]
SMALLER = {
    "bendr": {"embed_dim": 64, "depth": 2, "feedforward_size": 64},
    "deepsleepnet": {"n_filters": 8, "hidden_size": 16},
    "eegpt": {"embed_dim": 64, "depth": 2},
    "eeginception_mi": {"n_filters": 2, "n_kernels": 2},
    "epint": {"embed_dim": 64, "depth": 2},
    "labram": {"depth": 2},
    "cbramod": {"depth": 2},
    "biot": {"embed_dim": 64, "depth": 2},
    "luna": {"embed_dim": 16, "depth": 2},
    "reve": {"embed_dim": 64, "depth": 2, "feedforward_size": 64},
    "resnet1d": {"n_filters": 4, "depths": (1, 1, 1, 1)},
    "sleeptransformer": {"depth": 1, "second_depth": 1},
    "steegformer": {"embed_dim": 64, "depth": 2},
    "stnet": {"n_filters": 32, "head_units": 64},
    "usleep": {"depth": 2},
}
RENDEZVOUS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
SET_BY_LAUNCHERS = (*RENDEZVOUS, "OMP_NUM_THREADS")


def compact(name, **parameters):
    return find_entry(name).build(
        n_chans=4, n_times=128, n_outputs=3, sfreq=64, drop_prob=0.0, **parameters
    )


def frozen():
    model = compact("eegnet")
    freeze(model, until="separable")
    return model


def reordered():
    """EEGNet that always computes its spatial filters first."""
    model = compact("eegnet")
    model.front.fused = True
    return model


def constrained():
    """Layers whose forward pass projects the stored weights, fully or step by step."""
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
# torch's compiler traces the replica anew for each size of its shares, which takes seconds.
BATCH_SIZES_OF = {"compiled": (7, 7, 7)}
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-5}


@contextmanager
def data_parallel(module, process):
    """Yield what is called in place of a module, as the training calls it."""
    if process.n_processes == 1:
        yield module
        return
    with synchronised(module):
        yield make_accelerator("cpu").prepare(module)


def trained(process, name):
    """Train on batches of unequal shares; return losses, weights and running statistics."""
    make, dtype = SCENARIOS[name]
    torch.manual_seed(process.rank)  # other processes start from other weights
    model = make().to(dtype)
    for buffer in model.buffers():
        if buffer.is_floating_point():
            buffer.add_(process.rank)
    torch.manual_seed(0)
    x = torch.randn(30, 4, 128, dtype=dtype) * torch.linspace(0.5, 2, 30)[:, None, None]
    y, weight = torch.randint(3, (30,)), torch.rand(30, dtype=dtype)
    weight[torch.tensor([1, 8])] = 0.0  # window 8 is the only one in its share
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    # A normalisation cancels some parameters. Their gradients are rounding errors, which a small
    # `eps` would amplify to steps of `lr`.
    optimizer = torch.optim.Adam(learnt, lr=1e-2, eps=1e-8 if dtype == torch.float64 else 1e-3)
    losses = []
    called = torch.compile(model, backend="eager") if name == "compiled" else model
    with data_parallel(called, process) as replica:
        sizes = BATCH_SIZES_OF.get(name, BATCH_SIZES)
        for batch in torch.arange(sum(sizes)).split(sizes):
            mine = share_of(process, batch)
            each = nn.functional.cross_entropy(replica(x[mine]), y[mine], reduction="none")
            loss = share_of_mean(process, each * weight[mine], weight[batch].sum())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learnt, 0.5)
            optimizer.step()
            losses.append(mean_over_processes(process, loss))
    kinds = [type(layer).__name__ for layer in model.modules()]
    return {"losses": torch.stack(losses), "kinds": kinds, **model.state_dict()}


def stepped(process, name):
    """Take a step of gradient descent without dropout; return weights and running statistics."""
    entry = find_entry(name)
    n_times, sfreq = entry.standard["n_times"] // 2, entry.standard["sfreq"] / 2
    sizes = {"n_chans": 3, "n_times": n_times, "n_outputs": 3, "sfreq": sfreq}
    torch.manual_seed(process.rank)
    model = entry.build(**sizes, **SMALLER.get(name, {})).double()
    for layer in model.modules():
        if isinstance(layer, nn.modules.dropout._DropoutNd):
            layer.p = 0.0
        elif isinstance(layer, nn.MultiheadAttention):
            layer.dropout = 0.0
    torch.manual_seed(0)
    x = 10 * torch.randn(3, 3, n_times, dtype=torch.float64)
    batch, y = torch.arange(3), torch.tensor([0, 2, 1])
    mine = share_of(process, batch)
    with data_parallel(model, process) as replica:
        each = nn.functional.cross_entropy(replica(x[mine]), y[mine], reduction="none")
        share_of_mean(process, each, 3).backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    return dict(model.state_dict())


def result_of(process, name):
    return stepped(process, name) if name in CLASSES else trained(process, name)


def work(folder, names):
    process = join_processes("cpu")
    threads = torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]
    with warnings.catch_warnings():
        if "compiled" in names:
            warnings.simplefilter("ignore")  # torch's compiler emits warnings
        results = {name: result_of(process, name) for name in names}
    results["threads"] = threads
    results["rank"] = (
        process.rank,
        process.n_processes,
        dist.get_backend(),
        join_processes() == process,
    )
    own = torch.tensor(float(process.rank))
    results["average"] = [mean_over_processes(process, own).item(), own.item()]
    results["from main"] = broadcast_from_main(process, f"value of {process.rank}")
    torch.save(results, folder / f"{process.rank}.pt")
    leave_processes()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(folder):
    """Return the environment without launchers' variables and configuration of accelerate."""
    environment = {key: value for key, value in os.environ.items() if key not in SET_BY_LAUNCHERS}
    own = {"PYTHONPATH": str(ROOT), "HF_HOME": str(folder)}
    return {**environment, **own, "GLOO_SOCKET_IFNAME": "lo"}


def run(commands, environments):
    """Run processes, and wait until they end."""
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
    """Return the results of each of two processes."""
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


def in_two_processes(test):
    for mark in [*NEEDS_BOTH, pytest.mark.slow]:
        test = mark(test)
    return test


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


@in_two_processes
@pytest.mark.parametrize("name", SCENARIOS)
def test_two_processes_learn_the_same_as_one(processes, name):
    tolerance = TOLERANCE[SCENARIOS[name][1]]
    assert_same([process[name] for process in processes], trained(ProcessInfo(), name), tolerance)


@in_two_processes
@pytest.mark.parametrize("name", CLASSES)
def test_every_model_learns_the_same_in_two_processes(processes, name):
    assert_same([process[name] for process in processes], stepped(ProcessInfo(), name), 1e-9)


@in_two_processes
def test_processes_know_their_ranks_and_agree(processes):
    assert [process["rank"] for process in processes] == [
        (0, 2, "gloo", True),
        (1, 2, "gloo", True),
    ]
    n_threads = threads_per_process(2)
    assert {process["threads"] for process in processes} == {(n_threads, str(n_threads))}
    assert [process["average"] for process in processes] == [[0.5, 0.0], [0.5, 1.0]]
    assert {process["from main"] for process in processes} == {"value of 0"}


@in_two_processes
def test_accelerate_launch_starts_the_same_processes(tmp_path, processes):
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    options = ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    port = ["--main_process_port", str(free_port())]
    command = [sys.executable, *launch, *options, *port, __file__, str(tmp_path), "constrained"]
    run([command], [clean_environment(tmp_path)])
    for rank, process in enumerate(processes):
        launched = torch.load(tmp_path / f"{rank}.pt")
        assert launched["rank"] == process["rank"]
        for key in ("losses", "5.weight"):
            assert torch.equal(launched["constrained"][key], process["constrained"][key])


@given(st.integers(1, 5), st.integers(0, 20))
def test_shares_partition_a_batch_into_equal_sizes(size, more):
    batch = np.random.default_rng(more).permutation(size + more)
    shares = [share_of(ProcessInfo(rank, size), batch) for rank in range(size)]
    assert sorted(np.concatenate(shares)) == sorted(batch)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    as_tensors = [
        share_of(ProcessInfo(rank, size), torch.from_numpy(batch)) for rank in range(size)
    ]
    assert [share.tolist() for share in as_tensors] == [share.tolist() for share in shares]


def test_a_batch_with_too_few_windows_raises_in_all_processes():
    for rank in range(3):
        with pytest.raises(ValueError, match=r"batches of at least 3 windows, .* got 2"):
            share_of(ProcessInfo(rank, 3), torch.arange(2))


def test_the_share_of_a_single_process_is_the_batch():
    batch = torch.arange(0)
    assert share_of(ProcessInfo(), batch) is batch


@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(st.floats(-10, 10), st.just(0.0) | st.floats(1e-6, 5)), min_size=4, max_size=12
    ),
)
def test_shares_of_the_mean_average_to_the_weighted_mean(size, windows):
    losses, weights = torch.tensor(windows, dtype=torch.float64).T
    losses.requires_grad_()
    total = float(weights.sum())
    processes = [ProcessInfo(rank, size) for rank in range(size)]
    parts = [
        share_of_mean(process, share_of(process, losses) * share_of(process, weights), total)
        for process in processes
    ]
    average = sum(parts) / size
    average.backward()
    mean = (losses * weights).sum() / total if total else torch.zeros_like(total * losses.sum())
    torch.testing.assert_close(average, mean)
    torch.testing.assert_close(losses.grad, weights / total if total else torch.zeros_like(weights))


def test_the_total_may_be_a_tensor_and_keeps_the_dtype():
    losses = torch.tensor([1.0, 5.0])
    for total in (2, 2.0, torch.tensor(2.0), torch.tensor(2.0, dtype=torch.float64)):
        mean = share_of_mean(ProcessInfo(), losses, total)
        assert (mean.item(), mean.dtype) == (3.0, torch.float32)


def test_the_mean_over_a_single_process_is_a_copy_without_gradient():
    loss = torch.tensor(2.0, requires_grad=True)
    averaged = mean_over_processes(ProcessInfo(), loss)
    assert (averaged.item(), averaged.requires_grad) == (2.0, False)
    averaged += 1
    assert loss.item() == 2.0


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2:])
