"""Names of sleep stages, and how EDF+ spells them."""

from __future__ import annotations

STAGES = ("W", "N1", "N2", "N3", "R")
SLEEP = STAGES[1:]
UNSCORED = "unscored"
# EDF+'s standard texts for scoring by the AASM's rules, https://www.edfplus.info/specs/edftexts.html
EDF_TEXTS = {stage: f"Sleep stage {stage}" for stage in STAGES} | {UNSCORED: "Sleep stage ?"}
