from .sections import Code, Evidence, Picture, Rival, Section, Table, Text
from .style import alternative_text, describe
from .write_report import ReportWarning, write_report

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
