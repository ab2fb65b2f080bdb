"""Models of the zoo in NeuralBench, which puts a probe on their features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from eegzoo.arguments import number_between
from eegzoo.data.signal.channel_names import channel_key
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import name_of
from eegzoo.weights.benchmarks.any_windows import (
    contract_of_name,
    inner_model,
    model_for,
    own_arguments,
)


class NeuralBenchModel(nn.Module):
    """A model of the zoo as ``neuralbench.evaluate_model`` takes it: for windows of any size.

    The first windows fix the channels and the number of samples. A foundation model follows the
    plan for them (`eegzoo.channel_plan`) and keeps its weights. Other architectures, given by name,
    are built with new weights for the windows; given as a model, they take its windows alone.

    Parameters
    ----------
    model : EEGModel | str
        Trained model, or name of an architecture with new weights.
    sfreq : float | None
        Sampling rate of NeuralBench's windows in Hz, its option ``data.neuro.frequency``. None:
        that of the model, which a name of other than a foundation model does not have.
    montage : str | None
        As in `eegzoo.channel_plan`.

    Examples
    --------
    >>> sizes = {"n_chans": 2, "n_times": 400, "n_outputs": 2, "sfreq": 200}
    >>> model = eegzoo.create_model("labram", **sizes, ch_names=["C3", "C4"], depth=1)
    >>> bench = NeuralBenchModel(model)
    >>> bench.overrides["data.neuro.frequency"]
    200.0
    >>> bench(torch.randn(8, 3, 600), ch_names=["C3", "Cz", "C4"]).shape
    torch.Size([8, 1, 200])

    ``neuralbench.evaluate_model(bench, "eeg", "motor_imagery", overrides=bench.overrides)`` runs
    it.
    """

    def __init__(
        self, model: EEGModel | str, sfreq: float | None = None, montage: str | None = None
    ) -> None:
        super().__init__()
        self.model: EEGModel | None = None
        if isinstance(model, str):
            contract = contract_of_name(model)
            self.name, self.own_arguments = model, {}
            trained_sfreq = None if contract is None else contract.sfreq
        else:
            self.model = inner_model(model)
            self.name, self.own_arguments = name_of(self.model), own_arguments(self.model)
            trained_sfreq = self.model.sfreq
        if sfreq is None and trained_sfreq is None:
            raise ValueError(f"expected sfreq for {self.name}, got None")
        self.sfreq = number_between("sfreq", sfreq or trained_sfreq, 0.0, above=True)
        is_compact = isinstance(model, EEGModel) and contract_of_name(self.name) is None
        if is_compact and self.sfreq != trained_sfreq:
            raise ValueError(
                f"expected sfreq={trained_sfreq:g}, the rate of {self.name}, got {self.sfreq:g}"
            )
        self.montage = montage
        self.windows: tuple[tuple[str, ...] | None, int, int] | None = None

    @property
    def overrides(self) -> dict[str, Any]:
        """Settings of NeuralBench's data for this model: its rate, and microvolts as they are."""
        return {
            "data.neuro.frequency": self.sfreq,
            "data.neuro.scaler": None,
            "data.neuro.scale_factor": 1e6,
            "data.neuro.clamp": None,
        }

    def forward(
        self,
        x: Tensor,
        channel_positions: Tensor | None = None,
        ch_names: Sequence[str] | None = None,
    ) -> Tensor:
        """Map windows to features.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times)
            Windows in microvolts.
        channel_positions : Tensor | None, shape (batch, n_chans, 3)
            Not used: models know channels by their names.
        ch_names : sequence of str | None
            Names of the channels. Of two names of one electrode, such as T3 and T7, the first is
            used, because NeuralBench's own check has both. None: those of the windows before, or
            not known.

        Returns
        -------
        Tensor, shape (batch, 1, num_features)
            Features as one token for each window, which every aggregation of NeuralBench takes.
        """
        if ch_names is not None:
            rows = _first_of_each_electrode(ch_names)
            if len(rows) < len(ch_names):
                x, ch_names = x[:, rows], [ch_names[row] for row in rows]
        elif self.windows is not None:
            ch_names = self.windows[0]
        windows = (None if ch_names is None else tuple(ch_names), x.shape[1], x.shape[2])
        if self.model is None or windows != self.windows:
            self.model = self._model_for(windows).to(x.device).train(self.training)
            self.windows = windows
        features: Tensor = self.model.features(x)
        return features.unsqueeze(1)

    def extra_repr(self) -> str:
        """Return what distinguishes models that have no weights yet."""
        return f"{self.name}, sfreq={self.sfreq:g}, montage={self.montage}"

    def _model_for(self, windows: tuple[tuple[str, ...] | None, int, int]) -> EEGModel:
        """Return the model for other windows, with the same parameters."""
        ch_names, n_chans, n_times = windows
        built = model_for(
            self.name, n_chans=n_chans, n_times=n_times, n_outputs=1, sfreq=self.sfreq,
            ch_names=ch_names, montage=self.montage, **self.own_arguments,
        )  # fmt: skip
        if self.model is not None:
            old, new = inner_model(self.model), inner_model(built)
            state = {
                name: tensor
                for name, tensor in old.state_dict(keep_vars=True).items()
                if not name.startswith("head.")
            }
            shapes = {name: tensor.shape for name, tensor in new.state_dict().items()}
            wrong = [name for name in state if shapes.get(name) != state[name].shape]
            if wrong:
                raise ValueError(
                    f"the weights of {self.name} do not suit {n_chans} channels and {n_times} "
                    f"samples: {', '.join(wrong[:3])} differ"
                )
            # Assigned, not copied: an optimizer goes on with the same parameters.
            new.load_state_dict(state, strict=False, assign=True)
        return built


def _first_of_each_electrode(ch_names: Sequence[str]) -> list[int]:
    first: dict[str, int] = {}
    for row, name in enumerate(ch_names):
        first.setdefault(channel_key(name), row)
    return list(first.values())
