"""What holds for every layer with the statistics of one person."""

import copy
import io
import pickle

import pytest
import torch
from torch import nn

from eegzoo.layers import (
    FeatureNorm,
    PersonBatchNorm1d,
    PersonBatchNorm2d,
    PersonStatistics,
    fit_person_statistics,
    person_layers,
    set_people,
)
from eegzoo.layers.person.entrainment_filters import EntrainmentFilters
from eegzoo.layers.person.whitening import PersonWhitening


def spd(*shape):
    factor = torch.randn(*shape, shape[-1], dtype=torch.float64)
    return factor @ factor.mT / shape[-1] + 0.1 * torch.eye(shape[-1], dtype=torch.float64)


# Each layer with a function that draws inputs of it.
MEMBERS = {
    "FeatureNorm": (lambda: FeatureNorm(5), lambda n: 3 + 2 * torch.randn(n, 5)),
    "PersonBatchNorm1d": (lambda: PersonBatchNorm1d(4), lambda n: 1 + torch.randn(n, 4, 9)),
    "PersonBatchNorm2d": (lambda: PersonBatchNorm2d(4), lambda n: 1 + torch.randn(n, 4, 2, 5)),
    "PersonWhitening": (lambda: PersonWhitening(2, 3), lambda n: spd(n, 2, 3)),
    "EntrainmentFilters": (lambda: EntrainmentFilters(2, 3, 2), lambda n: spd(n, 2, 2, 3)),
}
every_member = pytest.mark.parametrize("name", MEMBERS)


def build(name):
    layer, inputs = MEMBERS[name]
    return layer().double(), lambda n: inputs(n).double()


def concrete(kind):
    for child in kind.__subclasses__():
        yield from concrete(child)
        yield child


def test_every_layer_is_tested_here():
    own = {kind for kind in concrete(PersonStatistics) if kind.__module__.startswith("eegzoo.")}
    # PersonBatchNorm is the base class of two of them.
    assert {kind.__name__ for kind in own} - {"PersonBatchNorm"} == set(MEMBERS)


@every_member
def test_people_in_a_batch_are_computed_as_if_alone(name):
    layer, inputs = build(name)
    set_people(layer, 3)
    people = [scale * inputs(4) for scale in (1.0, 2.0, 5.0)]
    together = layer(torch.cat(people))
    set_people(layer, 1)
    alone = torch.cat([layer(person) for person in people])
    torch.testing.assert_close(together, alone)


@every_member
def test_no_gradient_flows_from_one_person_to_another(name):
    layer, inputs = build(name)
    set_people(layer, 2)
    x = inputs(8).requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x)[:4].pow(3).sum(), x)
    assert gradient[:4].abs().sum() > 0
    assert not gradient[4:].any()


@every_member
def test_gradients_through_the_statistics_are_the_derivatives(name):
    layer, inputs = build(name)
    set_people(layer, 2)

    def symmetric(x):
        return layer((x + x.mT) / 2 if x.ndim > 3 and x.shape[-1] == x.shape[-2] else x)

    assert torch.autograd.gradcheck(symmetric, (inputs(6).requires_grad_(),))


@every_member
def test_evaluation_with_fitted_statistics_equals_training_on_the_person(name):
    layer, inputs = build(name)
    x = 3 * inputs(10)
    fitted = fit_person_statistics(layer, [x])
    torch.testing.assert_close(fitted(x), layer.train()(x))


@every_member
def test_fitting_depends_on_nothing_but_the_windows(name):
    layer, inputs = build(name)
    x = inputs(11)
    once = fit_person_statistics(layer, [x])
    other = fit_person_statistics(layer, [inputs(7)])
    order = torch.randperm(11)
    for fitted in (
        fit_person_statistics(layer, x.split(3)),
        fit_person_statistics(layer, x[order].split(4)),
        fit_person_statistics(layer, iter(x.split(5))),
        fit_person_statistics(once, [x]),
        fit_person_statistics(other, [x]),
    ):
        torch.testing.assert_close(fitted(x), once(x), rtol=1e-9, atol=1e-11)


@every_member
def test_fitting_changes_a_copy_only(name):
    layer, inputs = build(name)
    before = copy.deepcopy(layer.state_dict())
    fitted = fit_person_statistics(layer, [inputs(5)])
    assert layer.training
    assert not fitted.training
    assert all(torch.equal(before[key], value) for key, value in layer.state_dict().items())


@pytest.mark.parametrize("name", ["PersonWhitening", "EntrainmentFilters"])
def test_running_statistics_are_the_mean_over_people(name):
    """Those of batch normalisations are compared with torch's layer in test_batch_norm.py."""
    layer, inputs = build(name)
    layer.momentum = 1.0
    set_people(layer, 2)
    people = [inputs(4), 3 * inputs(4)]
    layer(torch.cat(people))
    running = layer.running_mean if name == "PersonWhitening" else layer.running_spectra
    torch.testing.assert_close(running, torch.stack(people).mean((0, 1)))


@every_member
def test_evaluation_changes_nothing_and_mixes_no_windows(name):
    layer, inputs = build(name)
    layer = fit_person_statistics(layer, [inputs(9)])
    before = copy.deepcopy(layer.state_dict())
    x = inputs(4)
    whole = layer(x)
    torch.testing.assert_close(layer(x[1:2]), whole[1:2])
    assert all(torch.equal(before[key], value) for key, value in layer.state_dict().items())


@every_member
def test_copies_compute_the_same(name):
    layer, inputs = build(name)
    layer = fit_person_statistics(layer, [inputs(9)])
    x = inputs(4)
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    fresh = build(name)[0].eval()
    fresh.load_state_dict(layer.state_dict())
    copies = [
        copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), fresh,
        torch.load(file, weights_only=False),
    ]  # fmt: skip
    for again in copies:
        assert torch.equal(again(x), layer(x))


@every_member
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_compiled_layer_equals_the_eager_one(name, training):
    layer, inputs = build(name)
    set_people(layer, 2)
    layer.train(training)
    twin = copy.deepcopy(layer)
    torch.compiler.reset()
    compiled = torch.compile(twin, fullgraph=True, backend="aot_eager")
    x = inputs(6)
    torch.testing.assert_close(compiled(x), layer(x))
    torch.testing.assert_close(twin.state_dict(), layer.state_dict())


@every_member
def test_exported_layer_keeps_the_fitted_statistics(name):
    layer, inputs = build(name)
    layer = fit_person_statistics(layer, [inputs(9)])
    exported = torch.export.export(layer, (inputs(4),)).module()
    x = inputs(4)
    torch.testing.assert_close(exported(x), layer(x))


@every_member
def test_a_single_window_of_a_person_raises(name):
    layer, inputs = build(name)
    set_people(layer, 2)
    with pytest.raises(ValueError, match="expected two windows or more of each person"):
        layer(inputs(2))
    with pytest.raises(ValueError, match="expected two windows or more of a person, got 1"):
        fit_person_statistics(layer, [inputs(1)])


@every_member
def test_unequal_parts_raise(name):
    layer, inputs = build(name)
    set_people(layer, 2)
    with pytest.raises(ValueError, match="expected a batch of n_people=2 equal parts, got 5"):
        layer(inputs(5))


def test_models_without_such_layers_raise():
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    assert person_layers(net) == {}
    with pytest.raises(ValueError, match="by_person makes its batch normalisations such layers"):
        set_people(net, 2)
    with pytest.raises(ValueError, match="by_person makes its batch normalisations such layers"):
        fit_person_statistics(net, [torch.randn(4, 3)])


@pytest.mark.parametrize("n_people", [0, -1, 1.5, "2"])
def test_wrong_numbers_of_people_raise(n_people):
    with pytest.raises((ValueError, TypeError), match="n_people"):
        set_people(FeatureNorm(3), n_people)
