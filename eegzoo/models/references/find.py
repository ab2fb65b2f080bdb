"""References of all models by name."""

from __future__ import annotations

from eegzoo.models.references import (
    atcnet,
    attnsleep,
    basenet,
    bdtcn,
    bendr,
    biot,
    cbramod,
    chambon2018,
    contrawr,
    ctnet,
    deep_convnet,
    deepsleepnet,
    eegconformer,
    eeginception_erp,
    eeginception_mi,
    eegitnet,
    eegnet,
    eegnet_old,
    eegnex,
    eegpt,
    eegsimpleconv,
    eegsym,
    eegtcnet,
    epint,
    fbcnet,
    fbmsnet,
    ifnet,
    labram,
    lightconvnet,
    luna,
    msvtnet,
    person_models,
    resnet1d,
    reve,
    robustsleepnet,
    sccnet,
    seqsleepnet,
    shallow_convnet,
    signal_jepa,
    sinc_shallow_net,
    sleeptransformer,
    sparcnet,
    sstdpn,
    stagernet,
    steegformer,
    stnet,
    tcformer,
    tidnet,
    tinysleepnet,
    transformeeg,
    usleep,
    xeegnet,
)
from eegzoo.models.references.reference import Reference
from eegzoo.models.zoo import find_entry

_MODULES = (
    atcnet, attnsleep, basenet, bdtcn, bendr, biot, cbramod, chambon2018, contrawr, ctnet,
    deep_convnet, deepsleepnet, eegconformer, eeginception_erp, eeginception_mi, eegitnet, eegnet,
    eegnet_old, eegnex, eegpt, eegsimpleconv, eegsym, eegtcnet, epint, fbcnet, fbmsnet, ifnet,
    labram, lightconvnet, luna, msvtnet, person_models, resnet1d, reve, robustsleepnet, sccnet,
    seqsleepnet, shallow_convnet, signal_jepa, sinc_shallow_net, sleeptransformer, sparcnet, sstdpn,
    stagernet, steegformer, stnet, tcformer, tidnet, tinysleepnet, transformeeg, usleep, xeegnet,
)  # fmt: skip
REFERENCES: dict[str, Reference] = {
    name: reference for module in _MODULES for name, reference in module.REFERENCES.items()
}


def find_reference(name: str) -> Reference:
    """Return the reference numbers of a model.

    Parameters
    ----------
    name : str
        Name of a model, from `eegzoo.list_models`.

    Returns
    -------
    Reference
        Numbers that the reference implementation computed, and their comparison with the model.

    Raises
    ------
    ValueError
        If the model is unknown or has no reference numbers.

    Examples
    --------
    >>> reference = find_reference("deep_convnet")
    >>> reference.meta["source"]
    'vlawhern/arl-eegmodels 4a512e5 DeepConvNet'
    >>> reference.compare().failures
    []
    """
    if name not in REFERENCES:
        find_entry(name)  # an unknown name proposes a near one
        raise ValueError(f"expected a model with reference numbers, got {name!r}")
    return REFERENCES[name]
