"""What the card of saved weights says after an adaptation, and when weights have none."""

import dataclasses

import numpy as np
import pytest

import eegzoo
from eegzoo.training import EEGClassifier
from eegzoo.weights.catalogue import weights_in

NAME = "eegnet.ssvep_exo"


def without_checksum(card):
    return dataclasses.replace(card, origin=dataclasses.replace(card.origin, sha256=""))


@pytest.fixture(scope="module")
def trained():
    return EEGClassifier.from_weights(NAME)


@pytest.fixture(scope="module")
def windows(trained):
    shape = (20, trained.n_chans_, trained.n_times_)
    return np.random.default_rng(0).normal(0, 10, shape).astype(np.float32)


def test_the_card_of_an_adapted_classifier_says_on_what(trained, windows, tmp_path):
    adapted = trained.adapt(windows, how=("align",))
    adapted.save(tmp_path / "person.safetensors")
    card = weights_in(tmp_path / "person.safetensors").metadata
    assert card.adapted == adapted.adaptation_.in_words()
    assert "adapted to one person on 20 windows without labels: align" in card.adapted
    assert card.training == eegzoo.find_weights(NAME).metadata.training
    again = EEGClassifier.load(tmp_path / "person.safetensors")
    again.save(tmp_path / "again.safetensors")
    kept = weights_in(tmp_path / "again.safetensors").metadata
    assert without_checksum(kept) == without_checksum(card)
    assert again.adaptation_ == adapted.adaptation_


def test_the_printed_card_says_that_the_figures_are_from_before(trained, windows, tmp_path, capsys):
    trained.adapt(windows, how=("align",)).save(tmp_path / "person.safetensors")
    weights_in(tmp_path / "person.safetensors").card()
    assert "without labels: align; the figures are those before" in capsys.readouterr().out


def test_weights_for_anyone_keep_their_card(trained, tmp_path):
    trained.save(tmp_path / "copy.safetensors")
    card = weights_in(tmp_path / "copy.safetensors").metadata
    assert without_checksum(card) == without_checksum(eegzoo.find_weights(NAME).metadata)
    assert card.adapted == ""


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_weights_that_were_trained_further_have_no_card(windows, method, tmp_path):
    classifier = EEGClassifier.from_weights(NAME, max_epochs=1, validation=0.0, augment=())
    labels = classifier.classes_[np.arange(len(windows)) % 4]
    getattr(classifier, method)(windows, labels)
    classifier.save(tmp_path / "trained.safetensors")
    with pytest.raises(ValueError, match="card"):
        weights_in(tmp_path / "trained.safetensors")
