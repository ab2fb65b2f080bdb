"""The sections of a report, in order: a module of sections adds its own here."""

from __future__ import annotations

from eegzoo.report.comparison import comparison_sections
from eegzoo.report.data import data_sections
from eegzoo.report.explanation import decision_sections
from eegzoo.report.model import model_sections
from eegzoo.report.recording import night_sections, recording_sections
from eegzoo.report.result import result_sections, summary_sections
from eegzoo.report.sections import CHAPTERS, Section

# Sections that modules of this package define, in the order within their chapters.
_SECTIONS: tuple[tuple[Section, ...], ...] = (
    summary_sections.SECTIONS,
    comparison_sections.SECTIONS,
    result_sections.SECTIONS,
    data_sections.SECTIONS,
    model_sections.SECTIONS,
    decision_sections.SECTIONS,
    night_sections.SECTIONS,
    recording_sections.SECTIONS,
)


def all_sections() -> list[Section]:
    """Return all sections, by chapter.

    Examples
    --------
    >>> chapters = [section.chapter for section in all_sections()]
    >>> chapters == sorted(chapters, key=CHAPTERS.index)
    True
    """
    known = [section for group in _SECTIONS for section in group]
    return sorted(known, key=lambda section: CHAPTERS.index(section.chapter))
