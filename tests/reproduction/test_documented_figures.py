"""Every figure in a card, in the README and in the benchmarks' tables has an entry.

Those in the pages of the documentation have an entry or the command that measured them.
"""

import re
import shlex
from pathlib import Path

import pytest

from eegzoo.reproduction.catalogue import covering, find_entries, list_entries
from eegzoo.weights.stored_cards import stored_cards

ROOT = Path(__file__).parents[2]
README, BENCHMARKS = ROOT / "README.md", ROOT / "benchmarks" / "README.md"
PAGES = [ROOT / "docs/how_to/raspberry_pi.md", *sorted((ROOT / "docs").glob("*.md"))]
# Written from the entries, and from the cards when the site is built.
PAGES = [page for page in PAGES if page.name not in ("reproduce.md", "weights.md")]
COMMENT = re.compile(r"<!-- eegzoo reproduce (.+) -->")
# What measured figures that have no entry; or why no command does, which the text says as well.
MEASURED = re.compile(r"<!-- (measured by|measured once:) (.+) -->")
# Accuracies and such are written without a zero before the point, or with three decimals.
ACCURACY = r"(?<![\w.:/\d])(?:0\.[1-9]\d{2}|\.\d{2,3})(?![\w.]*\d)"
SPEED = r"\d\.?\d* (?:µs|MiB|MB|GB)(?!\w)|\d\.\d+ ms\b"
STATED = [
    (entry, figure, stated)
    for entry in list_entries()
    for figure in entry.figures
    for stated in (figure.ours, figure.paper)
    if stated is not None
]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (name, place)
        for name, stored in stored_cards().items()
        for place in range(len(stored.card.metrics))
    ],
)
def test_metric_of_a_card_has_an_entry(name, place):
    metric = stored_cards()[name].card.metrics[place]
    found = [
        figure.measure
        for entry in covering(name)
        for figure in entry.figures
        for stated in (figure.ours, figure.paper)
        if stated is not None and stated.value == metric.value
    ]
    assert metric.measure in found


def tables(path):
    """Yield the entries and rows of each table; the comment with the entries is above it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    table, above = [], ""
    for line in [*lines, ""]:
        if line.startswith("|"):
            table.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if table:
            yield above, table
            table = []
        if line.strip():
            above = line


def with_numbers(path):
    """Return the entries and rows of the tables that have figures."""
    return [
        (above, table)
        for above, table in tables(path)
        if any(re.search(r"\d\.\d|\.\d\d", cell) for row in table for cell in row)
    ]


@pytest.mark.parametrize("path", [README, BENCHMARKS], ids=lambda path: path.parent.name)
def test_table_with_figures_names_its_entries(path):
    found = with_numbers(path)
    unnamed = [table[0] for above, table in found if not COMMENT.fullmatch(above)]
    assert unnamed == []
    for above, _ in found:
        for name in COMMENT.fullmatch(above)[1].split():
            assert find_entries(name)


def sources_of(text):
    """Return the comments of a text that say where its figures are from."""
    return [
        line for line in text.splitlines() if COMMENT.fullmatch(line) or MEASURED.fullmatch(line)
    ]


def sections(path):
    """Return the parts of a page between headings, without code and other comments."""
    text = re.sub(
        r"^( *)(```+).*?^ *\2$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    kept = "eegzoo reproduce|measured"
    text = re.sub(rf"<!-- (?!{kept}).*?-->", "", text, flags=re.DOTALL)
    return re.split(r"^#+ ", text, flags=re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_figure_of_a_page_names_its_entry_or_command(path):
    known = {f"{abs(stated.value):.{digits}f}" for *_, stated in STATED for digits in (2, 3)}
    known |= {
        f"{limit:.{digits}f}" for *_, s in STATED for limit in s.interval or () for digits in (2, 3)
    }
    unnamed = []
    for section in sections(path):
        if sources_of(section):
            continue
        prose = "\n".join(line for line in section.splitlines() if not line.startswith("|"))
        in_tables = "\n".join(line for line in section.splitlines() if line.startswith("|"))
        unnamed += [
            value for value in re.findall(ACCURACY, prose) if f"0{value.lstrip('0')}" not in known
        ]
        unnamed += re.findall(f"{ACCURACY}|{SPEED}", in_tables) + re.findall(SPEED, prose)
    assert unnamed == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_sources_of_figures_exist(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if entry := COMMENT.fullmatch(line):
            assert all(find_entries(name) for name in entry[1].split())
        elif (measured := MEASURED.fullmatch(line)) and measured[1] == "measured by":
            program, *arguments = shlex.split(measured[2])
            assert program in ("eegzoo", "python")
            # That commands of eegzoo exist is tested with the others of the page.
            assert program == "eegzoo" or (ROOT / arguments[0]).is_file()


def table_of(*header):
    """Return the rows of the benchmarks' table whose header begins with these cells."""
    (rows,) = (
        table[2:] for _, table in tables(BENCHMARKS) if tuple(table[0][: len(header)]) == header
    )
    return rows


def figure_of(entry, label, measure="accuracy"):
    (found,) = (
        figure.ours
        for figure in find_entries(entry)[0].figures
        if (figure.label, figure.measure) == (label, measure)
    )
    return found


@pytest.mark.parametrize("row", table_of("task", "split", "method"), ids=lambda row: row[0])
def test_row_of_the_accuracy_table_is_the_entrys(row):
    assert float(row[4]) == figure_of(f"bench:{row[0].removesuffix('_exo')}", row[2]).value


@pytest.mark.parametrize("row", table_of("stager", "480 windows"), ids=lambda row: row[0])
def test_row_of_the_sleep_table_is_the_entrys(row):
    for part, cell in zip(("all windows", "windows of one stage"), row[1:], strict=True):
        for measure, value in zip(
            ("accuracy", "kappa", "macro_f1"), cell.split(" / "), strict=True
        ):
            found = figure_of("bench:sleep", f"{row[0]}, {part}", measure)
            assert found.value == pytest.approx(float(value), abs=1e-9)


@pytest.mark.parametrize("row", table_of("task", "model", "folds"), ids=lambda row: row[1])
def test_row_of_the_table_of_new_people_is_the_entrys(row):
    task, model, folds, seeds, scored, accuracy = row[:6]
    name = f"bench:new_person-{task}-{model}"
    name += "-6folds" if (model, folds) == ("tangent_net", "6") else ""
    (entry,) = find_entries(name)
    assert (str(entry.parameters["n_folds"]), str(len(entry.seeds))) == (folds, seeds)
    assert figure_of(name, scored).value == float(accuracy.partition(" ")[0])


COMPARED = {
    COMMENT.fullmatch(above)[1]: table[2:]
    for above, table in tables(ROOT / "docs" / "compare.md")
    if COMMENT.fullmatch(above)
}


@pytest.mark.parametrize("name", sorted(entry.name for entry in list_entries("bench:compare-*")))
def test_rows_of_a_comparison_are_the_entrys(name):
    figures = find_entries(name)[0].figures
    accuracies = [figure.label for figure in figures if figure.measure == "accuracy"]
    assert [row[0].strip("`") for row in COMPARED[name]] == accuracies
    for row in COMPARED[name]:
        label = row[0].strip("`")
        assert float(row[1]) == figure_of(name, label).value
        if row[2]:
            change = figure_of(name, label, "difference")
            numbers = [float(number) for number in re.findall(r"[+-]\d\.\d+", row[2])]
            assert numbers == [change.value, *change.interval]


def test_accuracies_in_the_text_of_the_readme_are_entries_figures():
    text = re.sub(r"```.*?```", "", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    limits = {limit for *_, stated in STATED for limit in stated.interval or ()}
    known = {f"{abs(value):.3f}" for value in {stated.value for *_, stated in STATED} | limits}
    written = re.findall(r"(?<![\w.\d])\.\d{3}(?!\d)", text)
    assert [value for value in written if f"0{value}" not in known] == []
