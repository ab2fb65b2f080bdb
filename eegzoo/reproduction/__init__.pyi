from .catalogue import find_entries, list_entries
from .entry import DataSource, Entry, Figure, Stated
from .figures.difference import Difference, difference
from .figures.score import Score
from .record import Record
from .reproduce import reproduce

__all__ = [
    "DataSource",
    "Difference",
    "Entry",
    "Figure",
    "Record",
    "Score",
    "Stated",
    "difference",
    "find_entries",
    "list_entries",
    "reproduce",
]
