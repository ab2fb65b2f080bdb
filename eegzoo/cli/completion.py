"""Names that the shell completes. They come from stored facts, so that Tab answers at once."""

from __future__ import annotations

from collections.abc import Callable


def complete_models(incomplete: str) -> list[str]:
    """Return the names of architectures that begin so.

    Examples
    --------
    >>> complete_models("shallow")
    ['shallow_convnet']
    """
    from eegzoo.models.facts import list_facts

    return [facts.name for facts in list_facts() if facts.name.startswith(incomplete)]


def complete_choice(*choices: str) -> Callable[[str], list[str]]:
    """Return a function that completes one of some words.

    Examples
    --------
    >>> complete_choice("simulated", "eegbci")("s")
    ['simulated']
    """
    return lambda incomplete: [choice for choice in choices if choice.startswith(incomplete)]


def complete_weights(incomplete: str) -> list[str]:
    """Return the names of trained weights that begin so.

    Examples
    --------
    >>> complete_weights("ssvep_front")
    ['ssvep_front.ssvep_exo']
    """
    from eegzoo.weights.stored_cards import stored_cards

    return [name for name in stored_cards() if name.startswith(incomplete)]


def complete_entries(incomplete: str) -> list[str]:
    """Return the names that eegzoo reproduce takes and that begin so.

    Examples
    --------
    >>> complete_entries("bench:eeg")
    ['bench:eegmat']
    """
    from eegzoo.reproduction.catalogue import stored_entries

    return [name for name in stored_entries() if name.startswith(incomplete)]


def complete_trained(incomplete: str) -> list[str]:
    """Return the names of trained weights, and the model files in the folder, that begin so.

    Examples
    --------
    >>> complete_trained("ssvep_front")
    ['ssvep_front.ssvep_exo']
    """
    import glob

    files = sorted(glob.glob(f"{glob.escape(incomplete)}*.safetensors"))
    return [*complete_weights(incomplete), *files]


def complete_pretrained(incomplete: str) -> list[str]:
    """Return what `complete_trained` does, and the weights of foundation models.

    Examples
    --------
    >>> complete_pretrained("labram")
    ['labram.base']
    """
    from eegzoo.weights.foundation.names import NAMES

    return [*complete_trained(incomplete), *(name for name in NAMES if name.startswith(incomplete))]


def complete_several(incomplete: str) -> list[str]:
    """Return lists of models and weights, separated by commas, whose last name begins so.

    Examples
    --------
    >>> complete_several("eegnet,ssvep_fr")
    ['eegnet,ssvep_front', 'eegnet,ssvep_front.ssvep_exo']
    """
    before, comma, last = incomplete.rpartition(",")
    names = dict.fromkeys([*complete_models(last), *complete_pretrained(last)])
    return [f"{before}{comma}{name}" for name in names]
