"""Commands from a stream of decisions: evidence, thresholds, dwell and refractory times."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between
from eegzoo.online.decision import Decision


@dataclasses.dataclass(frozen=True)
class Command:
    """Command that a rule gives.

    Parameters
    ----------
    time : float
        Time in seconds at which its last window ends.
    label : Any
        Label.
    evidence : float
        Accumulated probability of the label.

    Examples
    --------
    >>> Command(1.5, "left", 0.9).label
    'left'
    """

    time: float
    label: Any
    evidence: float


class DecisionRule:
    """Rule that turns decisions about overlapping windows into few, sure commands.

    The logarithms of the probabilities are averaged with weights that decay with time. A command is
    given once its label has had more than `threshold` of the averaged probability for
    `dwell_seconds`, and not within `refractory_seconds` of the last command. A window without a
    decision ends the dwell time and adds no evidence.

    Parameters
    ----------
    classes : sequence
        Labels, in the order of the probabilities.
    threshold : float
        Share of the probability, below one, that a label must exceed.
    half_life_seconds : float
        Time after which the weight of a decision has halved. 0: only the last one counts.
    dwell_seconds : float
        Time for which a label must stay above the threshold.
    refractory_seconds : float
        Time after a command in which no other is given.
    idle : sequence
        Labels that are no command, such as rest.

    Examples
    --------
    >>> rule = DecisionRule(["left", "right"], threshold=0.8, dwell_seconds=0.5)
    >>> sure = np.array([0.1, 0.9])
    >>> [rule.update(Decision(time, time - 1, "right", sure)) for time in (1.0, 1.25)]
    [None, None]
    >>> rule.update(Decision(1.5, 0.5, "right", sure)).label
    'right'
    """

    def __init__(
        self,
        classes: Sequence[Any],
        *,
        threshold: float = 0.7,
        half_life_seconds: float = 0.0,
        dwell_seconds: float = 0.0,
        refractory_seconds: float = 0.0,
        idle: Sequence[Any] = (),
    ) -> None:
        if isinstance(classes, str) or not len(classes) or len(set(classes)) < len(classes):
            raise ValueError(f"expected classes to be labels that differ, got {classes!r}")
        self.classes = list(classes)
        self.threshold = number_between("threshold", threshold, 0.0, 1.0)
        if self.threshold == 1:
            raise ValueError("expected threshold below 1, got 1")
        self.half_life_seconds = number_between("half_life_seconds", half_life_seconds, 0.0)
        self.dwell_seconds = number_between("dwell_seconds", dwell_seconds, 0.0)
        self.refractory_seconds = number_between("refractory_seconds", refractory_seconds, 0.0)
        unknown = [label for label in idle if label not in self.classes]
        if isinstance(idle, str) or unknown:
            raise ValueError(f"expected idle among {self.classes}, got {idle!r}")
        self.idle = list(idle)
        self.reset()

    def with_threshold(self, threshold: float) -> DecisionRule:
        """Return the rule with another threshold, without a past."""
        return DecisionRule(
            self.classes, threshold=threshold, half_life_seconds=self.half_life_seconds,
            dwell_seconds=self.dwell_seconds, refractory_seconds=self.refractory_seconds,
            idle=self.idle,
        )  # fmt: skip

    def reset(self) -> None:
        """Forget all decisions."""
        self._evidence: npt.NDArray[np.float64] = np.zeros(len(self.classes))
        self._weight, self._time = 0.0, -math.inf
        self._held: Any = None
        self._since = self._last_command = -math.inf

    def update(self, decision: Decision) -> Command | None:
        """Take the next decision, and return a command if one is due.

        Raises
        ------
        ValueError
            If the decision is older than the last one, or not about the classes of the rule.
        """
        if not math.isfinite(decision.time):
            raise ValueError(f"expected a decision with a finite time, got {decision.time}")
        known = decision.probabilities
        if known is not None and np.shape(known) != (len(self.classes),):
            raise ValueError(
                f"expected probabilities of {len(self.classes)} classes, got shape "
                f"{np.shape(known)}"
            )
        if known is not None and not np.isfinite(known).all():
            raise ValueError(f"expected finite probabilities, got {known}")
        if decision.time < self._time:
            raise ValueError(
                f"expected decisions in the order of time, got {decision.time:g} s after "
                f"{self._time:g} s"
            )
        elapsed, self._time = decision.time - self._time, decision.time
        if decision.probabilities is None:
            self._held = None
            return None
        label, evidence = self._accumulated(decision.probabilities, elapsed)
        if evidence <= self.threshold or label in self.idle:
            self._held = None
            return None
        if label != self._held:
            self._held, self._since = label, decision.time
        # Times are sums of steps: a rounding error must not cost another step.
        waited = decision.time - self._since > self.dwell_seconds - 1e-9
        if not waited or decision.time - self._last_command < self.refractory_seconds - 1e-9:
            return None
        self._last_command, self._held = decision.time, None
        self._evidence, self._weight = np.zeros(len(self.classes)), 0.0
        return Command(decision.time, label, evidence)

    def commands(self, decisions: Iterable[Decision]) -> list[Command]:
        """Return the commands of a whole stream of decisions, from a fresh start."""
        self.reset()
        found = [self.update(decision) for decision in decisions]
        return [command for command in found if command is not None]

    def _accumulated(
        self, probabilities: npt.NDArray[np.float64], elapsed: float
    ) -> tuple[Any, float]:
        keep = 0.0
        if self.half_life_seconds > 0 and math.isfinite(elapsed):
            keep = 0.5 ** (elapsed / self.half_life_seconds)
        logs = np.log(np.maximum(probabilities, 1e-12))
        self._evidence = keep * self._evidence + logs
        self._weight = keep * self._weight + 1.0
        mean = np.exp(self._evidence / self._weight - (self._evidence / self._weight).max())
        mean /= mean.sum()
        best = int(mean.argmax())
        return self.classes[best], float(mean[best])
