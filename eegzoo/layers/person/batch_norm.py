"""Batch normalisation with the statistics of one person."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.person.person_statistics import PersonStatistics
from eegzoo.torch_internals import (
    BatchNormBase,
    check_batch_norm_input,
    has_patched_forward,
    wide_dtype,
)


class PersonBatchNorm(PersonStatistics, BatchNormBase):
    """Base class of batch normalisations that take their statistics by person.

    Parameters, buffers and state-dict keys are those of torch's layer. In training the mean and
    the variance of each person's windows normalise them, and the running statistics follow their
    mean over people; with one person in a batch all is as in torch's layer. In evaluation both
    compute the same. `fit_person_statistics` sets the running statistics to mean and (biased)
    variance of one person, so that evaluation normalises the person as training did.
    """

    # Class of torch that evaluation computes as; fused fronts and `optimize_for_inference` know it.
    plain_class: type[BatchNormBase] | None = None

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (batch, n_features, ...)."""
        check_batch_norm_input(self, input)
        if not self.training:
            return super().forward(input)
        people = self.parts(input)
        if self.n_people == 1:
            return super().forward(input)
        # The features of each person are features of their own to torch's kernel. A momentum of one
        # makes it write the statistics of the batch.
        features = people.transpose(0, 1).flatten(1, 2)
        n_people, n_features = self.n_people, self.num_features
        mean = features.new_zeros(n_people * n_features, dtype=_kernel_dtype(self, input))
        variance = torch.ones_like(mean)
        weight, bias = (
            None if values is None else values.repeat(n_people)
            for values in (self.weight, self.bias)
        )
        normalized = F.batch_norm(
            features, mean, variance, weight, bias, training=True, momentum=1.0, eps=self.eps
        )
        self._track(mean.view(n_people, -1).mean(0), variance.view(n_people, -1).mean(0))
        by_window = normalized.reshape(-1, n_people, n_features, *input.shape[2:])
        return by_window.transpose(0, 1).flatten(0, 1)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor) -> None:
        """Update the running statistics as torch's layer does."""
        if self.running_mean is None or self.running_var is None:
            return
        fraction: float | Tensor = 0.0 if self.momentum is None else self.momentum
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                fraction = 1.0 / self.num_batches_tracked.to(mean.dtype)
        self.running_mean.add_((mean - self.running_mean) * fraction)
        self.running_var.add_((variance - self.running_var) * fraction)

    def sums(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the number of values of a feature, their sum and the sum of their squares."""
        values = x.detach().to(wide_dtype(x)).transpose(0, 1).flatten(1)
        count = values.new_tensor(float(values.shape[1]))
        return count, values.sum(1), values.square().sum(1)

    @torch.no_grad()
    def set_statistics(self, *sums: Tensor) -> None:
        """Set the running statistics to mean and variance of all values."""
        count, total, squares = sums
        if self.running_mean is None or self.running_var is None:
            raise ValueError(
                "expected batch normalisations that track running statistics, got one with "
                "track_running_stats=False"
            )
        mean = total / count
        self.running_mean.copy_(mean)
        self.running_var.copy_((squares / count - mean.square()).clamp_min(0))


class PersonBatchNorm1d(PersonBatchNorm, nn.BatchNorm1d):
    """`torch.nn.BatchNorm1d` with statistics by person.

    Parameters are those of `torch.nn.BatchNorm1d`.

    Examples
    --------
    >>> norm = PersonBatchNorm1d(4)
    >>> eegzoo.layers.set_people(norm, 2)
    >>> norm(torch.randn(6, 4, 100)).shape
    torch.Size([6, 4, 100])
    """

    plain_class: type[BatchNormBase] | None = nn.BatchNorm1d


class PersonBatchNorm2d(PersonBatchNorm, nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d` with statistics by person.

    Parameters are those of `torch.nn.BatchNorm2d`.

    Examples
    --------
    >>> norm = PersonBatchNorm2d(4)
    >>> eegzoo.layers.set_people(norm, 3)
    >>> norm(torch.randn(6, 4, 22, 100)).shape
    torch.Size([6, 4, 22, 100])
    """

    plain_class = nn.BatchNorm2d


_BY_PERSON: dict[type[nn.Module], type[PersonBatchNorm]] = {
    nn.BatchNorm1d: PersonBatchNorm1d,
    nn.BatchNorm2d: PersonBatchNorm2d,
}


def by_person(model: nn.Module) -> dict[str, PersonStatistics]:
    """Make the batch normalisations of a model take their statistics by person, in place.

    The layers, their parameters, hooks and state-dict keys are kept.

    Parameters
    ----------
    model : nn.Module
        Model with `torch.nn.BatchNorm1d` or `torch.nn.BatchNorm2d`.

    Returns
    -------
    dict of str to PersonStatistics
        All layers of the model that hold statistics of one person, by name. It is empty if the
        model has no batch normalisation.

    Raises
    ------
    TypeError
        If a batch normalisation is of another class, or has a ``forward`` of its own. No layer is
        changed then.

    See Also
    --------
    set_people : Set the number of people in a training batch.
    fit_person_statistics : Set the statistics to those of one person.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=256, n_outputs=2, sfreq=128)
    >>> list(by_person(model))
    ['front.norm', 'reduce.0', 'separable.2']
    """
    plain = []
    for name, layer in model.named_modules():
        if not isinstance(layer, BatchNormBase) or isinstance(layer, PersonBatchNorm):
            continue
        if type(layer) not in _BY_PERSON or has_patched_forward(layer):
            reason = "with a forward of its own" if has_patched_forward(layer) else "of this class"
            raise TypeError(
                "expected batch normalisations that are nn.BatchNorm1d or nn.BatchNorm2d, got "
                f"{name!r}, a {type(layer).__name__} {reason}"
            )
        plain.append(layer)
    for layer in plain:
        # The object gets another class: all references to it stay valid.
        layer.__class__ = _BY_PERSON[type(layer)]
    return {
        name: layer for name, layer in model.named_modules() if isinstance(layer, PersonStatistics)
    }


def _kernel_dtype(norm: PersonBatchNorm, x: Tensor) -> torch.dtype:
    """Return the dtype of a normalisation's statistics, which may be wider than its input's."""
    return x.dtype if norm.running_mean is None else norm.running_mean.dtype
