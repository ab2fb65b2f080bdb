from .html_report import ReportWarning, write_report
from .sections import Code, Evidence, Picture, Rival, Section, Table, Text
from .style import alternative_text, describe

__all__ = [
    "Code",
    "Evidence",
    "Picture",
    "ReportWarning",
    "Rival",
    "Section",
    "Table",
    "Text",
    "alternative_text",
    "describe",
    "write_report",
]
