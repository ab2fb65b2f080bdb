"""Stored cards of the trained weights are those of the weights."""

from eegzoo.weights import list_weights, names_of_folds
from eegzoo.weights.folds import folds_of
from eegzoo.weights.stored_cards import FILE, as_json, stored_cards
from eegzoo.weights.write_cards import current_cards


def test_stored_cards_are_current():
    text = as_json(current_cards())
    assert FILE.read_text(encoding="utf-8") == text, f"{FILE.name} is stale: run `make facts`"


def test_stored_cards_are_read_as_they_are_written():
    assert list(stored_cards()) == list_weights()
    assert as_json(stored_cards()) == FILE.read_text(encoding="utf-8")


def test_folds_are_those_of_the_catalogue():
    for name in ("eegnet.physionet_mi2", "eegnet.physionet_mi2_fold1", "eegsym.mi_8"):
        assert folds_of(name, stored_cards()) == names_of_folds(name)
