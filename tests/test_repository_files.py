"""Files beside the package say the same as the package."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest
import yaml

import eegzoo
from eegzoo.weights import Card, Metric, Origin, TrainingData

REPOSITORY = Path(__file__).parents[1]
FORMS = sorted((REPOSITORY / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def text_of(name):
    return (REPOSITORY / name).read_text(encoding="utf-8")


def test_versions_agree():
    project = tomllib.loads(text_of("pyproject.toml"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "eegzoo/_version.py"
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["version"] == eegzoo.__version__
    assert citation["license"] == project["project"]["license"]
    headings = re.findall(r"^## (.+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    released = [re.match(r"\d+\.\d+\.\d+", heading) for heading in headings]
    latest = next((match[0] for match in released if match), None)
    # Before the first release there is nothing but what has not been released.
    assert latest == eegzoo.__version__ or (latest is None and headings == ["Unreleased"])


def test_citation_has_what_version_1_2_of_the_format_requires():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)


@pytest.mark.parametrize("kind", [Card, Metric, Origin, TrainingData])
def test_card_template_has_every_field(kind):
    template = text_of("docs/model_card_template.md")
    for field in dataclasses.fields(kind):
        assert re.search(rf"^ +{field.name}=", template, re.MULTILINE), field.name


def test_card_template_can_be_filled_in(tmp_path, monkeypatch):
    code = re.search(r"```python\n(.*?)```", text_of("docs/model_card_template.md"), re.DOTALL)[1]
    raw = eegzoo.data.simulate_motor_imagery(8, ch_names=("C3", "Cz", "C4"), random_state=0)
    preprocessing = eegzoo.data.Preprocessing([eegzoo.data.Epoch(0, 2)])
    classifier = eegzoo.training.EEGClassifier("eegnet", max_epochs=1, random_state=0)
    classifier.fit(preprocessing.epochs(raw))
    monkeypatch.chdir(tmp_path)
    exec(code, {"classifier": classifier, "preprocessing": preprocessing})
    weights = eegzoo.weights.weights_in("eegnet.our_study.safetensors")
    assert weights.metadata.metrics[0].value == 0.81
    assert weights.preprocessing == preprocessing


def test_pre_commit_runs_what_make_lint_runs():
    (repository,) = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"]
    (hook,) = repository["hooks"]
    assert hook["entry"] == "make lint"
    assert "\nlint:" in text_of("Makefile")


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms_are_complete(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem == "config":
        assert set(form) == {"blank_issues_enabled"}
        return
    assert {"name", "description", "body"} <= set(form)
    for element in form["body"]:
        assert element["type"] in {"textarea", "input", "dropdown", "checkboxes", "markdown"}
        assert element["attributes"]["label"]
    ids = [element["id"] for element in form["body"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["SECURITY.md", "CONTRIBUTING.md", "docs/policies.md"])
def test_links_to_files_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(name)):
        assert ((REPOSITORY / name).parent / target).exists(), target
