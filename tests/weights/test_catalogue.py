"""Trained weights by name, by fold, and in files."""

import dataclasses
import hashlib

import pytest
import torch

import eegzoo
from eegzoo import create_model
from eegzoo.models import find_entry, save_model
from eegzoo.weights import (
    catalogue,
    find_weights,
    list_weights,
    names_of_folds,
    weights_in,
)

NAMES = list_weights()
every_name = pytest.mark.parametrize("name", NAMES)
AUTHORS = catalogue._AUTHORS


# Names.


def test_authors_weights_are_listed():
    assert len(AUTHORS) == 34
    assert set(AUTHORS) <= set(NAMES) == set(eegzoo.list_weights())
    assert sorted(NAMES) == NAMES
    assert len(list_weights("eegnet.physionet_*")) == 15
    assert list_weights("eegsym.*", task="motor imagery") == ["eegsym.mi_16", "eegsym.mi_8"]
    assert list_weights("eegsym.*", task="erp") == []
    assert list_weights("nothing*") == []
    with pytest.raises(
        ValueError, match="unknown task 'motor imagry'; did you mean 'motor imagery'"
    ):
        list_weights(task="motor imagry")


@every_name
def test_names_begin_with_the_architecture(name):
    architecture = find_weights(name).metadata.architecture
    class_of = {find_entry(part).model_class for part in (name.partition(".")[0], architecture)}
    assert len(class_of) == 1


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("eegnet.physionet_mi", "eegnet.physionet_mi"),
        ("eegnet.fysionet_mi3", "eegnet.physionet_mi3"),
        ("eegsym.mi_32", "eegsym.mi_"),
        ("eegnet.physionet_mi2_fold5", "eegnet.physionet_mi2_fold"),
    ],
)
def test_unknown_names_propose_a_near_one(name, near):
    for find in (find_weights, names_of_folds, lambda name: create_model(name, weights=True)):
        with pytest.raises(ValueError, match=f"unknown weights '{name}'; did you mean '{near}"):
            find(name)


def test_tag_requires_weights_and_weights_require_a_tag():
    with pytest.raises(ValueError, match="expected weights=True with the trained weights 'eegnet"):
        create_model("eegnet.physionet_mi2")
    with pytest.raises(ValueError, match=r"name of trained weights, got 'eegnet'.*physionet_mi2"):
        create_model("eegnet", weights=True)
    with pytest.raises(ValueError, match="unknown model 'egnet'; did you mean 'eegnet'"):
        create_model("egnet", weights=True)


def test_trained_weights_take_no_other_arguments():
    with pytest.raises(TypeError, match="take no argument 'n_chans'; did you mean 'ch_names'"):
        create_model("eegnet.physionet_mi2", weights=True, n_chans=8)


# Folds.


def test_family_is_its_first_fold():
    assert find_weights("eegnet.physionet_mi3").name == "eegnet.physionet_mi3_fold0"
    assert names_of_folds("eegnet.physionet_mi4") == list_weights("eegnet.physionet_mi4_*")
    assert names_of_folds("eegsym.mi_8") == ["eegsym.mi_8"]


@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_each_subject_is_left_out_of_one_fold(n_classes):
    seen = [
        set(find_weights(name).metadata.training.subjects)
        for name in names_of_folds(f"eegnet.physionet_mi{n_classes}")
    ]
    everybody = {f"eegbci/S{number:03d}" for number in range(1, 110)}
    left_out = {f"eegbci/S{number:03d}" for number in (88, 92, 100, 104)}
    assert set().union(*seen) == everybody - left_out
    for subject in everybody - left_out:
        assert sum(subject not in fold for fold in seen) == 1


def test_unseen_finds_the_fold_that_left_out_the_subjects():
    family = "eegnet.physionet_mi2"
    assert find_weights(family, unseen="eegbci/S001").name == f"{family}_fold0"
    assert find_weights(family, unseen="eegbci/S109").name == f"{family}_fold4"
    two = ["eegbci/S022", "eegbci/S030"]
    assert find_weights(family, unseen=two).name == f"{family}_fold1"
    assert find_weights(f"{family}_fold1", unseen=two).name == f"{family}_fold1"


@pytest.mark.parametrize(
    ("name", "unseen"),
    [
        ("eegnet.physionet_mi2", ["eegbci/S001", "eegbci/S109"]),
        ("eegnet.physionet_mi2_fold1", "eegbci/S001"),
        ("eegsym.mi_8", "eegbci/S001"),
    ],
)
def test_unseen_raises_where_a_subject_may_have_been_seen(name, unseen):
    with pytest.raises(ValueError, match=f"known not to be in the training data of {name}"):
        find_weights(name, unseen=unseen)


# Files that eegzoo saved.


@pytest.fixture
def card():
    card = find_weights("eegnet.physionet_mi2").metadata
    origin = dataclasses.replace(
        card.origin, repository="", commit="", path="", sha256="", recipe="recipe.py", seed=0
    )
    return dataclasses.replace(card, origin=origin)


@pytest.fixture
def shipped(tmp_path, monkeypatch, card):
    """Return a folder of two files that replaces the folder of shipped weights."""
    monkeypatch.setattr(catalogue, "SHIPPED", tmp_path)
    lines = []
    for tag in ("one", "two"):
        model = create_model(card.architecture, **card.arguments)
        path = tmp_path / f"eegnet.{tag}.safetensors"
        save_model(model, path, {"card": card.to_dict()})
        lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    (tmp_path / "SHA256SUMS").write_text("".join(lines))
    return tmp_path


def test_shipped_files_are_listed_and_loaded(shipped, card):
    assert set(list_weights()) - set(AUTHORS) == {"eegnet.one", "eegnet.two"}
    weights = find_weights("eegnet.one")
    path = shipped / "eegnet.one.safetensors"
    assert weights.metadata.origin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert weights.metadata.to_dict()["labels"] == card.labels
    x = torch.randn(2, 64, 480)
    model = create_model("eegnet.two", weights=True)
    torch.testing.assert_close(model(x), eegzoo.load_model(shipped / "eegnet.two.safetensors")(x))


def test_exchanged_shipped_file_raises(shipped):
    (shipped / "eegnet.one.safetensors").replace(shipped / "eegnet.two.safetensors")
    with pytest.raises(ValueError, match="another file than eegzoo was shipped with"):
        find_weights("eegnet.two")
    with pytest.raises(ValueError, match=r"unknown weights 'eegnet\.one'"):
        find_weights("eegnet.one")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: None, "expected a model with a card"),
        (lambda card: {**card, "mood": "good"}, "card in .* cannot be read.*mood"),
        (lambda card: {key: card[key] for key in card if key != "labels"}, "cannot be read"),
        (lambda card: {**card, "metrics": [3]}, "cannot be read"),
        (lambda card: {**card, "origin": {"licence": "MIT", "doi": "none"}}, "cannot be read"),
        (lambda card: {**card, "labels": ["right_fist", "left_fist"]}, "labels"),
    ],
)
def test_invalid_card_raises(tmp_path, card, change, message):
    path = tmp_path / "mine.safetensors"
    model = create_model(card.architecture, **card.arguments)
    changed = change(card.to_dict())
    extra = {"classes": list(card.labels)} | ({} if changed is None else {"card": changed})
    save_model(model, path, extra)
    with pytest.raises(ValueError, match=message) as raised:
        weights_in(path)
    assert str(path) in str(raised.value)
