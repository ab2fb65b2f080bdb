"""Batch normalisation by person: plain loops, fused fronts and all models."""

import copy

import pytest
import torch
from torch import nn

from eegzoo.layers import (
    PersonBatchNorm1d,
    PersonBatchNorm2d,
    TemporalSpatialConv,
    by_person,
    fit_person_statistics,
    person_layers,
    set_people,
)
from eegzoo.models import (
    create_model,
    load_model,
    norm_features,
    optimize_for_inference,
    save_model,
)


def model_of(name="eegnet", **arguments):
    sizes = {"n_chans": 4, "n_times": 256, "n_outputs": 2, "sfreq": 128}
    return create_model(name, **sizes, **arguments).double()


def without_dropout(model):
    for layer in model.modules():
        if isinstance(layer, nn.Dropout | nn.Dropout2d):
            layer.p = 0.0
    return model


@pytest.mark.parametrize("kind", [PersonBatchNorm1d, PersonBatchNorm2d])
@pytest.mark.parametrize("options", [{}, {"momentum": None}, {"affine": False}], ids=str)
def test_one_person_is_torchs_layer(kind, options):
    ours, theirs = kind(3, **options).double(), kind.plain_class(3, **options).double()
    for _ in range(2):
        x = torch.randn(5, 3, *([4, 6] if kind is PersonBatchNorm2d else [6])).double()
        torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


@pytest.mark.parametrize("momentum", [0.1, None])
def test_running_statistics_are_the_mean_over_people(momentum):
    norm = PersonBatchNorm1d(3, momentum=momentum).double()
    set_people(norm, 2)
    expected = nn.BatchNorm1d(3, momentum=momentum).double()
    batches = [torch.randn(8, 3, 5).double() for _ in range(2)]
    for x in batches:
        norm(x)
    share = 0.1 if momentum else None
    mean, variance = torch.zeros(3).double(), torch.ones(3).double()
    for number, x in enumerate(batches, 1):
        values = x.unflatten(0, (2, 4)).transpose(1, 2).flatten(2)  # person, feature, value
        fraction = share or 1 / number
        mean += fraction * (values.mean(2).mean(0) - mean)
        variance += fraction * (values.var(2).mean(0) - variance)
    torch.testing.assert_close(norm.running_mean, mean)
    torch.testing.assert_close(norm.running_var, variance)
    assert norm.num_batches_tracked == 2
    assert norm.state_dict().keys() == expected.state_dict().keys()


@pytest.mark.parametrize("n_groups", [1, 8], ids=["folded", "spatial first"])
def test_a_fused_front_equals_the_plain_loop_over_people(n_groups):
    front = TemporalSpatialConv(
        nn.Conv2d(1, 8, (1, 17), padding="same", bias=False),
        nn.Conv2d(8, 16, (4, 1), groups=n_groups, bias=False),
        nn.BatchNorm2d(8),
    ).double()
    loops = copy.deepcopy(front)
    by_person(front)
    set_people(front, 3)
    x = torch.randn(12, 4, 64).double().requires_grad_()
    assert front.order(x) == "plain"
    y = front(x)
    parts = []
    for person in x.split(4):
        filtered = loops.temporal(person.unsqueeze(1))
        mean = filtered.mean((0, 2, 3), keepdim=True)
        variance = (filtered - mean).square().mean((0, 2, 3), keepdim=True)
        normalized = (filtered - mean) / (variance + loops.norm.eps).sqrt()
        weight, bias = (p.reshape(1, -1, 1, 1) for p in (loops.norm.weight, loops.norm.bias))
        parts.append(loops.spatial(normalized * weight + bias).squeeze(2))
    torch.testing.assert_close(y, torch.cat(parts))
    weights = [front.temporal.weight, front.spatial.weight, front.norm.weight]
    others = [loops.temporal.weight, loops.spatial.weight, loops.norm.weight]
    ours = torch.autograd.grad(y.pow(3).sum(), [x, *weights])
    theirs = torch.autograd.grad(torch.cat(parts).pow(3).sum(), [x, *others])
    torch.testing.assert_close(ours, theirs)


def test_a_fitted_front_is_fused_in_evaluation_and_the_same():
    model = model_of().eval()
    by_person(model)
    x = torch.randn(9, 4, 256).double()
    fitted = fit_person_statistics(model, x.split(4))
    assert fitted.front.order(x) == "spatial first"
    set_people(model, 1)
    expected = without_dropout(copy.deepcopy(model)).train()(x)
    torch.testing.assert_close(fitted(x), expected)
    torch.testing.assert_close(optimize_for_inference(fitted)(x), expected)


def test_state_dict_keys_and_objects_stay():
    model = model_of()
    keys, norm = list(model.state_dict()), model.front.norm
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    layers = by_person(model)
    assert list(model.state_dict()) == keys
    assert model.front.norm is norm is layers["front.norm"]
    assert optimizer.param_groups[0]["params"][0] is next(model.parameters())
    assert by_person(model) == layers  # again


@pytest.mark.parametrize(
    "name", ["eegnet", "deep_convnet", "eegconformer", "eegtcnet", "eegsym", "eeginception_erp"]
)
def test_people_never_mix_in_a_model(name):
    """EEGSym, for one, puts both hemispheres of all windows into one batch."""
    sizes = {"ch_names": ("C3", "Cz", "Pz", "C4")} if name == "eegsym" else {}
    model = without_dropout(model_of(name, **sizes))
    by_person(model)
    set_people(model, 2)
    x = torch.randn(4, 4, 256).double().requires_grad_()
    (gradient,) = torch.autograd.grad(model(x)[:2].pow(3).sum(), x)
    assert gradient[:2].abs().sum() > 0
    assert not gradient[2:].any()


def test_statistics_that_are_not_tracked_raise():
    net = nn.Sequential(nn.BatchNorm1d(3, track_running_stats=False))
    by_person(net)
    with pytest.raises(ValueError, match="expected batch normalisations that track running"):
        fit_person_statistics(net, [torch.randn(4, 3)])


@pytest.mark.parametrize("norm", [nn.BatchNorm3d(2), nn.SyncBatchNorm(2)], ids=str)
def test_other_batch_normalisations_raise_and_change_nothing(norm):
    net = nn.Sequential(nn.BatchNorm1d(2), norm)
    with pytest.raises(TypeError, match="expected batch normalisations that are nn"):
        by_person(net)
    assert type(net[0]) is nn.BatchNorm1d


def test_features_are_z_scores_that_files_keep(tmp_path):
    model = model_of("shallow_convnet")
    by_person(model)
    norm_features(model, drop_prob=0.25)
    x = 20 * torch.randn(10, 4, 256).double()
    fitted = fit_person_statistics(model, [x])
    features = fitted.features(x)
    torch.testing.assert_close(features.mean(0), torch.zeros_like(features[0]), atol=1e-9, rtol=0)
    assert (features.std(0, correction=0) - 1).abs().max() < 0.01
    save_model(fitted, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert torch.equal(again(x), fitted(x))
    assert again.feature_norm.drop_prob == 0.25
    again.reset_head(3)
    assert again(x).shape == (10, 3)
    assert "feature_norm" in person_layers(again)
    with pytest.raises(ValueError, match="z-scores by person already"):
        norm_features(again)


def test_features_of_a_sequence_model_raise():
    model = create_model("tinysleepnet", n_chans=1, n_times=3000, n_outputs=5, sfreq=100)
    with pytest.raises(TypeError, match="expected a model that computes head"):
        norm_features(model)
