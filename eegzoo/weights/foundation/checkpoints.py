"""Checkpoints that the authors of foundation models published, at fixed addresses."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from eegzoo.arguments import nearest
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.references import biot, epint, labram
from eegzoo.models.zoo import create_model, find_entry
from eegzoo.weights.authors.authors_file import fetch_file
from eegzoo.weights.authors.torch_file import read_state
from eegzoo.weights.card import Origin, TrainingData
from eegzoo.weights.foundation.matching import Array, Match, StateFrom, convert, load_matching

_NEVER_LOADED = (
    "the file is too large to be kept for eegzoo's tests: its loader was proved on files of the "
    "same layout, and this file was never loaded there"
)


@dataclasses.dataclass(frozen=True)
class FoundationWeights:
    """Pretrained weights of a foundation model, without a head.

    Parameters
    ----------
    name : str
        Name of the weights, ``architecture.tag``.
    origin : Origin
        Address and checksum of the authors' file, and its licence.
    training : TrainingData
        Recordings of the pretraining.
    state_from : callable
        Function that returns our state dict, given the authors' weights by name.
    entry, prefix : str
        Place of the state dict in the file, and start of its names, as in
        `eegzoo.weights.authors.torch_file.read_state`.
    ignored : tuple of str
        Shell-style patterns of weights in the file that only the pretraining needs.
    new : tuple of str
        Starts of the names of weights that the file does not have, and that stay initialised.
    known_ch_names : tuple of str | None
        Names of the channels that these weights have learnt. None: those of the architecture.
    note : str
        What a user should know about the file.

    Examples
    --------
    >>> weights = find_foundation_weights("labram.base")
    >>> weights.origin.licence, weights.contract.sfreq
    ('MIT', 200.0)
    """

    name: str
    origin: Origin
    training: TrainingData
    state_from: StateFrom
    entry: str = ""
    prefix: str = ""
    ignored: tuple[str, ...] = ()
    new: tuple[str, ...] = ("head.",)
    known_ch_names: tuple[str, ...] | None = None
    note: str = _NEVER_LOADED

    @property
    def architecture(self) -> str:
        """Name of the model."""
        return self.name.partition(".")[0]

    @property
    def contract(self) -> ChannelContract:
        """What these weights expect of channels and windows."""
        contract: ChannelContract = find_entry(self.architecture).model_class.channel_contract  # type: ignore[attr-defined]
        if self.known_ch_names is None:
            return contract
        return dataclasses.replace(
            contract,
            known_ch_names=self.known_ch_names,
            max_n_chans=len(self.known_ch_names),
        )

    def load(
        self,
        *,
        n_times: int,
        n_outputs: int,
        ch_names: Sequence[str] | None = None,
        n_chans: int | None = None,
        sfreq: float | None = None,
        path: Path | None = None,
        **arguments: Any,
    ) -> EEGModel:
        """Return a model with these weights and a new head, in evaluation mode.

        Parameters
        ----------
        n_times : int
            Number of samples in a window.
        n_outputs : int
            Number of classes or targets.
        ch_names : sequence of str | None
            Names of the channels, among those that the weights know. None: the number of channels
            is enough for weights that take any.
        n_chans : int | None
            Number of channels. None: that of `ch_names`.
        sfreq : float | None
            Sampling rate of the windows in Hz, which must be that of the pretraining.
        path : Path | None
            The authors' file. None: it is fetched to the cache unless it is there.
        **arguments
            Other arguments of the architecture, such as dropout probabilities.

        Raises
        ------
        OSError
            If the file is not in the cache and cannot be fetched.
        ValueError
            If the file is not the authors' file, or channels, rate or window are not those of the
            pretraining.
        """
        model = self.build(
            n_times=n_times, n_outputs=n_outputs, ch_names=ch_names, n_chans=n_chans, sfreq=sfreq,
            **arguments,
        )  # fmt: skip
        if path is None:
            path = fetch_file(self.origin, f"{self.name}{Path(self.origin.path).suffix}")
        self.fill(model, path)
        return model.eval()

    def build(
        self,
        *,
        n_times: int,
        n_outputs: int,
        ch_names: Sequence[str] | None = None,
        n_chans: int | None = None,
        sfreq: float | None = None,
        **arguments: Any,
    ) -> EEGModel:
        """Return the architecture with initial weights; the parameters are those of `load`."""
        contract = self.contract
        if sfreq is not None and sfreq != contract.sfreq:
            raise ValueError(
                f"expected sfreq={contract.sfreq:g}, the rate at which {self.name} was trained, "
                f"got {sfreq:g}: resample the windows first"
            )
        if ch_names is None and n_chans is None:
            raise ValueError(f"expected ch_names for {self.name}, got none")
        if ch_names is None and contract.known_ch_names:
            raise ValueError(
                f"expected ch_names for {self.name}, which has learnt channels by name, got none"
            )
        if ch_names is not None:
            known = {name.upper() for name in contract.known_ch_names}
            unknown = [name for name in ch_names if name.upper() not in known] if known else []
            if unknown:
                raise ValueError(
                    f"expected ch_names among the {len(known)} that {self.name} knows, got "
                    f"{', '.join(map(repr, unknown))}"
                )
        for name, limit, is_bad in (
            ("of at least", contract.min_n_times, n_times < contract.min_n_times),
            ("of at most", contract.max_n_times, n_times > (contract.max_n_times or n_times)),
        ):
            if is_bad:
                raise ValueError(f"expected n_times {name} {limit} for {self.name}, got {n_times}")
        with torch.random.fork_rng(devices=[]):
            return create_model(
                self.architecture,
                n_chans=len(ch_names) if n_chans is None and ch_names is not None else n_chans,  # type: ignore[arg-type]
                n_times=n_times,
                n_outputs=n_outputs,
                sfreq=contract.sfreq,
                ch_names=ch_names,
                **arguments,
            )

    def fill(self, model: EEGModel, path: Path) -> Match:
        """Load a file into a model, and count what matched.

        Raises
        ------
        ValueError
            If the file is damaged or has other weights. The message names them.
        """
        try:
            weights = read_state(path, self.entry, self.prefix)
            return load_matching(
                model, convert(weights, self.state_from, self.ignored), self.new
            )
        except ValueError as error:
            raise ValueError(f"{path} is no checkpoint of {self.name}: {error}") from error


def find_foundation_weights(name: str) -> FoundationWeights:
    """Return pretrained weights of a foundation model by name.

    Parameters
    ----------
    name : str
        Name from `list_foundation_weights`.

    Raises
    ------
    ValueError
        If the name is unknown. The message proposes the nearest name.

    Examples
    --------
    >>> find_foundation_weights("biot.six_datasets").origin.repository
    'ycq091044/BIOT'
    """
    if name not in _WEIGHTS:
        raise ValueError(f"unknown weights {name!r}{nearest(name, _WEIGHTS)}")
    return _WEIGHTS[name]


def list_foundation_weights() -> list[str]:
    """Return the names of the pretrained weights of foundation models, sorted.

    Examples
    --------
    >>> list_foundation_weights()
    ['biot.prest', 'biot.shhs_prest', 'biot.six_datasets', 'epint.base', 'labram.base']
    """
    return sorted(_WEIGHTS)


def _pad_channels(weights: dict[str, Array], n_rows: int = 18) -> dict[str, torch.Tensor]:
    """Return BIOT's state dict with as many rows as the architecture has; the others are zero."""
    state = biot.backbone_from(weights)
    table = state["channels.weight"]
    state["channels.weight"] = torch.cat([table, table[:1].repeat(n_rows - len(table), 1) * 0])
    return state


_BIOT_CITATION = (
    "Yang, Westover, Sun (2023), BIOT: cross-data biosignal learning in the wild, NeurIPS, "
    "https://doi.org/10.48550/arXiv.2305.10351"
)


def _biot(
    tag: str, file: str, git_blob: str, data: str, known: tuple[str, ...] | None = None
) -> FoundationWeights:
    return FoundationWeights(
        f"biot.{tag}",
        Origin(
            licence="MIT", repository="ycq091044/BIOT",
            commit="d138e32634e52ae9fa6ec98ac9c4087b14ca869a",
            path=f"pretrained-models/{file}", git_blob=git_blob,
        ),
        TrainingData(data, None, "see the terms of each set", _BIOT_CITATION),
        _pad_channels,
        ignored=("index", "positional_encoding.pe"),
        known_ch_names=known,
    )  # fmt: skip


_ALL_18 = find_entry("biot").model_class.channel_contract.known_ch_names  # type: ignore[attr-defined]
_WEIGHTS = {
    weights.name: weights
    for weights in (
        FoundationWeights(
            "labram.base",
            Origin(
                licence="MIT", repository="935963004/LaBraM",
                commit="c431221e6cfd23dbfa9950e0180682fb322b0548",
                path="checkpoints/labram-base.pth",
                git_blob="221148b5af403e9178629bb61e94b2e7d89ef172",
            ),
            TrainingData(
                "about 20 data sets, 2,500 hours", None, "see the terms of each set",
                "Jiang, Zhao, Lu (2024), Large brain model for learning generic representations "
                "with tremendous EEG data in BCI, ICLR, "
                "https://doi.org/10.48550/arXiv.2405.18765",
            ),
            labram.state_from,
            entry="model",
            prefix="student.",
            # The pretraining ends in another normalisation and a layer of its own.
            ignored=("mask_token", "norm.*", "lm_head.*", "projection_head.*"),
            new=("head.", "norm."),
        ),
        _biot(
            "prest", "EEG-PREST-16-channels.ckpt", "dd9a5b3970f754f1b9b119e0ed0caa4d49a6579f",
            "PREST: resting EEG of Massachusetts General Hospital", _ALL_18[:16],
        ),
        _biot(
            "shhs_prest", "EEG-SHHS+PREST-18-channels.ckpt",
            "5e4d1ee6fdc5442059d093b99053dfa14c8c8b61", "SHHS, PREST",
        ),
        _biot(
            "six_datasets", "EEG-six-datasets-18-channels.ckpt",
            "04dfe806a0c8f0ad2cf2e7e343232faca82bb951",
            "PREST, SHHS, and the training sets of TUAB, TUEV, CHB-MIT and IIIC Seizure",
        ),
        FoundationWeights(
            "epint.base",
            Origin(
                licence="MIT", repository="RunKZhang/EpiNT",
                commit="781e1d61e72899d59b4955b4c075404eef532a40",
                path="weights/representations.bin",
                git_blob="43633f86b256d6a569a8e3f34b170c20ebb81d81",
            ),
            TrainingData(
                "13 sets of scalp and intracranial recordings, 2,700 hours", 1199,
                "see the terms of each set",
                "Zhang, Yu, Gan, Wang (2025), Cross-modal epileptic signal harmonization, "
                "https://doi.org/10.48550/arXiv.2506.17068",
            ),
            epint.state_from,
            ignored=("head.*", "quantizer_list.*", "final_proj_list.*", "loss_list.*"),
        ),
    )
}  # fmt: skip
