"""Names that the shell completes. They come from stored facts, so that Tab answers at once."""

from __future__ import annotations


def complete_models(incomplete: str) -> list[str]:
    """Return the names of architectures that begin so.

    Examples
    --------
    >>> complete_models("shallow")
    ['shallow_convnet']
    """
    from eegzoo.models.facts import list_facts

    return [facts.name for facts in list_facts() if facts.name.startswith(incomplete)]


def complete_trained(incomplete: str) -> list[str]:
    """Return the names of trained weights, and the model files in the folder, that begin so.

    Examples
    --------
    >>> complete_trained("ssvep_front")
    ['ssvep_front.ssvep_exo']
    """
    import glob

    from eegzoo.weights.stored_cards import stored_cards

    files = sorted(glob.glob(f"{glob.escape(incomplete)}*.safetensors"))
    return [*(name for name in stored_cards() if name.startswith(incomplete)), *files]


def complete_several(incomplete: str) -> list[str]:
    """Return lists of models and weights, separated by commas, whose last name begins so.

    Examples
    --------
    >>> complete_several("eegnet,ssvep_fr")
    ['eegnet,ssvep_front', 'eegnet,ssvep_front.ssvep_exo']
    """
    before, comma, last = incomplete.rpartition(",")
    names = dict.fromkeys([*complete_models(last), *complete_trained(last)])
    return [f"{before}{comma}{name}" for name in names]
