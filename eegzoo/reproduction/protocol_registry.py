"""Protocols by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.protocols.accuracy import accuracy
from eegzoo.reproduction.protocols.commands import script, verify
from eegzoo.reproduction.protocols.comparison import comparison
from eegzoo.reproduction.protocols.leave_one_out import leave_one_out
from eegzoo.reproduction.protocols.new_person import new_person
from eegzoo.reproduction.protocols.people import over_people
from eegzoo.reproduction.protocols.sessions import second_session, stored_networks
from eegzoo.reproduction.protocols.staging import excerpts, nights, yasa
from eegzoo.reproduction.protocols.trained_weights import as_it_is, folds_of_a_family

PROTOCOLS: Mapping[str, Callable[..., list[Score]]] = {
    "accuracy": accuracy,
    "as_it_is": as_it_is,
    "comparison": comparison,
    "excerpts": excerpts,
    "folds_of_a_family": folds_of_a_family,
    "leave_one_out": leave_one_out,
    "new_person": new_person,
    "nights": nights,
    "over_people": over_people,
    "script": script,
    "second_session": second_session,
    "stored_networks": stored_networks,
    "verify": verify,
    "yasa": yasa,
}
