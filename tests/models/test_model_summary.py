"""Summary table of a model."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import eegzoo
from eegzoo.models import create_model, find_entry, list_models


@pytest.fixture
def model():
    return create_model("eegnet", n_chans=4, n_times=64, n_outputs=2, sfreq=128)


@pytest.mark.parametrize("name", list_models())
def test_the_table_counts_every_parameter_and_the_products_that_torch_counts(name):
    model = create_model(name, **find_entry(name).standard).eval()
    table = eegzoo.summary(model)
    parameters = list(model.parameters())
    assert table.total_params == sum(p.numel() for p in parameters)
    assert table.trainable_params == sum(p.numel() for p in parameters if p.requires_grad)
    assert f"{type(model).__name__}" in str(table)
    x = torch.zeros(1, model.n_chans, model.n_times)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(x)
    counted = counter.get_total_flops() // 2  # without fused attention, on some machines
    assert table.total_mult_adds >= counted
    assert table.total_mult_adds > 0


@pytest.mark.parametrize(
    ("name", "total"),
    [
        # Two layers of attention over 498 tokens of 256 features: q k and its product with v.
        ("transformeeg", 99_836_864 + 2 * 2 * 498**2 * 128),
        # 9 bands of 22 channels: 9 x 32 x 22 x 1000 and the head; edges of the filters.
        ("fbcnet", 9_904_608),
        ("eegconformer", 65_371_040),
    ],
)
def test_products_inside_attention_and_filter_banks_are_counted(name, total):
    model = create_model(name, **find_entry(name).standard)
    assert eegzoo.summary(model).total_mult_adds == total
    assert eegzoo.summary(model, batch_size=2).total_mult_adds == 2 * total


def test_batch_size_and_options_reach_the_table(model):
    table = eegzoo.summary(model, batch_size=7, depth=1, col_names=("input_size",))
    assert "[7, 4, 64]" in str(table)
    assert "front.temporal" not in str(table)
    assert "Conv2d" not in str(table)


def test_the_table_is_not_printed_automatically(model, capsys):
    eegzoo.summary(model)
    assert capsys.readouterr().out == ""


def test_a_frozen_parameter_is_not_trainable(model):
    model.head.weight.requires_grad_(False)
    table = eegzoo.summary(model)
    assert table.total_params - table.trainable_params == model.head.weight.numel()


def test_the_summary_uses_the_dtype_of_the_model(model):
    assert eegzoo.summary(model.double()).total_params > 0


def test_the_summary_does_not_change_the_model(model):
    model.train()
    model.front.eval()
    flags = [module.training for module in model.modules()]
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    generator = torch.get_rng_state()
    eegzoo.summary(model)
    assert [module.training for module in model.modules()] == flags
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), generator)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_training_flags_are_restored_after_an_error(model, monkeypatch):
    def fail(x):
        raise RuntimeError("no features today")

    monkeypatch.setattr(model, "features", fail)
    with pytest.raises(RuntimeError):
        eegzoo.summary(model)
    assert all(module.training for module in model.modules())
