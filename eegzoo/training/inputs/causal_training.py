"""What a classifier of streams may be trained with."""

from __future__ import annotations

from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment
from eegzoo.models.base import EEGModel
from eegzoo.models.sequence_models import needs_later_windows
from eegzoo.training.inputs.fit_data import FitData


def check_causal_parameters(align: PersonAlignment | None, people_per_batch: int | None) -> None:
    """Raise an error if a stream has no statistics that the parameters of a classifier need.

    Raises
    ------
    ValueError
        The message names the parameter.

    Examples
    --------
    >>> check_causal_parameters(None, people_per_batch=4)
    Traceback (most recent call last):
        ...
    ValueError: expected people_per_batch None with causal, because a stream has no statistics ...
    """
    if people_per_batch is not None:
        raise ValueError(
            "expected people_per_batch None with causal, because a stream has no statistics of "
            f"all windows of a person, got {people_per_batch}"
        )
    if align is not None and align.first is not None:
        raise ValueError(
            "expected align without first with causal, because a stream aligns by the latest "
            f"windows, got first={align.first}"
        )


def check_causal_data(data: FitData, model: EEGModel) -> None:
    """Raise an error if a stream cannot compute windows, or a model needs later ones.

    Windows of which it is not known how they were filtered are accepted.

    Raises
    ------
    ValueError
        The message says what is not causal.
    """
    info = data.inputs.info
    processing = None if info is None else info.processing
    if processing is not None and processing.is_causal is False:
        raise ValueError(
            "expected windows of a causal preprocessing (eegzoo.data.as_causal), got some whose "
            "filters needed later samples"
        )
    if needs_later_windows(model):
        raise ValueError(
            f"expected a model that needs no later windows with causal, got {type(model).__name__}"
        )
