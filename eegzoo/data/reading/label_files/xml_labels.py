"""Sleep stages in the XML of the National Sleep Research Resource and of Compumedics Profusion."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from eegzoo.data.reading.label_files.label_rows import LabelRows, Rows
from eegzoo.data.reading.label_files.safe_xml import parse_xml
from eegzoo.data.reading.label_files.stages import stage_of


def read_xml_labels(path: Path) -> LabelRows:
    """Return onset, duration and description of each label in an XML file.

    Raises
    ------
    ValueError
        If the file is not one of the known kinds.
    """
    root = parse_xml(path)
    if root.tag == "PSGAnnotation":
        labels = LabelRows(_nsrr(root, path))
    elif root.tag == "CMPStudyConfig":
        labels = LabelRows(_profusion(root, path), has_times=False)
    else:
        raise ValueError(
            f"expected {path} to be NSRR's (PSGAnnotation) or Profusion's (CMPStudyConfig), got "
            f"the element {root.tag}"
        )
    if not labels.rows:
        raise ValueError(f"expected sleep stages in {path}, got none")
    return labels


def _nsrr(root: ElementTree.Element, path: Path) -> Rows:
    rows: Rows = []
    for event in root.iter("ScoredEvent"):
        kind = event.findtext("EventType") or ""
        if not kind.startswith("Stages"):
            continue
        concept = event.findtext("EventConcept") or ""
        stage = stage_of(concept.rpartition("|")[2])
        if stage is None:
            raise ValueError(f"expected sleep stages in {path}, got {concept!r}")
        onset, duration = (_number(event, name, path) for name in ("Start", "Duration"))
        rows.append((onset, duration, stage))
    return rows


def _profusion(root: ElementTree.Element, path: Path) -> Rows:
    length = _number(root, "EpochLength", path)
    rows: Rows = []
    for place, element in enumerate(root.iter("SleepStage")):
        stage = stage_of(element.text or "")
        if stage is None:
            raise ValueError(f"expected sleep stages in {path}, got {element.text!r}")
        rows.append((place * length, length, stage))
    return rows


def _number(element: ElementTree.Element, name: str, path: Path) -> float:
    text = element.findtext(name)
    try:
        return float(text or "")
    except ValueError:
        raise ValueError(f"expected a number for {name} in {path}, got {text!r}") from None
