"""Records of runs, and their comparison with stated figures."""

import json

import pytest

from eegzoo.reproduction.catalogue import list_entries
from eegzoo.reproduction.entry import Figure, Stated
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.record import Record, compare, compared, stored_record
from eegzoo.reproduction.record_files import FOLDER, file_of

RUN = [entry for entry in list_entries() if file_of(entry.name).exists()]


def score(value, interval=(0.6, 0.8), units=None):
    return Score("a", "accuracy", value, interval, "", 100, units or {})


def test_json_round_trip():
    record = Record("x", (0, 1), (score(0.7, units={"01": 0.7}),), {"cpu": "any"}, 1.5, "note")
    assert Record.from_dict(json.loads(json.dumps(record.to_dict()))) == record


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (0.65, "reproduced"),
        (0.5996, "reproduced"),  # figures are stated with three digits
        (0.59, "outside"),
        (0.85, "outside"),
    ],
)
def test_our_figure_is_reproduced_inside_its_interval(value, outcome):
    figure = Figure("a", "accuracy", ours=Stated(0.7, "card", (0.6, 0.8)))
    assert compare(figure, score(value)).outcome == outcome


@pytest.mark.parametrize(("paper", "outcome"), [(0.79, "reproduced"), (0.85, "outside")])
def test_paper_is_reproduced_if_the_difference_may_be_zero(paper, outcome):
    found = compare(Figure("a", "accuracy", paper=Stated(paper, "paper")), score(0.7))
    assert found.outcome == outcome
    assert found.from_paper.value == pytest.approx(0.7 - paper)


def test_our_figure_decides_where_a_paper_has_one_as_well():
    figure = Figure("a", "accuracy", Stated(0.7, "card", (0.6, 0.8)), Stated(0.95, "paper"))
    found = compare(figure, score(0.7))
    assert found.outcome == "reproduced"
    assert found.from_paper.value == pytest.approx(-0.25)


@pytest.mark.parametrize(("n_seeds", "outcome"), [(1, "reproduced"), (5, "outside")])
def test_other_seeds_may_explain_a_difference(n_seeds, outcome):
    # t of 4 degrees of freedom is 2.776: 2.776 * 0.02 * sqrt(5 / 4 * (1 / n + 1 / 5))
    figure = Figure("a", "accuracy", Stated(0.7, "table", (0.69, 0.71), 0.02, n_seeds=5))
    assert compare(figure, score(0.765), n_seeds=n_seeds).outcome == outcome
    assert compare(figure, score(0.738), n_seeds=n_seeds).outcome == "reproduced"
    assert compare(figure, score(0.77), n_seeds=n_seeds).outcome == "outside"


def test_score_without_a_stated_figure_is_measured():
    assert compare(Figure("a", "accuracy"), score(0.7)).outcome == "measured"


def test_stored_run_gives_the_people_and_a_missing_interval():
    people = {"01": 0.6, "02": 0.8}
    stored = score(0.7, units=people)
    figure = Figure("a", "accuracy", Stated(0.7, "table"))
    found = compare(figure, score(0.71, units={"01": 0.61, "02": 0.81}), stored)
    assert found.outcome == "reproduced"
    assert found.from_ours.interval == pytest.approx((0.01, 0.01))
    assert compare(figure, score(0.55), stored).outcome == "outside"


def test_every_record_is_of_an_entry():
    known = {file_of(entry.name) for entry in list_entries()}
    assert set(FOLDER.glob("*.json")) <= known


# Figures that our last run did not reproduce, as docs/reproduce.md says.
OUTSIDE = {"eegnet.eegmat": ["fine-tuned on 5 trials a class"]}


@pytest.mark.parametrize("entry", RUN, ids=lambda entry: entry.name)
class TestStored:
    def test_every_figure_is_reproduced(self, entry):
        record = stored_record(entry.name)
        found = [each for each in compared(entry, record) if each.outcome != "measured"]
        outside = [each.figure.label for each in found if each.outcome == "outside"]
        assert outside == OUTSIDE.get(entry.name, [])
        assert found

    def test_has_all_figures_and_versions_without_a_date(self, entry):
        record = stored_record(entry.name)
        assert {(each.label, each.measure) for each in record.scores} >= {
            (figure.label, figure.measure) for figure in entry.figures
        }
        assert {"eegzoo", "torch", "mne", "python"} <= set(record.environment["versions"])
        assert record.environment["cpu"]
        assert "/" not in record.environment["cpu"]
        assert set(record.seeds) <= set(entry.seeds)
        assert bool(record.note) == (record.seeds != entry.seeds)
