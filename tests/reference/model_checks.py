"""Comparisons shared by the tests of models against their authors' code."""

import torch


def assert_computes_within_limits(model, free, x, limits):
    """Check that a model with tripled kernels equals a free one with projected kernels."""
    # In float64, so that no choice of an algorithm is measured and rounding does not matter.
    model, free, x = model.double(), free.double(), x.double()
    with torch.no_grad():
        for name, limit in limits.items():
            model.get_submodule(name).weight.mul_(3.0)
            weight = free.get_submodule(name).weight.mul_(3.0)
            norms = weight.flatten(1).norm(dim=1).reshape(-1, *[1] * (weight.ndim - 1))
            assert (norms > limit).any()
            weight.mul_((limit / norms).clamp(max=1.0))
    torch.testing.assert_close(model(x), free(x), rtol=1e-5, atol=1e-5)


def assert_initial_limits(build, limits, n_draws=20):
    """Check that the largest of several initial values of each parameter is near its limit."""
    largest = dict.fromkeys(limits, 0.0)
    for _ in range(n_draws):
        state = build().state_dict()
        largest = {name: max(largest[name], state[name].abs().max().item()) for name in limits}
    for name, limit in limits.items():
        assert 0.98 * limit <= largest[name] <= 1.001 * limit, (name, largest[name])
