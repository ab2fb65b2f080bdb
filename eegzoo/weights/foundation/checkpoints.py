"""Pretrained weights of a foundation model in the checkpoint that its authors published."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.zoo import create_model, find_entry
from eegzoo.weights.authors.safetensors_file import read_safetensors
from eegzoo.weights.authors.torch_file import read_state
from eegzoo.weights.card import Origin, TrainingData
from eegzoo.weights.foundation.contract_checks import check_fit
from eegzoo.weights.foundation.hub_origin import HubOrigin, fetch_with_terms
from eegzoo.weights.foundation.matching import Match, StateFrom, convert, load_matching

_NEVER_LOADED = (
    "the loader on files of the same layout with drawn values; the true file, which is {why}, was "
    "never loaded there"
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
    arguments : mapping of str to object
        Arguments of the architecture that differ from its defaults.
    page : str
        Page to download the file from, if there is no checksum with which eegzoo could verify it.
    terms : str
        What the authors allow and forbid, if it takes more words than the name of the licence.

    Examples
    --------
    >>> from eegzoo.weights.foundation.catalogue import find_foundation_weights
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
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    page: str = ""
    terms: str = ""

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

    @property
    def has_terms(self) -> bool:
        """Whether the authors' file is only for users who accepted their terms."""
        return isinstance(self.origin, HubOrigin) and self.origin.has_terms

    def contract_with(self, arguments: Mapping[str, Any]) -> ChannelContract:
        """Return what the weights expect: with ``positions`` among the arguments, any names."""
        if arguments.get("positions") is None:
            return self.contract
        return dataclasses.replace(self.contract, known_ch_names=(), is_by_position=False)

    def card(self) -> None:
        """Print the card."""
        print("\n".join(self.lines()))  # noqa: T201 (the method prints)

    def lines(self) -> list[str]:
        """Return the card as lines of text.

        Examples
        --------
        >>> from eegzoo.weights.foundation.catalogue import find_foundation_weights
        >>> for line in find_foundation_weights("epint.base").lines()[:4]:
        ...     print(line)
        epint.base
          model          epint, pretrained, without a head
          channels       any
          input          1024 Hz, windows of 3072 samples, tokens of 256
        """
        contract, origin = self.contract, self.origin
        known = contract.known_ch_names
        if contract.max_n_times is None:
            length = f"{contract.min_n_times} samples or more"
        elif contract.max_n_times == contract.min_n_times:
            length = f"{contract.min_n_times} samples"
        else:
            length = f"{contract.min_n_times} to {contract.max_n_times} samples"
        source = self.page or f"{origin.repository} {origin.commit[:7]} {origin.path}"
        check = f"Git blob {origin.git_blob}" if origin.git_blob else "names and shapes alone"
        if origin.sha256:
            check = f"SHA-256 {origin.sha256}"
        channels = ", ".join(known) if known else "any"
        if contract.is_by_position:
            channels = (
                f"any with a position: {len(known)} electrodes of the 10-05 system by name, "
                "differences of two, or positions= in metres, in the frame of MNE's colin27_1005 "
                "and not scaled to a head"
            )
        why = (
            "only for those who accept its terms"
            if self.has_terms
            else "too large to be kept for eegzoo's tests"
        )
        return [
            self.name,
            f"  model          {self.architecture}, pretrained, without a head",
            f"  channels       {channels}",
            f"  input          {contract.sfreq:g} Hz, windows of {length}, tokens of "
            f"{contract.patch_length}",
            f"  scale          microvolts; the model divides them by: {contract.unit}",
            f"  trained on     {self.training.name} ({self.training.licence})",
            f"  weights        {origin.licence}; {source}",
            *([f"  terms          {self.terms}"] if self.terms else []),
            f"  verified by    {check}",
            f"  tested         {_NEVER_LOADED.format(why=why)}",
            "  intended use   starting point for fine-tuning; research",
            "  not for        medical decisions; classification without fine-tuning",
            f"  cite           {self.training.citation}",
        ]

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
            pretraining, or `path` is needed.
        """
        if path is None and self.page:  # before a large model is built
            first = "accept its terms and " if self.has_terms else ""
            raise ValueError(
                f"expected path for {self.name}: eegzoo knows no checksum of its file; "
                f"{first}download it from {self.page}"
            )
        model = self.build(
            n_times=n_times, n_outputs=n_outputs, ch_names=ch_names, n_chans=n_chans, sfreq=sfreq,
            **arguments,
        )  # fmt: skip
        if path is None:
            file = f"{self.name}{Path(self.origin.path).suffix}"
            path = fetch_with_terms(self.name, self.origin, file)
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
        contract = self.contract_with(arguments)
        check_fit(self.name, contract, n_times, ch_names, n_chans, sfreq)
        with torch.random.fork_rng(devices=[]):
            return create_model(
                self.architecture,
                n_chans=len(ch_names) if n_chans is None and ch_names is not None else n_chans,  # type: ignore[arg-type]
                n_times=n_times,
                n_outputs=n_outputs,
                sfreq=contract.sfreq,
                ch_names=ch_names,
                **{**self.arguments, **arguments},
            )

    def fill(self, model: EEGModel, path: Path) -> Match:
        """Load a file into a model, and count what matched.

        Raises
        ------
        ValueError
            If the file is damaged or has other weights. The message names them.
        """
        try:
            if Path(path).suffix == ".safetensors":
                weights = read_safetensors(path)
            else:
                weights = read_state(path, self.entry, self.prefix)
            return load_matching(model, convert(weights, self.state_from, self.ignored), self.new)
        except ValueError as error:
            raise ValueError(f"{path} is no checkpoint of {self.name}: {error}") from error
