"""The table of the documentation is that of the entries and records."""

from eegzoo.reproduction.write_table import PAGE, page, tables


def test_page_is_current():
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run python -m eegzoo.reproduction.write_table"


def test_tables_have_all_entries_once():
    rows = [line for line in tables().splitlines() if line.startswith("| `")]
    names = [row.split("`")[1] for row in rows]
    assert len(names) == len(set(names))
    assert {"eegnet.physionet_mi2", "bench:eegmat", "paper:wang2020-mi2"} <= set(names)


def test_paper_that_was_not_run_says_so():
    (row,) = (line for line in tables().splitlines() if "`paper:altaheri2022-high_gamma`" in line)
    assert row.split("|")[3].strip() == "0.920" or row.split("|")[3].strip() == "0.921"
    assert "not run here" in row
