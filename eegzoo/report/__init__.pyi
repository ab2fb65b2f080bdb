from .sections import Code, Evidence, Picture, Section, Table, Text
from .style import alternative_text, describe

__all__ = [
    "Code",
    "Evidence",
    "Picture",
    "Section",
    "Table",
    "Text",
    "alternative_text",
    "describe",
]
