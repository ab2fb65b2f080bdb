"""Cards of trained weights: complete, correct and printed."""

import dataclasses
import hashlib
import json
import re

import pytest

from eegzoo import create_model
from eegzoo.data import Preprocessing, SignalInfo
from eegzoo.data.preprocessing.normalization import HOW
from eegzoo.models import find_entry
from eegzoo.models.registry import name_of
from eegzoo.weights import (
    Card,
    Metric,
    catalogue,
    find_weights,
    list_weights,
)
from eegzoo.weights.card import wilson
from tests.shared_data import SHARED, needs

NAMES = list_weights()
every_name = pytest.mark.parametrize("name", NAMES)
CACHE = SHARED / "weights"
AUTHORS = catalogue._AUTHORS


def empty_fields(card, where=""):
    """Yield the names of empty fields at any depth."""
    for field in dataclasses.fields(card):
        value, place = getattr(card, field.name), f"{where}{field.name}"
        if dataclasses.is_dataclass(value):
            yield from empty_fields(value, f"{place}.")
        elif value is None or value == "" or (hasattr(value, "__len__") and not len(value)):
            yield place


# Optional fields: subjects that the authors do not name; the repository of eegzoo's own weights and
# the recipe of authors' weights (tested below); the amplitude of normalised windows; Git's name of
# the file where SHA-256 is known, and the other way round; the person of weights for anyone.
MAY_LACK = {
    "adapted", "amplitude", "training.subjects", "training.n_subjects", "origin.sha256",
    "origin.git_blob", "origin.recipe", "origin.seed", "origin.repository", "origin.commit",
    "origin.path",
}  # fmt: skip


@every_name
def test_card_is_complete(name):
    card = find_weights(name).metadata
    assert set(empty_fields(card)) <= MAY_LACK
    origin = card.origin
    if origin.sha256:
        assert re.fullmatch("[0-9a-f]{64}", origin.sha256)
    else:
        assert re.fullmatch("[0-9a-f]{40}", origin.git_blob)
        assert "never loaded" in card.split
    if origin.recipe:
        assert origin.repository == origin.commit == origin.path == ""
        assert origin.seed is not None
    else:
        assert re.fullmatch(r"[\w-]+/[\w-]+", origin.repository)
        assert re.fullmatch("[0-9a-f]{40}", origin.commit)
        assert origin.path.endswith((".h5", ".gz", ".ckpt"))
    assert card.training.n_subjects is None or card.training.n_subjects >= 1
    assert "https://doi.org/" in card.training.citation
    assert card.training.subjects == () or len(card.training.subjects) == card.training.n_subjects
    assert "medical" in card.not_for


@every_name
def test_every_metric_has_protocol_and_interval(name):
    metrics = find_weights(name).metadata.metrics
    assert metrics
    for metric in metrics:
        is_published = metric.n_windows is None
        assert set(empty_fields(metric)) == ({"n_subjects", "n_windows"} if is_published else set())
        low, high = metric.interval
        assert 0 <= low <= metric.value <= high <= 1
        assert low < high
        if is_published:
            assert metric.interval_of == "rounding of the published figure"
            continue
        assert metric.n_subjects >= 1
        assert metric.n_windows >= metric.n_subjects


@every_name
def test_signal_preprocessing_labels_and_model_fit_together(name):
    weights = find_weights(name)
    card = weights.metadata
    assert find_entry(card.architecture).build(**card.arguments).n_outputs == len(card.labels)
    assert len(set(card.labels)) == len(card.labels)
    assert isinstance(weights.signal, SignalInfo)
    assert isinstance(weights.preprocessing, Preprocessing)
    assert card.normalization in HOW
    signal, arguments = weights.signal, card.arguments
    assert arguments["n_chans"] == len(signal.ch_names)
    assert tuple(arguments["ch_names"]) == tuple(signal.ch_names)
    assert arguments["sfreq"] == signal.sfreq
    assert arguments["n_times"] <= signal.n_times  # less, if it was trained on crops
    assert weights.preprocessing.window.n_times(signal.sfreq) == signal.n_times
    assert weights.preprocessing.window.tmin == signal.tmin
    assert signal.unit == "uV"


@every_name
def test_number_of_parameters_is_correct(name):
    card = find_weights(name).metadata
    model = create_model(card.architecture, **card.arguments)
    assert sum(weight.numel() for weight in model.parameters()) == card.n_params


def skip_what_is_not_kept(name):
    if name in AUTHORS and not AUTHORS[name].card.origin.sha256:
        pytest.skip("the authors' file is too large to be kept")


@needs(CACHE)
@every_name
def test_model_agrees_with_the_card(name):
    skip_what_is_not_kept(name)
    card = find_weights(name).metadata
    model = create_model(name, weights=True)
    assert name_of(model) == find_entry(card.architecture).model_class.__module__.split(".")[-1]
    arguments = {key: model.arguments[key] for key in card.arguments}
    assert json.dumps(arguments) == json.dumps(card.arguments)
    assert not any(module.training for module in model.modules())


@needs(CACHE)
@pytest.mark.parametrize("name", AUTHORS)
def test_checksum_matches_the_authors_file(name):
    skip_what_is_not_kept(name)
    content = (CACHE / AUTHORS[name].file).read_bytes()
    assert hashlib.sha256(content).hexdigest() == AUTHORS[name].card.origin.sha256


def test_each_name_has_its_own_file():
    assert len({file.file for file in AUTHORS.values()}) == len(AUTHORS)
    origins = [file.card.origin for file in AUTHORS.values()]
    assert len({origin.sha256 or origin.git_blob for origin in origins}) == len(AUTHORS)
    assert len({file.card.origin.url for file in AUTHORS.values()}) == len(AUTHORS)


@every_name
def test_card_survives_json(name):
    card = find_weights(name).metadata
    again = Card.from_dict(json.loads(json.dumps(card.to_dict(), allow_nan=False)))
    assert again.to_dict() == Card.from_dict(again.to_dict()).to_dict()
    assert json.dumps(again.to_dict()) == json.dumps(card.to_dict())
    for part in ("labels", "training", "metrics", "origin"):
        assert getattr(again, part) == getattr(card, part)


@every_name
def test_printed_card_is_complete(name, capsys):
    weights = find_weights(name)
    card = weights.metadata
    weights.card()
    shown = capsys.readouterr().out
    parts = [
        name, card.architecture, *card.labels, *card.signal["ch_names"], f"{card.n_params:,}",
        card.training.name, card.training.licence, card.training.citation, card.split,
        card.intended_use, card.not_for, card.origin.licence, card.normalization,
        card.origin.sha256 or card.origin.git_blob, card.origin.recipe or card.origin.path,
    ]  # fmt: skip
    for metric in card.metrics:
        parts += [metric.measure, f"{metric.value:.3f}", metric.protocol, metric.interval_of]
    assert [part for part in parts if part not in shown] == []


# Confidence intervals.


def test_wilsons_interval_matches_published_values():
    # Newcombe (1998), Stat. Med. 17, 857, table I: method 3.
    for right, n, interval in [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605))]:
        assert wilson(right / n, n) == pytest.approx(interval, abs=5e-5)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1.0, 20)[1] == 1.0


def test_value_outside_its_interval_raises():
    with pytest.raises(ValueError, match=r"an interval around 0\.9"):
        Metric("accuracy", 0.9, "none", 1, 10, (0.2, 0.3), "guessed")
