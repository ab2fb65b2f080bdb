"""The registry of the models, and building them by name."""

import dataclasses
import re
from functools import partial

import pytest
import torch

from eegzoo.arguments import nearest
from eegzoo.models import EEGModel, EEGNet, create_model, find_entry, list_models, register_model
from eegzoo.models import registry as module
from eegzoo.models.registry import name_of

ABOUT = {"tasks": ("erp",), "paper": "", "doi": "", "source": ""}
STANDARD = {"n_chans": 2, "n_times": 64, "n_outputs": 2, "sfreq": 64.0}
SMALL = {"n_chans": 4, "n_times": 64, "n_outputs": 2, "sfreq": 128}


@pytest.fixture
def registry(monkeypatch):
    entries = dict(module._ENTRIES)
    monkeypatch.setattr(module, "_ENTRIES", entries)
    return entries


class Other(EEGNet):
    """Another network.

    Its docstring has a second paragraph.
    """


@pytest.mark.parametrize("name", list_models())
def test_every_entry_is_complete(name):
    entry = find_entry(name)
    assert entry.name == name
    assert issubclass(entry.model_class, EEGModel)
    assert list(entry.standard)[:4] == ["n_chans", "n_times", "n_outputs", "sfreq"]
    assert re.search(r"\((19|20)\d\d\), ", entry.paper), entry.paper
    if entry.doi:
        assert re.fullmatch(r"10\.\d{4,}/\S+", entry.doi), entry.doi
        assert f"https://doi.org/{entry.doi}" in entry.model_class.__doc__
    else:  # ICLR and NeurIPS give their papers no DOI
        pages = r"https://(openreview\.net/forum\?id=\w+|nips\.cc/virtual/\d+/poster/\d+)"
        assert re.search(pages, entry.model_class.__doc__)
    # Networks without authors are computed by a script with released libraries.
    assert "commit" in entry.source or "(tests/reference/make_" in entry.source
    assert entry.summary.endswith(".")
    assert entry.tasks


def test_classes_do_not_share_a_paper():
    classes = {}
    for entry in filter(lambda entry: entry.doi, map(find_entry, list_models())):
        classes.setdefault(entry.doi, set()).add(entry.model_class)
    shared = {doi for doi, several in classes.items() if len(several) > 1}
    # One presents ShallowConvNet and DeepConvNet, the other a network of one and of many windows.
    assert shared == {"10.1002/hbm.23730", "10.1109/TNSRE.2018.2813138"}


@pytest.mark.parametrize("name", list_models())
def test_every_model_documents_its_arguments(name):
    with torch.device("meta"):  # no weights are needed
        model = create_model(name, **find_entry(name).standard)
    for argument in model.arguments:
        assert f"    {argument} : " in type(model).__doc__, argument


def test_names_are_sorted_and_filtered_by_pattern_and_task():
    names = list_models()
    assert names == sorted(set(names))
    assert {"eegnet", "tinysleepnet"} <= set(names)
    assert "eegnet_ssvep" in list_models("eegnet*")
    assert "tinysleepnet" not in list_models("eegnet*")
    assert "tinysleepnet" in list_models(task="sleep")
    assert "eegnet" not in list_models(task="sleep")
    assert list_models("eegnet*", task="sleep") == []
    assert list_models("no such model") == []


def test_an_unknown_task_raises_with_the_nearest():
    with pytest.raises(ValueError, match="unknown task 'slep'; did you mean 'sleep'"):
        list_models(task="slep")


@pytest.mark.parametrize("call", [find_entry, partial(create_model, **SMALL)])
@pytest.mark.parametrize("name", ["egnet", "EEGnet", "eegnet "])
def test_an_unknown_name_raises_with_the_nearest(call, name):
    with pytest.raises(ValueError, match=f"unknown model {name!r}; did you mean 'eegnet"):
        call(name)


def test_a_name_close_to_none_raises_with_all_names():
    known = ", ".join(list_models())
    with pytest.raises(ValueError, match=f"unknown model 'zzz'; known are {known}$"):
        create_model("zzz", **SMALL)
    assert nearest("zzz", []) == "; known are "


def test_an_unknown_argument_raises_with_the_nearest():
    with pytest.raises(TypeError, match="eegnet takes no argument 'droprob'; did you mean 'drop_p"):
        create_model("eegnet", **SMALL, droprob=0.2)


def test_an_argument_takes_precedence_over_the_variants_default():
    assert create_model("eegnet_4_2", **SMALL).F1 == 4
    assert create_model("eegnet_4_2", **SMALL, F1=3).F1 == 3
    assert create_model("eegnet", **SMALL).F1 == 8


def test_a_variant_is_an_entry_of_its_own(registry):
    wide_size = {**STANDARD, "n_chans": 9, "sfreq": 32.0}
    plain = register_model("other", **ABOUT, standard=STANDARD)
    wide = register_model(
        "other_wide", **ABOUT | {"doi": "10.1/wide"}, standard=wide_size, defaults={"F1": 16}
    )
    assert wide(plain(Other)) is Other
    assert list_models("other*") == ["other", "other_wide"]
    assert list_models() == sorted(registry)
    plain, wide = find_entry("other"), find_entry("other_wide")
    assert plain.summary == wide.summary == "Another network."
    assert (plain.standard, wide.standard) == (STANDARD, wide_size)
    assert (plain.doi, wide.doi) == ("", "10.1/wide")
    assert (plain.defaults, wide.defaults) == ({}, {"F1": 16})
    model = create_model("other_wide", **SMALL)
    assert (type(model), model.F1, model.n_chans) == (Other, 16, 4)
    assert name_of(model) == "other"


@pytest.mark.parametrize("name", list_models())
def test_the_name_of_a_class_and_the_arguments_rebuild_every_variant(name):
    with torch.device("meta"):
        model = create_model(name, **find_entry(name).standard)
    first = next(n for n, e in module._ENTRIES.items() if e.model_class is type(model))
    assert name_of(model) == first
    assert find_entry(first).defaults == {}
    with torch.device("meta"):
        again = create_model(first, **model.arguments)
    assert again.arguments == model.arguments
    shapes = {key: value.shape for key, value in model.state_dict().items()}
    assert {key: value.shape for key, value in again.state_dict().items()} == shapes


def test_a_taken_name_raises_and_registers_nothing(registry):
    before = dict(registry)
    with pytest.raises(ValueError, match="'eegnet', which is taken"):
        register_model("eegnet", **ABOUT, standard=STANDARD)(Other)
    assert registry == before


def test_a_class_that_is_neither_registered_nor_importable_has_no_name():
    class Inner(EEGNet):
        pass

    assert name_of(Other(**SMALL)) == f"{__name__}:Other"
    with pytest.raises(ValueError, match="expected a registered model, got Inner"):
        name_of(Inner(**SMALL))
    assert name_of(EEGNet(**SMALL)) == "eegnet"


def test_an_entry_is_read_only():
    with pytest.raises(dataclasses.FrozenInstanceError):
        find_entry("eegnet").doi = "10.0"


# Arguments that the base class checks.


@pytest.mark.parametrize(
    "ch_names", [["C3", "C4"], ["C3", "C3", "C4", "Cz"], ["C3", "C3", "C4", "Cz", "Pz"]]
)
def test_ch_names_must_differ_and_match_the_number_of_channels(ch_names):
    with pytest.raises(ValueError, match="expected ch_names to hold 4 different names"):
        create_model("eegnet", **SMALL, ch_names=ch_names)


def test_ch_names_are_kept_in_their_order():
    names = ["Cz", "C4", "C3", "Pz"]
    model = create_model("eegnet", **SMALL, ch_names=names)
    assert model.ch_names == model.arguments["ch_names"] == tuple(names)


@pytest.mark.parametrize("size", ["n_chans", "n_times", "n_outputs"])
@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (2.0, TypeError), (True, TypeError)])
def test_a_size_that_is_not_a_positive_integer_raises_by_name(size, value, error):
    with pytest.raises(error, match=f"expected {size} to be a positive integer, got {value}"):
        create_model("eegnet", **{**SMALL, size: value})


@pytest.mark.parametrize("sfreq", [0, -1.0, float("nan"), float("inf")])
def test_an_invalid_sampling_rate_raises(sfreq):
    with pytest.raises(ValueError, match="expected sfreq to be a number above 0"):
        create_model("eegnet", **SMALL | {"sfreq": sfreq})
