"""The examples of the gallery run, explain themselves and draw pictures that can be read."""

import ast
import runpy
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import eegzoo
from eegzoo.models import registry
from eegzoo.training import AUGMENTATIONS
from tests.shared_data import MNE_DATA, needs

FOLDER = Path(__file__).parents[2] / "examples"
EVERY = sorted(FOLDER.glob("*.py"))
RUN = [path for path in EVERY if path.stem.startswith("plot_")]
# What an example draws to compare with: a line at chance, a limit, the diagonal.
EXTRAS = {
    "plot_explanation": "captum",
    "plot_onnx": "onnxruntime",
    "plot_own_edf": "edfio",
    "plot_cluster": "distributed",
}
SUBJECTS = ("first classifier", "your own edf", "constrained layer", "new person", "subject out",
            "night", "loop of your own", "why", "another cap", "moabb", "grid search", "onnx",
            "larger than memory", "on a cluster", "architecture", "augmentation", "comparing",
            "keras")  # fmt: skip


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Return a function that runs an example in an empty folder and returns its figures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent))

    def run(path):
        runpy.run_path(str(path), run_name="__main__")
        return [plt.figure(number) for number in plt.get_fignums()]

    eegzoo.list_models()  # registers eegzoo's own
    registered = [(names, dict(names)) for names in (AUGMENTATIONS, registry._ENTRIES)]
    with mpl.rc_context(), plt.ioff():
        plt.switch_backend("agg")
        plt.close("all")
        yield run
        plt.close("all")
    for names, before in registered:  # what an example registers is not for other tests
        names.clear()
        names.update(before)


def check_figures(figures):
    """Raise an error unless each axes of each figure says what it shows, without text cut off."""
    assert figures
    for figure in figures:
        figure.canvas.draw()
        width, height = figure.bbox.width, figure.bbox.height
        titles = [axes.get_title(place) for axes in figure.axes for place in ("left", "center")]
        assert any(titles) or len(figure.axes) == 1
        labels = [(axes.get_xlabel(), axes.get_ylabel()) for axes in figure.axes]
        assert any(x for x, _ in labels)
        for axes in figure.axes:
            named = [text.get_text() for text in axes.get_yticklabels()]
            assert axes.get_ylabel() or any(name.strip("−0123456789.") for name in named) or (
                axes.get_shared_y_axes().get_siblings(axes) != [axes]
            )  # fmt: skip
            for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
                box = text.get_window_extent()
                if text.get_text():
                    assert -1 <= box.x0 <= box.x1 <= width + 1, text
                    assert -1 <= box.y0 <= box.y1 <= height + 1, text


@pytest.mark.slow
@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_example_runs_and_draws(path, drawn, request):
    if path.stem in EXTRAS:
        pytest.importorskip(EXTRAS[path.stem])
    if path.stem != "plot_new_person":  # whose classifier would warn that it is unsure
        request.getfixturevalue("two_epochs")
    check_figures(drawn(path))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_example_has_a_title_and_a_narrative(path):
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    assert len(lines) < 80
    docstring = ast.get_docstring(ast.parse(source))
    title, underline, blank, *introduction = docstring.splitlines()
    assert len(title) <= len(underline)
    assert set(underline) == {"="}
    assert not blank
    assert len(" ".join(introduction).split()) > 20
    cells = [place for place, line in enumerate(lines) if line == "# %%"]
    assert len(cells) >= 3
    for place in cells:
        assert lines[place + 1].startswith("# ")
    told = [line for line in lines if line.startswith("# ") and line != "# %%"]
    assert len(" ".join(told).split()) > 60


def test_gallery_has_all_subjects():
    titles = [ast.get_docstring(ast.parse(path.read_text())).splitlines()[0] for path in EVERY]
    for subject in SUBJECTS:
        assert any(subject in title.lower() for title in titles), subject


def test_examples_that_download_say_so_in_their_titles():
    for path in EVERY:
        title = ast.get_docstring(ast.parse(path.read_text())).splitlines()[0]
        assert ("download" in title) == (path not in RUN)


def run_moabb(monkeypatch, tmp_path, drawn):
    for name in ("HOME", "MOABB_RESULTS", "_MNE_FAKE_HOME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    with mpl.rc_context():
        return drawn(FOLDER / "download_moabb.py")


def ignoring(*messages):
    """Return a decorator for tests of MOABB, which emits these warnings of its own."""

    def mark(test):
        for message in messages:
            test = pytest.mark.filterwarnings(f"ignore:{message}")(test)
        return test

    return mark


quietly = ignoring(
    "Creating a dataset without passing data or dtype",
    "Montage name 'standard_1005' is deprecated",
    "Could not fetch .* from NEMAR",  # which it asks even if the files are there
)


@quietly
def test_moabb_example_runs_on_a_data_set_in_place_of_the_download(monkeypatch, tmp_path, drawn):
    fake = pytest.importorskip("moabb.datasets.fake", reason="MOABB is not installed")
    datasets = pytest.importorskip("moabb.datasets")
    made = fake.FakeDataset(
        event_list=("left_hand", "right_hand"), n_subjects=1, n_sessions=1, n_runs=1, n_events=40,
        duration=240, sfreq=128, seed=0,
    )  # fmt: skip
    monkeypatch.setattr(datasets, "PhysionetMI", lambda: made)
    check_figures(run_moabb(monkeypatch, tmp_path, drawn))


@needs(MNE_DATA)
@quietly
def test_moabb_example_runs_on_its_data(monkeypatch, tmp_path, drawn):
    pytest.importorskip("moabb.evaluations", reason="MOABB is not installed")
    monkeypatch.setenv("MNE_DATA", str(MNE_DATA))
    (figure,) = run_moabb(monkeypatch, tmp_path, drawn)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert min(heights) > 0.6
