"""Cards of the trained weights, read from a file in the package without importing torch.

`eegzoo.weights.write_cards` writes the file.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from eegzoo.weights.card import Card

FILE = Path(__file__).with_name("cards.json")


@dataclasses.dataclass(frozen=True)
class StoredCard:
    """Card of trained weights, with their preprocessing as code.

    Parameters
    ----------
    card : Card
        Card of the weights.
    mne_code : str
        MNE code of the preprocessing.
    """

    card: Card
    mne_code: str


@cache
def stored_cards() -> Mapping[str, StoredCard]:
    """Return the cards of all trained weights by name, sorted.

    Examples
    --------
    >>> stored_cards()["eegnet.physionet_mi2_fold0"].card.labels
    ('left_fist', 'right_fist')
    """
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: StoredCard(Card.from_dict(values["card"]), "\n".join(values["mne_code"]))
            for name, values in stored.items()
        }
    )


def as_json(cards: Mapping[str, StoredCard]) -> str:
    """Return cards as the text of the file, sorted by name."""
    content = {
        name: {"card": stored.card.to_dict(), "mne_code": stored.mne_code.splitlines()}
        for name, stored in sorted(cards.items())
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
