from .explanation.attributions import Attributions
from .explanation.explain import explain
from .sections import Code, Evidence, Picture, Section, Table, Text
from .style import alternative_text, describe

__all__ = [
    "Attributions",
    "Code",
    "Evidence",
    "Picture",
    "Section",
    "Table",
    "Text",
    "alternative_text",
    "describe",
    "explain",
]
