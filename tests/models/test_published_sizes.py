"""Foundation models of their published size, and their tables of channels, against the authors."""

import numpy as np
import pytest
import torch

from eegzoo.models import create_model, find_entry, list_models
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.references import biot, cbramod, eegpt, epint, labram, luna, reve, steegformer

PUBLISHED = {
    "biot": (biot.BASE, 3_187_459),
    "cbramod": (cbramod.BASE, 4_884_203),
    "eegpt": (eegpt.LARGE, 25_320_099),
    "epint": (epint.BASE, 19_194_884),
    "labram": (labram.BASE, 5_820_740),
    "luna": (luna.BASE, 7_102_331),
    "reve": (reve.BASE, 69_191_683),
    "steegformer": (steegformer.SMALL, 25_304_067),
}
LARGE = ("eegpt", "epint", "reve", "steegformer")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in LARGE else []) for n in PUBLISHED],
)
def test_outputs_and_parameters_are_those_of_the_authors(name):
    reference, n_params = PUBLISHED[name]
    model, x = reference.build()
    with torch.no_grad():
        logits = model(x).numpy()
    expected = reference.arrays["logits"]
    np.testing.assert_allclose(logits, expected, atol=1e-5 * max(1, np.abs(expected).max()))
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert counted == n_params == reference.meta["n_params"] - reference.meta.get("n_unused", 0)


@pytest.mark.parametrize(
    ("name", "reference"),
    [("labram", labram.REFERENCES["labram"]), ("steegformer", steegformer.SMALL),
     ("eegpt", eegpt.LARGE)],
)  # fmt: skip
def test_channels_have_the_rows_of_the_authors(name, reference):
    theirs = list(reference.arrays["ch_names"])
    if name == "labram":  # the last eight have no row
        assert len(theirs) == 136
        theirs = theirs[:128]
    known = find_entry(name).model_class.channel_contract.known_ch_names
    assert [each.upper() for each in known] == [each.upper() for each in theirs]


@pytest.mark.parametrize("name", list_models(foundation=True))
def test_the_contract_is_that_of_the_defaults(name):
    entry = find_entry(name)
    contract = entry.model_class.channel_contract
    assert isinstance(contract, ChannelContract)
    assert contract.sfreq == entry.standard["sfreq"]
    assert contract.min_n_times >= contract.patch_length
    n_chans = max(2, contract.min_n_chans)
    names = contract.known_ch_names[:n_chans] or None
    sizes = {**entry.standard, "n_chans": n_chans, "ch_names": names}
    if name == "bendr":  # 157 million parameters
        sizes["depth"] = 1
    shortest = create_model(name, **{**sizes, "n_times": contract.min_n_times})
    if "patch_length" in shortest.arguments:
        assert shortest.patch_length == contract.patch_length
    if contract.max_n_times is not None:
        create_model(name, **{**sizes, "n_times": contract.max_n_times})


KNOWING = [
    name
    for name in list_models(foundation=True)
    if find_entry(name).model_class.channel_contract.known_ch_names and name != "bendr"
]
SMALL = {"depth": 1, "n_heads": 2}


def small(name, ch_names, **changes):
    sizes = {**find_entry(name).standard, "n_chans": len(ch_names), "ch_names": ch_names}
    sizes["n_times"] = find_entry(name).model_class.channel_contract.min_n_times
    return create_model(name, **sizes, **SMALL, **changes).eval()


@pytest.mark.parametrize("name", KNOWING)
def test_the_order_and_the_case_of_channels_do_not_matter(name):
    known = find_entry(name).model_class.channel_contract.known_ch_names
    chosen = [known[7], known[2], known[11]]
    pooled = {"attention_pool": True} if name == "reve" else {}  # else the features keep the order
    model = small(name, chosen, **pooled)
    if name == "steegformer":
        torch.nn.init.normal_(model.electrodes.weight)  # zeros at first
    other = small(name, [chosen[1].lower(), chosen[2], chosen[0].upper()], **pooled)
    other.load_state_dict(model.state_dict())
    x = 20 * torch.randn(2, 3, model.n_times)
    features = model.features(x)
    torch.testing.assert_close(other.features(x[:, [1, 2, 0]]), features, rtol=1e-4, atol=1e-5)
    changed = model.features(x[:, [1, 2, 0]])  # the signals of other electrodes
    assert (changed - features).abs().max() > 5e-5 * features.abs().max()


@pytest.mark.parametrize("name", KNOWING)
def test_channels_that_the_model_does_not_know_raise_by_name(name):
    known = find_entry(name).model_class.channel_contract.known_ch_names
    with pytest.raises(ValueError, match=rf"among the {len(known)} that the model knows, got 'E9'"):
        small(name, [known[0], "E9"])


@pytest.mark.parametrize("name", KNOWING)
def test_one_channel_twice_raises(name):
    known = find_entry(name).model_class.channel_contract.known_ch_names
    with pytest.raises(ValueError, match="different channels in ch_names"):
        small(name, [known[0].upper(), known[0].lower()])


@pytest.mark.parametrize(
    ("name", "most"), [("labram", 128), ("steegformer", 145), ("eegpt", 62), ("reve", 343)]
)
def test_more_channels_than_rows_raise(name, most):
    sizes = {**find_entry(name).standard, **SMALL}
    create_model(name, **sizes | {"n_chans": most})
    with pytest.raises(ValueError, match=f"n_chans of at most {most}, got {most + 1}"):
        create_model(name, **sizes | {"n_chans": most + 1})


@pytest.mark.parametrize(("name", "longest"), [("labram", 3399), ("steegformer", 8191)])
def test_windows_with_more_patches_than_rows_raise(name, longest):
    sizes = {**find_entry(name).standard, **SMALL, "n_chans": 1}
    assert create_model(name, **sizes | {"n_times": longest}).n_times == longest
    with pytest.raises(ValueError, match=f"n_times of at most {longest}, got {longest + 1}"):
        create_model(name, **sizes | {"n_times": longest + 1})


@pytest.mark.parametrize("name", ["biot", "steegformer", "epint", "luna"])
def test_the_unit_has_no_influence_on_models_that_normalise(name):
    sizes = {**find_entry(name).standard, **SMALL, "n_chans": 2}
    model = create_model(name, **sizes).eval()
    x = 20 * torch.randn(2, 2, model.n_times)
    torch.testing.assert_close(model.features(1000 * x), model.features(x), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "name", ["bendr", "biot", "cbramod", "eegpt", "epint", "labram", "luna", "reve", "steegformer"]
)
def test_a_silent_channel_gives_finite_outputs_and_gradients(name):
    sizes = {**find_entry(name).standard, **SMALL, "n_chans": 2}
    model = create_model(name, **sizes)
    x = 20 * torch.randn(2, 2, model.n_times)
    x[:, 0] = 0
    x.requires_grad_()
    model(x).square().sum().backward()
    assert all(p.grad.isfinite().all() for p in (x, *model.parameters()) if p.grad is not None)


@pytest.mark.parametrize("name", ["biot", "cbramod", "eegpt", "labram"])
def test_samples_after_the_last_patch_have_no_influence(name):
    sizes = {**find_entry(name).standard, **SMALL, "n_chans": 2}
    whole = find_entry(name).model_class.channel_contract.min_n_times
    torch.manual_seed(0)
    short = create_model(name, **sizes | {"n_times": whole}).eval()
    torch.manual_seed(0)
    long = create_model(name, **sizes | {"n_times": whole + 9}).eval()
    x = 20 * torch.randn(2, 2, whole + 9)
    if name == "biot":  # the percentile is that of all samples
        x = x.sign()
    found = long.features(x)[:, : short.num_features]
    torch.testing.assert_close(found, short.features(x[..., :whole]))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("bendr", {"embed_dim": 40}, "embed_dim to be a multiple of 16, got 40"),
        ("bendr", {"position_kernel_length": 4}, "position_kernel_length to be odd, got 4"),
        ("biot", {"n_heads": 3}, "embed_dim to be a multiple of n_heads=3, got 256"),
        ("cbramod", {"n_heads": 3}, "n_heads and the number of features of a token to be even"),
        ("eegpt", {"n_heads": 3}, "features to be a multiple of n_heads=3, got 512"),
        ("epint", {"n_heads": 3}, "embed_dim to be a multiple of twice n_heads=3, got 512"),
        ("labram", {"layer_scale": 0.0}, "layer_scale to be a number above 0"),
        ("labram", {"path_drop_prob": 1.5}, "path_drop_prob"),
        ("luna", {"embed_dim": 24}, "embed_dim to be a multiple of 16, got 24"),
        ("luna", {"patch_length": 42}, "patch_length to be a multiple of 4, got 42"),
        ("reve", {"embed_dim": 514, "n_heads": 2}, "even and at most 512, twice the number"),
        ("reve", {"position_noise": -1}, "position_noise to be a number of at least 0"),
        ("reve", {"positions": [[0, 0, 0.1]]}, r"positions of shape \(n_chans=22, 3\)"),
        ("reve", {"positions": [[0, 0, 100]] * 22}, "positions in metres, within 0.3 m"),
        ("steegformer", {"embed_dim": 15, "n_heads": 1}, "features to be even, got 15"),
    ],
)
def test_bad_arguments_raise_by_name(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        create_model(name, **find_entry(name).standard | arguments)


@pytest.mark.parametrize("name", ["labram", "steegformer"])
def test_later_layers_are_skipped_more_often(name):
    model = create_model(name, **find_entry(name).standard, depth=5, path_drop_prob=0.4)
    for branch, place in (("attend", -1), ("expand", -1)):
        rates = [getattr(layer, branch)[place].drop.p for layer in model.transformer]
        assert rates == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_initial_weights_of_labram_are_those_of_its_authors():
    model = create_model("labram", **find_entry("labram").standard).requires_grad_(False)
    for layer, block in enumerate(model.transformer, start=1):
        assert block.attend[1].qkv.weight.std() == pytest.approx(0.02, rel=0.05)
        assert block.attend[1].out.weight.std() == pytest.approx(
            0.02 / (2 * layer) ** 0.5, rel=0.05
        )
        assert block.expand[3].weight.std() == pytest.approx(0.02 / (2 * layer) ** 0.5, rel=0.05)
        assert (block.attend[3].weight == 0.1).all()
    assert model.electrodes.std() == pytest.approx(0.02, rel=0.05)
    assert model.head.weight.std() == pytest.approx(2e-5, rel=0.1)
    assert (model.head.bias == 0).all()


def test_all_patches_of_a_window_share_the_statistics_of_labram():
    """The authors' group normalisation is over the channels and seconds of a window, too."""
    model = create_model("labram", n_chans=2, n_times=400, n_outputs=2, sfreq=200).eval()
    x = torch.randn(1, 2, 2, 200)
    louder = x.clone()
    louder[0, 1, 1] *= 30
    changed = (model.patches(louder) - model.patches(x)).abs().amax(dim=3)[0]
    assert changed.min() > 0.1


def test_eegpt_learns_a_tiny_batch_of_a_hundred_microvolts():
    torch.manual_seed(0)
    model = create_model(
        "eegpt", n_chans=3, n_times=52, n_outputs=3, sfreq=128, patch_length=16, n_summaries=2,
        embed_dim=16, depth=2, n_heads=2, head_units=4, head_drop_prob=0.0,
    )  # fmt: skip
    x, y = 100 * torch.randn(9, 3, 52), torch.arange(9) % 3
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(model(x), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.5 * losses[0]


def test_pooled_tokens_of_cbramod_are_the_mean_of_all_tokens():
    sizes = {"n_chans": 3, "n_times": 400, "n_outputs": 2, "sfreq": 200, "depth": 1}
    plain = create_model("cbramod", **sizes).eval()
    pooled = create_model("cbramod", **sizes, mean_pool=True).eval()
    body = {key: value for key, value in plain.state_dict().items() if "head" not in key}
    pooled.load_state_dict(body, strict=False)
    x = 20 * torch.randn(2, 3, 400)
    mean = plain.features(x).unflatten(1, (6, 200)).mean(dim=1)
    torch.testing.assert_close(pooled.features(x), mean)


def test_features_of_several_channels_are_the_mean_of_epint():
    sizes = {"n_times": 512, "n_outputs": 2, "sfreq": 1024, "depth": 1}
    three = create_model("epint", n_chans=3, **sizes).eval()
    one = create_model("epint", n_chans=1, **sizes).eval()
    one.load_state_dict(three.state_dict())
    x = 20 * torch.randn(2, 3, 512)
    mean = torch.stack([one.features(x[:, each, None]) for each in range(3)]).mean(dim=0)
    torch.testing.assert_close(three.features(x), mean)
