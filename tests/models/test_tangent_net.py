"""What is peculiar to TangentNet: the statistics of a person."""

import pytest
import torch

from eegzoo.layers import fit_person_statistics, set_people
from eegzoo.models import TangentNet


def build(**changes):
    sizes = {"n_chans": 4, "n_times": 256, "n_outputs": 2, "sfreq": 128, "drop_prob": 0.0}
    return TangentNet(**{**sizes, **changes}).double()


def windows(n, n_chans=4):
    mixing = torch.randn(n_chans, n_chans, dtype=torch.float64)
    return 20 * mixing @ torch.randn(n, n_chans, 256, dtype=torch.float64)


def test_the_scale_of_a_persons_amplitudes_does_not_matter():
    model, x = build(), windows(9)
    adapted = fit_person_statistics(model, x.split(4))
    louder = fit_person_statistics(model, [3 * x])
    torch.testing.assert_close(louder(3 * x), adapted(x), rtol=1e-5, atol=1e-6)


def test_without_powers_the_mixing_of_a_persons_channels_keeps_distances():
    """Whitening leaves a rotation, which changes no distance between windows before z-scores."""
    model, x = build(power_bands=None), windows(9)
    mixing = torch.randn(4, 4, dtype=torch.float64)

    def spread(x):
        found = {}
        model.norm.register_forward_pre_hook(lambda _, inputs: found.update(features=inputs[0]))
        fit_person_statistics(model, [x])(x)
        return torch.cdist(found["features"], found["features"])

    model.shrinkage = 0.0
    torch.testing.assert_close(spread(mixing @ x), spread(x), rtol=1e-2, atol=1e-2)


def test_people_in_a_batch_are_computed_as_if_alone():
    model, people = build(), [windows(5), 4 * windows(5)]
    alone = torch.cat([model(x) for x in people])
    set_people(model, 2)
    torch.testing.assert_close(model(torch.cat(people)), alone)


def test_two_heads_average_probabilities_of_tangent_vectors_and_of_powers():
    model, x = build(two_heads=True).eval(), windows(6)
    features = model.features(x)
    tangent, power = model.head.layers
    apart = tangent(features[:, :50]).softmax(1) + power(features[:, 50:]).softmax(1)
    torch.testing.assert_close(model(x).exp(), apart / 2)


@pytest.mark.parametrize("kind", ["average-referenced", "flat channel", "flat window", "zeros"])
def test_defective_windows_have_finite_outputs_and_gradients(kind):
    x = windows(6)
    if kind == "average-referenced":
        x = x - x.mean(1, keepdim=True)
    elif kind == "flat channel":
        x[:, 2] = 7.0
    elif kind == "flat window":
        x[3] = 0.0
    else:
        x = torch.zeros_like(x)
    model, x = build(), x.requires_grad_()
    outputs = model(x)
    (gradient,) = torch.autograd.grad(outputs.square().sum(), x)
    assert outputs.isfinite().all()
    assert gradient.isfinite().all()


def test_number_of_features():
    assert build().num_features == 5 * 10 + 2 * 11 * 4
    assert build(power_bands=None).num_features == 5 * 10
    assert build(n_chans=19).num_features == 5 * 190 + 418


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sfreq": 80}, "expected bands to be pairs"),
        ({"bands": ((8, 13),), "sfreq": 80}, "expected power_bands to be pairs"),
        ({"bands": ()}, "expected bands to be pairs"),
        ({"shrinkage": 1.5}, "expected shrinkage to be"),
        ({"filter_order": 0}, "expected filter_order to be"),
        ({"n_times": 20}, "expected n_times of at least"),
        ({"two_heads": True, "power_bands": None}, "expected power_bands with two_heads"),
    ],
)
def test_wrong_arguments_raise(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)
