"""Each protocol runs on simulated recordings in the shape of its data."""

import numpy as np
import pytest

from eegzoo.reproduction.catalogue import find_entries, list_entries
from eegzoo.reproduction.protocols.accuracy_tasks import TASKS
from eegzoo.reproduction.record import stored_record
from eegzoo.reproduction.recordings.folders import MissingDataError
from eegzoo.reproduction.reproduce import SIMULATED, reproduce
from eegzoo.weights.catalogue import find_weights
from tests.shared_data import MNE_DATA, SHARED, needs


def weights_of(entry):
    """Return the names of the authors' weights that an entry uses."""
    given = entry.parameters
    names = [each["weights"] for each in given.get("stagers", {}).values()]
    return [*names, *(given[name] for name in ("weights", "family") if name in given)]


def kind_of(entry):
    """Return what distinguishes a run from others."""
    given, weights = entry.parameters, weights_of(entry)
    if entry.protocol == "comparison":  # of people, or on an official split
        return entry.protocol, given["folds"] == "official"
    # Tasks of one function differ in the names of their labels.
    task = TASKS[given["task"]] if entry.protocol == "accuracy" else given.get("task")
    what = task, given.get("model"), tuple(name.split(".")[0] for name in weights)
    return entry.protocol, entry.data.name, what


BY_KIND = {kind_of(entry): entry for entry in reversed(list_entries())}
DIFFERENT = [entry for entry in BY_KIND.values() if entry.protocol not in ("script", "yasa")]
TRAINED = [entry for entry in DIFFERENT if not weights_of(entry)]
PUBLISHED = [
    entry
    for entry in DIFFERENT
    if weights_of(entry)
    and not entry.name.startswith(("tinysleepnet.physioex", "sleeptransformer.physioex"))
]
by_name = {"ids": lambda entry: entry.name}


def check(entry):
    """Run an entry without its data, and check its scores."""
    record = reproduce(entry, dry_run=True)
    found = {(score.label, score.measure) for score in record.scores}
    assert found >= {(figure.label, figure.measure) for figure in entry.figures}
    assert record.note == SIMULATED
    assert record.seeds == entry.seeds[:1]
    assert all(-1 <= score.value <= 1 and score.n_windows > 0 for score in record.scores)


@pytest.mark.slow
@pytest.mark.parametrize("entry", TRAINED, **by_name)
def test_training_runs_on_recordings_of_the_same_shape(entry):
    check(entry)


@needs(SHARED / "weights")
@pytest.mark.parametrize("entry", PUBLISHED, **by_name)
def test_published_weights_run_on_recordings_of_the_same_shape(entry, monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))
    check(entry)


def test_weights_of_entries_exist():
    names = [name for entry in list_entries() for name in weights_of(entry)]
    assert all(find_weights(name) for name in names if name != "robustsleepnet")


@needs(MNE_DATA)
@needs(SHARED / "weights")
@pytest.mark.parametrize("name", ["eegnet.physionet_mi2", "bench:first_example"])
def test_figure_of_subject_1_is_reproduced_exactly(name, monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))
    record = reproduce(name, data_dir=SHARED / "data")
    (figure,) = find_entries(name)[0].figures
    assert record.scores[0].value == pytest.approx(figure.ours.value, abs=5e-4)
    assert {"cpu", "versions"} <= set(record.environment)


@needs(SHARED / "data" / "ssvep_exo")
def test_results_so_far_are_not_repeated(tmp_path):
    results = tmp_path / "rows.jsonl"
    given = {"data_dir": SHARED / "data", "results": results, "seeds": [0]}
    first = reproduce("ssvep_front.ssvep_exo", **given)
    n_rows = len(results.read_text().splitlines())
    second = reproduce("ssvep_front.ssvep_exo", **given)
    assert n_rows == len(results.read_text().splitlines()) == 6
    assert second.scores == first.scores
    stored = stored_record("ssvep_front.ssvep_exo")
    values = [[score.value for score in record.scores] for record in (second, stored)]
    np.testing.assert_allclose(*values, atol=0.02)


@pytest.mark.parametrize(
    "name", ["bench:eegmat", "bench:dreams", "eegnet.ssvep_exo", "bench:fingermovements"]
)
def test_missing_data_give_their_address_and_licence(name, tmp_path, monkeypatch):
    monkeypatch.delenv("EEGZOO_DATA", raising=False)
    source = find_entries(name)[0].data
    for directory in (None, tmp_path):
        with pytest.raises(MissingDataError) as caught:
            reproduce(name, data_dir=directory)
        text = str(caught.value)
        assert source.address in text
        assert source.licence in text
        assert source.how in text


def test_directory_of_data_must_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        reproduce("bench:eegmat", data_dir=tmp_path / "absent")


def test_wrong_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="expected at least one seed"):
        reproduce("bench:eegmat", seeds=[])
    with pytest.raises(ValueError, match="expected no file of results with dry_run"):
        reproduce("verify:eegnet", dry_run=True, results=tmp_path / "rows.jsonl")
    with pytest.raises(ValueError, match="unknown entry"):
        reproduce("bench:eegmad")


def test_seeds_other_than_the_entrys_are_noted():
    assert reproduce("verify:eegnet", seeds=[0]).note == ""
    assert reproduce("verify:eegnet", seeds=[0, 1]).note == "seeds 0, 1 in place of 0"
