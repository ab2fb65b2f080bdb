"""A history is a list of rows that prints as a table."""

import pickle

from eegzoo.training import History

ROWS = [
    {"epoch": 1, "lr": 0.01, "train_loss": 0.7},
    {"epoch": 12, "lr": 1.5e-5, "valid_loss": 3.25},
]


def test_it_is_its_rows():
    history = History(ROWS)
    assert history == ROWS
    assert [row["epoch"] for row in history] == [1, 12]
    assert pickle.loads(pickle.dumps(history)) == history


def test_it_prints_columns_of_all_rows():
    assert repr(History(ROWS)).splitlines() == [
        "epoch       lr  train_loss  valid_loss",
        "    1   0.0100      0.7000            ",
        "   12  1.5e-05                  3.2500",
    ]
    assert repr(History()) == ""
