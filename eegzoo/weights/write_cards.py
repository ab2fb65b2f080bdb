"""Writer of the file that `eegzoo.weights.stored_cards` reads.

It runs as ``python -m eegzoo.weights.write_cards``.
"""

from __future__ import annotations

from eegzoo.weights.catalogue import find_weights, list_weights
from eegzoo.weights.stored_cards import FILE, StoredCard, as_json


def current_cards() -> dict[str, StoredCard]:
    """Return the cards of all trained weights by name, from the catalogue."""
    known = map(find_weights, list_weights())
    return {each.name: StoredCard(each.metadata, each.as_mne_code()) for each in known}


def write_cards() -> None:
    """Write the cards of all trained weights to the file."""
    FILE.write_text(as_json(current_cards()), encoding="utf-8")


if __name__ == "__main__":
    write_cards()
