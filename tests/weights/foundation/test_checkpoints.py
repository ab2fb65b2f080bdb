"""Pretrained weights from files of the authors' layout, with drawn values.

The layouts are those of the authors' classes for pretraining (tests/reference).
"""

import argparse
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import eegzoo
from eegzoo.models.references import biot, cbramod, eegpt, epint, labram, luna, reve, steegformer
from eegzoo.models.references.seeded import draw
from eegzoo.weights.authors.authors_file import git_blob_of
from eegzoo.weights.foundation.catalogue import (
    _WEIGHTS,
    find_foundation_weights,
    list_foundation_weights,
)

LAYOUTS = json.loads(
    (Path(__file__).parents[2] / "reference" / "foundation_layouts.json").read_text()
)
# Numbers of the published sizes, and the start of the encoder's names in the authors' classifier.
REFERENCES = {
    "labram.base": (labram.BASE, ""),
    "biot.prest": (biot.BASE, "biot."),
    "biot.six_datasets": (biot.BASE, "biot."),
    "cbramod.base": (cbramod.BASE, "backbone."),
    "eegpt.large": (eegpt.LARGE, "target_encoder."),
    "epint.base": (epint.BASE, ""),
    "luna.base": (luna.BASE, ""),
    "reve.base": (reve.BASE, "encoder."),
    "steegformer.small": (steegformer.SMALL, ""),
}
LARGE = ("eegpt.large", "epint.base", "reve.base", "steegformer.small")
every_layout = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in LARGE else []) for n in REFERENCES],
)


def checkpoint(name, **changes):
    """The content of a file, with the values that the reference has where it has any."""
    reference, start = REFERENCES[name]
    known, _ = draw(reference.meta["shapes"], **reference.meta["seeded"])
    weights = find_foundation_weights(name)
    rng = np.random.default_rng(0)
    state = {}
    for key, shape in LAYOUTS[name].items():
        theirs = key.removeprefix(weights.prefix)
        is_used = key.startswith(weights.prefix)
        value = known.get(f"{start}{theirs}", known.get(theirs)) if is_used else None
        if value is None or list(value.shape) != shape:
            value = rng.standard_normal(shape).astype(np.float32)
            if theirs == "channel_tokens.weight":  # the first 16 of 18
                value = known[f"{start}{theirs}"][:16]
        state[key] = torch.from_numpy(np.asarray(value))
    state |= changes
    if not weights.entry:
        return state
    options = argparse.Namespace(lr=0.1, output_dir="somewhere")
    return {weights.entry: state, "epoch": 3, "args": options}


def written(name, folder):
    """The path of a new file with the content of `checkpoint`."""
    suffix = Path(find_foundation_weights(name).origin.path).suffix or ".pth"
    path = folder / f"file{suffix}"
    content = checkpoint(name)
    save_file(content, path) if suffix == ".safetensors" else torch.save(content, path)
    return path


def weights_of(name):
    """Return weights, and the arguments of the reference's model."""
    arguments = dict(REFERENCES[name][0].arguments)
    arguments["ch_names"] = arguments.get("ch_names")
    if name.startswith("biot"):
        arguments["ch_names"] = eegzoo.models.BIOT.channel_contract.known_ch_names[:4]
    return find_foundation_weights(name), arguments


@every_layout
def test_all_weights_but_the_new_ones_match_and_outputs_are_those_of_the_authors(
    name, tmp_path, monkeypatch
):
    weights, arguments = weights_of(name)
    fill, matches = type(weights).fill, []
    monkeypatch.setattr(type(weights), "fill", lambda *given: matches.append(fill(*given)))
    model = weights.load(path=written(name, tmp_path), **arguments)
    assert not model.training
    (match,) = matches
    assert match.n_matched + len(match.new) == len(model.state_dict())
    assert all(key.startswith(weights.new) for key in match.new)
    whole, x = REFERENCES[name][0].build()
    new = {key: value for key, value in whole.state_dict().items() if key.startswith(weights.new)}
    assert new
    model.load_state_dict(new, strict=False)
    with torch.no_grad():
        logits = model(x).numpy()
    expected = REFERENCES[name][0].arrays["logits"]
    np.testing.assert_allclose(logits, expected, atol=1e-5 * max(1, np.abs(expected).max()))


def test_a_file_without_a_weight_is_refused_by_name(tmp_path):
    weights, arguments = weights_of("biot.six_datasets")
    content = checkpoint("biot.six_datasets")
    del content["patch_embedding.projection.bias"]
    torch.save(content, tmp_path / "file.ckpt")
    with pytest.raises(
        ValueError, match=r"biot.six_datasets.*but the head, matched 46; missing: 'spectrum.bias'"
    ):
        weights.load(path=tmp_path / "file.ckpt", **arguments)


def test_a_file_with_other_weights_is_refused_by_name(tmp_path):
    weights, arguments = weights_of("biot.six_datasets")
    content = checkpoint("biot.six_datasets", **{"decoder.weight": torch.zeros(2)})
    torch.save(content, tmp_path / "file.ckpt")
    with pytest.raises(ValueError, match=r"1 of other names: 'decoder\.weight'"):
        weights.load(path=tmp_path / "file.ckpt", **arguments)


def test_a_file_with_other_shapes_is_refused_by_name(tmp_path):
    weights, arguments = weights_of("biot.six_datasets")
    other = {"patch_embedding.projection.weight": torch.zeros(256, 51)}
    torch.save(checkpoint("biot.six_datasets", **other), tmp_path / "file.ckpt")
    with pytest.raises(ValueError, match=r"spectrum.weight \(256, 101\), not \(256, 51\)"):
        weights.load(path=tmp_path / "file.ckpt", **arguments)


def test_a_file_without_prefix_is_refused(tmp_path):
    weights, arguments = weights_of("labram.base")
    content = checkpoint("labram.base")
    content["model"] = {k.removeprefix("student."): v for k, v in content["model"].items()}
    torch.save(content, tmp_path / "file.pth")
    with pytest.raises(ValueError, match=r"no name of a weight begins with 'student\.'"):
        weights.load(path=tmp_path / "file.pth", **arguments)


class Payload:
    """An object whose class a reader of pickles would have to import."""


def test_objects_in_a_file_are_not_made(tmp_path):
    weights, arguments = weights_of("labram.base")
    content = checkpoint("labram.base") | {"optimizer": Payload()}
    torch.save(content, tmp_path / "file.pth")
    with pytest.raises(ValueError, match=r"no checkpoint of labram\.base"):
        weights.load(path=tmp_path / "file.pth", **arguments)


def test_a_file_of_another_content_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(tmp_path))
    weights, arguments = weights_of("biot.six_datasets")
    path = tmp_path / "biot.six_datasets.ckpt"
    torch.save(checkpoint("biot.six_datasets"), path)
    with pytest.raises(ValueError, match=f"expected Git blob {weights.origin.git_blob}"):
        weights.load(**arguments)
    origin = dataclasses.replace(weights.origin, git_blob=git_blob_of(path))
    assert dataclasses.replace(weights, origin=origin).load(**arguments).n_chans == 4


def test_a_file_without_checksum_needs_a_path():
    weights, arguments = weights_of("cbramod.base")
    with pytest.raises(ValueError, match=r"download it from https://huggingface\.co/weighting666"):
        weights.load(**arguments)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("labram.base", {"sfreq": 250}, "expected sfreq=200, the rate at which labram.base was"),
        ("labram.base", {"ch_names": None}, "has learnt channels by name"),
        ("labram.base", {"ch_names": ["Cz", "E17"]}, "the 128 that labram.base knows, got 'E17'"),
        ("labram.base", {"n_times": 199}, "n_times of at least 200 for labram.base, got 199"),
        ("labram.base", {"n_times": 3400}, "n_times of at most 3200 for labram.base, got 3400"),
        ("biot.prest", {"ch_names": ["C3-A2"]}, "among the 16 that biot.prest knows, got 'C3-A2'"),
        ("epint.base", {"n_times": 1024}, "n_times of at least 3072 for epint.base"),
        ("epint.base", {"n_chans": None}, "expected ch_names for epint.base, got none"),
    ],
)  # fmt: skip
def test_what_the_weights_do_not_fit_is_refused(name, changes, message):
    weights, arguments = weights_of(name)
    arguments = {**arguments, **changes}
    if changes.get("ch_names"):
        arguments["n_chans"] = len(changes["ch_names"])
    with pytest.raises(ValueError, match=message):
        weights.load(path=Path("absent"), **arguments)


@pytest.mark.parametrize("name", list_foundation_weights())
def test_origin_is_complete(name):
    weights = find_foundation_weights(name)
    assert weights.origin.licence
    checksum = weights.origin.git_blob or weights.origin.sha256
    assert weights.page or (weights.origin.commit and checksum)
    assert weights.training.citation
    assert eegzoo.models.find_entry(weights.architecture).foundation


@pytest.mark.parametrize("name", list_foundation_weights())
def test_the_card_says_what_a_user_must_know(name, capsys):
    weights = find_foundation_weights(name)
    weights.card()
    text = capsys.readouterr().out
    assert text.startswith(f"{name}\n")
    assert "the true file, which is " in text
    assert weights.terms in text
    for fact in (
        weights.origin.licence,
        f"{weights.contract.sfreq:g} Hz",
        weights.training.citation,
    ):
        assert fact in text
    assert weights.origin.git_blob in text
    assert weights.origin.sha256 in text
    if weights.contract.is_by_position:
        assert "any with a position: 343 electrodes" in text
    else:
        assert all(known in text for known in weights.contract.known_ch_names)


def test_the_list_of_names_is_complete():
    assert list_foundation_weights() == sorted(_WEIGHTS)


def test_unknown_weights_propose_a_near_name():
    with pytest.raises(ValueError, match=r"did you mean 'labram\.base'"):
        find_foundation_weights("labram.bse")


def test_create_model_loads_them_by_name(tmp_path):
    torch.save(checkpoint("biot.six_datasets"), tmp_path / "file.ckpt")
    model = eegzoo.create_model(
        "biot.six_datasets", weights=True, ch_names=["C3-A2", "C4-A1"], n_times=2000, n_outputs=5,
        sfreq=200, path=tmp_path / "file.ckpt", drop_prob=0.3,
    )  # fmt: skip
    assert (model.n_chans, model.n_outputs, model.drop_prob, model.training) == (2, 5, 0.3, False)
    assert model.rows.rows == (16, 17)


def test_the_message_for_an_architecture_lists_its_weights():
    with pytest.raises(
        ValueError, match=r"available: biot\.prest, biot\.shhs_prest, biot\.six_data"
    ):
        eegzoo.create_model("biot", weights=True)
