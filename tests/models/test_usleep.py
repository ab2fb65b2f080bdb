"""U-Sleep compared with its authors' Keras code."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from eegzoo.models import USleep, find_entry
from eegzoo.models.references import find_reference
from tests.reference.model_checks import assert_initial_limits

SMALL = {"n_chans": 2, "n_times": 96, "n_outputs": 5, "sfreq": 32, "depth": 3}


def small(**changes):
    return USleep(**SMALL | changes).eval()


def test_each_window_and_each_second_equal_the_authors_at_the_standard_size():
    reference, sizes = find_reference("usleep"), find_entry("usleep").standard
    standard = dataclasses.replace(reference, file="usleep_standard_keras.npz", arguments=sizes)
    model, x = standard.build()
    for name, step_length in {"probabilities": None, "each_second": 128}.items():
        expected = torch.from_numpy(standard.arrays[name])
        outputs = model(x, step_length).softmax(dim=-1)
        torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-5)
    learnt = sum(parameter.numel() for parameter in model.parameters())
    statistics = sum(b.numel() for name, b in model.named_buffers() if "running" in name)
    assert learnt + statistics == standard.meta["n_params"]


def test_initial_weights_have_the_limits_of_keras():
    limits = {
        "encoder.0.0.weight": (6 / (9 * (2 + 6))) ** 0.5,
        "encoder.1.0.weight": (6 / (9 * (6 + 9))) ** 0.5,
        "encoder.1.0.bias": 0.0,
        "dense.weight": (6 / (6 + 6)) ** 0.5,
        "head.0.weight": (6 / (6 + 5)) ** 0.5,
        "head.2.bias": 0.0,
    }
    assert_initial_limits(
        lambda: USleep(depth=4, n_chans=2, n_times=3840, n_outputs=5, sfreq=128), limits
    )


def test_steps_of_a_window_average_to_its_features():
    model = small()
    x = torch.randn(2, 3, 2, 96)
    steps = model._steps(x, 8)
    assert steps.shape == (2, 3, 12, 6)
    torch.testing.assert_close(steps.mean(dim=2), model.features(x))


@pytest.mark.parametrize("step_length", [1, 5, 95])
@pytest.mark.parametrize("n_windows", [1, 3, 4])
def test_odd_windows_have_stages_at_every_step(step_length, n_windows):
    model = small(n_times=95)
    x = torch.randn(2, n_windows, 2, 95)
    assert model(x, step_length).shape == (2, n_windows, 95 // step_length, 5)
    assert model(x[:, 0], step_length).shape == (2, 95 // step_length, 5)
    torch.testing.assert_close(model(x[:, :1])[:, 0], model(x[:, 0]))


def test_windows_of_a_sequence_influence_each_other():
    model = small()
    night = torch.randn(1, 4, 2, 96)
    before = model(night)
    night[:, 2] += 1.0
    assert (model(night) != before).any(dim=2).all()


# Sequences of several lengths.


def ragged(n_times, lengths):
    """Return a model, padded sequences and the same sequences without padding, in float64."""
    torch.manual_seed(0)
    model = small(n_times=n_times).double()
    for norm in norms_of(model):
        torch.nn.init.normal_(norm.weight, 1.0, 0.2)
        torch.nn.init.normal_(norm.bias, 0.0, 0.2)
    padded = torch.full((len(lengths), max(lengths), 2, n_times), torch.nan).double()
    parts = [torch.randn(1, length, 2, n_times).double() for length in lengths]
    for row, part in enumerate(parts):
        padded[row, : part.shape[1]] = part[0]
    return model, padded, parts


def norms_of(model):
    return [layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm1d)]


@torch.no_grad()
def batch_normalised(model, parts):
    """Return a copy whose running statistics are those of a batch of unpadded sequences.

    The sequences are run one by one in evaluation mode. The statistics of each layer are computed
    from its inputs, after those of all layers before it have been set.

    Returns
    -------
    model : USleep
        The copy, which computes in evaluation mode as the given model computes in training.
    counts : list of int
        Number of samples from which the statistics of each layer are computed.
    """
    model, counts = copy.deepcopy(model).eval(), []
    order = []
    handles = [
        layer.register_forward_hook(lambda layer, *_: order.append(layer))
        for layer in norms_of(model)
    ]
    model(parts[0])
    for handle in handles:
        handle.remove()
    for layer in order:
        inputs = []
        handle = layer.register_forward_pre_hook(lambda _, args, seen=inputs: seen.append(args[0]))
        for part in parts:
            model(part)
        handle.remove()
        values = np.concatenate([x[0].numpy() for x in inputs], axis=1)
        layer.running_mean = torch.from_numpy(values.mean(axis=1))
        layer.running_var = torch.from_numpy(values.var(axis=1))
        counts.append((layer, values.shape[1]))
    counts = dict(counts)
    return model, [counts[layer] for layer in norms_of(model)]


RAGGED = [(96, [3, 1, 2]), (95, [4, 3, 1]), (37, [1, 2, 3]), (90, [2, 5, 5]), (11, [7, 1, 2])]


@pytest.mark.parametrize(("n_times", "lengths"), RAGGED)
def test_outputs_of_padded_sequences_equal_those_of_each_sequence_alone(n_times, lengths):
    model, padded, parts = ragged(n_times, lengths)
    lengths, step_length = torch.tensor(lengths), 5 if n_times == 95 else 1
    outputs = model(padded, lengths=lengths)
    steps = model(padded, step_length, lengths)
    assert steps.shape == (*padded.shape[:2], n_times // step_length, 5)
    for row, part in enumerate(parts):
        n = part.shape[1]
        torch.testing.assert_close(outputs[row, :n], model(part)[0], rtol=1e-10, atol=1e-12)
        torch.testing.assert_close(
            steps[row, :n], model(part, step_length)[0], rtol=1e-10, atol=1e-12
        )
        assert not model.features(padded, lengths)[row, n:].any()


@pytest.mark.parametrize(("n_times", "lengths"), RAGGED)
def test_batch_statistics_are_those_of_the_real_windows(n_times, lengths):
    model, padded, parts = ragged(n_times, lengths)
    reference, counts = batch_normalised(model, parts)
    before = [(norm.running_mean.clone(), norm.running_var.clone()) for norm in norms_of(model)]
    outputs = model.train()(padded, lengths=torch.tensor(lengths))
    for row, part in enumerate(parts):
        torch.testing.assert_close(
            outputs[row, : part.shape[1]], reference(part)[0], rtol=1e-9, atol=1e-11
        )
    for norm, (mean, var), truth, n in zip(
        norms_of(model), before, norms_of(reference), counts, strict=True
    ):
        unbiased = truth.running_var * n / (n - 1)
        torch.testing.assert_close(norm.running_mean, 0.99 * mean + 0.01 * truth.running_mean)
        torch.testing.assert_close(norm.running_var, 0.99 * var + 0.01 * unbiased)
        assert norm.num_batches_tracked == 1


@pytest.mark.parametrize(("n_times", "lengths"), RAGGED[1:3])
def test_gradients_of_padded_sequences_are_the_derivatives(n_times, lengths):
    model, padded, parts = ragged(n_times, lengths)
    weights = [torch.randn(*part.shape[:2], 5).double() for part in parts]

    def loss(step):
        """Return the loss of the sequences alone, after a step along the directions."""
        moved = copy.deepcopy(model)
        with torch.no_grad():
            for weight, direction in zip(moved.parameters(), directions[1:], strict=True):
                weight.add_(step * direction)
        inputs = [
            part + step * directions[0][row : row + 1, : part.shape[1]]
            for row, part in enumerate(parts)
        ]
        reference, _ = batch_normalised(moved, inputs)
        with torch.no_grad():
            return sum(
                (reference(x) * weight).sum() for x, weight in zip(inputs, weights, strict=True)
            )

    padded.requires_grad_()
    outputs = model.train()(padded, lengths=torch.tensor(lengths))
    sum(
        (outputs[row, : part.shape[1]] * weight[0]).sum()
        for row, (part, weight) in enumerate(zip(parts, weights, strict=True))
    ).backward()
    tensors = [padded, *model.parameters()]
    directions = [torch.randn_like(tensor) for tensor in tensors]
    slope = sum((tensor.grad * way).sum() for tensor, way in zip(tensors, directions, strict=True))
    difference = (loss(1e-6) - loss(-1e-6)) / 2e-6
    torch.testing.assert_close(slope, difference, rtol=1e-6, atol=1e-8)


def test_sequences_without_windows_have_no_influence():
    model, padded, _ = ragged(96, [3, 1])
    some = model(padded, lengths=torch.tensor([3, 0]))
    torch.testing.assert_close(some[:1], model(padded[:1]))
    none = model(padded, lengths=torch.tensor([0, 0]))
    torch.testing.assert_close(none, model.head(torch.zeros(2, 3, 6).double()))
    assert model(padded[:0], lengths=torch.tensor([], dtype=torch.int64)).shape == (0, 3, 5)
    single = torch.randn(4, 2, 96).double()
    torch.testing.assert_close(model(single, lengths=torch.ones(4, dtype=int)), model(single))


@pytest.mark.parametrize("lengths", [[3, 4], [-1, 3]], ids=str)
def test_lengths_out_of_range_raise(lengths):
    with pytest.raises(ValueError, match=r"lengths to be from 0 to n_windows=3, got \["):
        small()(torch.randn(2, 3, 2, 96), lengths=torch.tensor(lengths))


def test_padded_sequences_can_be_trained_in_bfloat16_and_compiled():
    model, x = small().train(), torch.randn(3, 3, 2, 96)
    lengths = torch.tensor([3, 1, 2])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = model(x, lengths=lengths)
    out.float().sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())
    torch._dynamo.reset()
    compiled = torch.compile(copy.deepcopy(model), backend="aot_eager")
    torch.testing.assert_close(compiled(x, lengths=lengths), model(x, lengths=lengths))
    torch._dynamo.reset()


def test_a_new_head_keeps_the_number_of_features():
    model = small()
    model.reset_head(2)
    assert model.arguments["head_units"] == 6
    assert model(torch.randn(2, 2, 96)).shape == (2, 2)


@pytest.mark.parametrize("step_length", [7, 0, 192])
def test_a_step_that_does_not_divide_a_window_raises(step_length):
    with pytest.raises(ValueError, match="step_length"):
        small()(torch.randn(1, 2, 96), step_length)


@pytest.mark.parametrize(
    "arguments",
    [{"n_filters": 0}, {"complexity": 0.0}, {"depth": 0}, {"kernel_length": 0}, {"head_units": 0}],
)
def test_bad_arguments_raise_by_name(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        small(**arguments)
