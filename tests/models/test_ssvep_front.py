"""What is peculiar to SSVEPFront: frequencies of stimuli, and filters of a person."""

import math

import pytest
import torch

from eegzoo.layers import fit_person_statistics, set_people
from eegzoo.models import SSVEPFront, create_model

FREQS = (13.0, 17.0, 21.0)


def build(**changes):
    sizes = {"n_chans": 4, "n_times": 512, "n_outputs": 4, "sfreq": 128, "drop_prob": 0.0}
    return SSVEPFront(**{**sizes, "stimulus_freqs": FREQS, **changes}).double()


def session(n_each=4, seed=0):
    """Windows of three stimuli and rest, with a response in one direction, and their labels."""
    generator = torch.Generator().manual_seed(seed)
    direction = torch.randn(4, 1, generator=generator, dtype=torch.float64)
    t = torch.arange(512, dtype=torch.float64) / 128
    found, labels = [], []
    for label, freq in enumerate((*FREQS, 0.0)):
        noise = 10 * torch.randn(n_each, 4, 512, generator=generator, dtype=torch.float64)
        found.append(noise + 3 * direction * torch.sin(2 * math.pi * freq * t))
        labels += n_each * [label]
    return torch.cat(found), torch.tensor(labels)


def test_the_feature_of_a_stimulus_is_largest_in_its_windows():
    x, labels = session(8)
    features = fit_person_statistics(build(), x.split(5)).features(x)
    first_filters = features[:, 0:6:2]  # of the three fundamentals, the better of two filters
    for stimulus in range(3):
        own = labels == stimulus
        assert first_filters[own, stimulus].min() > first_filters[~own, stimulus].max()


def test_neither_amplitudes_nor_the_mixing_of_channels_matter():
    model, (x, _) = build(shrinkage=0.0), session()
    mixing = torch.randn(4, 4, dtype=torch.float64)
    expected = fit_person_statistics(model, [x])(x)
    found = fit_person_statistics(model, [5 * mixing @ x])(5 * mixing @ x)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_people_in_a_batch_are_computed_as_if_alone():
    model, people = build(), [session()[0], 4 * session(seed=1)[0]]
    alone = torch.cat([model(x) for x in people])
    set_people(model, 2)
    torch.testing.assert_close(model(torch.cat(people)), alone)


@pytest.mark.parametrize("kind", ["average-referenced", "flat channel", "flat window", "zeros"])
def test_defective_windows_have_finite_outputs_and_gradients(kind):
    x = session()[0]
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


def test_frequencies_are_required():
    sizes = {"n_chans": 8, "n_times": 512, "n_outputs": 4, "sfreq": 128}
    with pytest.raises(TypeError, match="stimulus_freqs"):
        create_model("ssvep_front", **sizes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stimulus_freqs": ()}, "expected stimulus_freqs to be different positive numbers"),
        ({"stimulus_freqs": (13, 13)}, "expected stimulus_freqs to be different"),
        ({"stimulus_freqs": (1.0, 13)}, "expected stimulus_freqs and their harmonics"),
        ({"stimulus_freqs": (40,)}, "use fewer n_harmonics or nearer neighbors"),
        ({"neighbors": (0.0,)}, "expected neighbors to be different positive numbers"),
        ({"shrinkage": -0.1}, "expected shrinkage to be"),
        ({"n_times": 4}, "expected n_times of at least"),
    ],
)
def test_wrong_arguments_raise(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


@pytest.mark.parametrize("freqs", [13, "13", None])
def test_frequencies_of_another_type_raise(freqs):
    with pytest.raises(TypeError, match="expected stimulus_freqs to be different positive numbers"):
        build(stimulus_freqs=freqs)
