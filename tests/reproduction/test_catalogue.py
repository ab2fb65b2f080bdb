"""Entries by name."""

import dataclasses
import json
import subprocess
import sys

import pytest

from eegzoo.models import list_models
from eegzoo.reproduction.catalogue import covering, data_sources, find_entries, list_entries
from eegzoo.reproduction.protocol_registry import PROTOCOLS

ENTRIES = list_entries()


def test_kinds_and_patterns():
    assert {entry.kind for entry in ENTRIES} == {"card", "benchmark", "paper"}
    assert [entry.name for entry in list_entries("bench:ss*")] == ["bench:ssvep"]
    assert {entry.kind for entry in list_entries(kind="paper")} == {"paper"}
    with pytest.raises(ValueError, match="expected kind to be one of 'card'"):
        list_entries(kind="papers")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("bench:eegmat", ["bench:eegmat"]),
        ("eegnet.physionet_mi2", ["eegnet.physionet_mi2"]),
        ("eegnet.physionet_mi2_fold0", ["eegnet.physionet_mi2"]),
        ("eegnet.physionet_mi4", ["paper:wang2020-mi4"]),
        ("verify:tinysleepnet", ["verify:tinysleepnet"]),
    ],
)
def test_name_stands_for_entries(name, found):
    assert [entry.name for entry in find_entries(name)] == found


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("bench:eegmatt", "bench:eegmat"),
        ("paper:supratak2020-sleepedf2", "paper:supratak2020-sleepedf20"),
        ("eegnet.eegmta", "eegnet.eegmat"),
        ("verify:egnet", "verify:eegnet"),
    ],
)
def test_unknown_name_proposes_a_near_one(name, near):
    with pytest.raises(ValueError, match=f"unknown entry '{name}'; did you mean '{near}'"):
        find_entries(name)


def test_every_model_has_a_certificate():
    assert all(find_entries(f"verify:{model}") for model in list_models())


def test_card_of_a_fold_is_covered_by_the_entries_of_its_family():
    names = [entry.name for entry in covering("eegnet.physionet_mi2_fold3")]
    assert names == ["eegnet.physionet_mi2", "paper:wang2020-mi2"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
class TestEntry:
    def test_is_complete(self, entry):
        assert entry.protocol in PROTOCOLS
        assert entry.title
        assert entry.seeds
        assert entry.minutes > 0
        labels = [(figure.label, figure.measure) for figure in entry.figures]
        assert len(labels) == len(set(labels))
        assert entry.figures or entry.protocol == "script"

    def test_stated_figures_name_their_place(self, entry):
        for figure in entry.figures:
            for stated in (figure.ours, figure.paper):
                if stated is None:
                    continue
                assert -1 <= stated.value <= 1
                assert stated.where
                if stated.interval:
                    assert stated.interval[0] <= stated.value <= stated.interval[1]

    def test_papers_have_a_doi_or_a_commit(self, entry):
        places = [figure.paper.where for figure in entry.figures if figure.paper]
        assert all("https://doi.org/" in place or "commit" in place for place in places)
        assert entry.kind != "paper" or places or "https://doi.org/" in entry.note

    def test_is_json(self, entry):
        assert json.loads(json.dumps(dataclasses.asdict(entry)))["name"] == entry.name


@pytest.mark.parametrize("name", sorted(set(data_sources()) - {"none", "simulated"}))
def test_data_set_has_address_licence_and_citation(name):
    source = data_sources()[name]
    assert source.address.startswith("https://")
    assert all((source.title, source.licence, source.how, source.citation, source.folder))


def test_listing_loads_neither_torch_nor_mne():
    code = "import sys, eegzoo.reproduction.catalogue as c; c.list_entries(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "mne", "sklearn", "scipy"} & set(run.stdout.split())
