"""What layers with the statistics of one person share."""

from __future__ import annotations

from torch import Tensor, nn

from eegzoo.arguments import positive_int


class PersonStatistics(nn.Module):
    """Mixin for layers that hold statistics of one person.

    In training a batch consists of `n_people` equal parts, one after the other, each with windows
    of one person. A layer computes the statistics of each part from this part alone, and gradients
    flow through them. It also keeps running statistics in its buffers, the mean over people.

    In evaluation a layer uses its buffers: the running statistics, or those of one person after
    `fit_person_statistics`. A subclass defines `sums` and `set_statistics` for it. A model
    holds the statistics of one person at a time.

    Attributes
    ----------
    n_people : int
        Number of people in a batch in training. `set_people` sets it in all layers of a model.

    Examples
    --------
    >>> class Centred(PersonStatistics):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.register_buffer("mean", torch.zeros(()))
    ...     def forward(self, x):
    ...         if not self.training:
    ...             return x - self.mean
    ...         people = self.parts(x)
    ...         return (people - people.mean(dim=1, keepdim=True)).flatten(0, 1)
    ...     def sums(self, x):
    ...         return x.new_tensor(len(x)), x.sum()
    ...     def set_statistics(self, count, total):
    ...         self.mean.copy_(total / count)
    >>> windows = torch.tensor([1.0, 2.0, 6.0])
    >>> eegzoo.layers.fit_person_statistics(Centred(), [windows])(windows)
    tensor([-2., -1.,  3.])
    """

    n_people: int = 1

    def sums(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return what the statistics follow from, summed over the windows of an input.

        Parameters
        ----------
        x : Tensor, shape (batch, ...)
            Input of the layer. All of its windows are from one person.

        Returns
        -------
        tuple of Tensor
            Sums in `eegzoo.torch_internals.wide_dtype`; those of several inputs are added.
        """
        raise NotImplementedError

    def set_statistics(self, *sums: Tensor) -> None:
        """Set the buffers to the statistics that follow from the sums over all windows."""
        raise NotImplementedError

    def parts(self, x: Tensor) -> Tensor:
        """Reshape (batch, ...) to (n_people, windows, ...).

        Raises
        ------
        ValueError
            If the batch does not consist of `n_people` equal parts of two windows or more.
        """
        n_people, n_windows = self.n_people, x.shape[0]
        if n_windows % n_people:
            raise ValueError(
                f"expected a batch of n_people={n_people} equal parts, got {n_windows} windows"
            )
        if n_windows < 2 * n_people:
            raise ValueError(
                "expected two windows or more of each person, since the statistics of a single "
                f"window say nothing about a person, got {n_windows} windows of {n_people} people"
            )
        return x.reshape(n_people, n_windows // n_people, *x.shape[1:])


def person_layers(model: nn.Module) -> dict[str, PersonStatistics]:
    """Return the layers of a model that hold statistics of one person, by name.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.BatchNorm1d(2))
    >>> person_layers(net)
    {}
    >>> _ = eegzoo.layers.by_person(net)
    >>> list(person_layers(net))
    ['1']
    """
    return {
        name: layer for name, layer in model.named_modules() if isinstance(layer, PersonStatistics)
    }


def set_people(model: nn.Module, n_people: int) -> None:
    """Set the number of people in a training batch of a model.

    Parameters
    ----------
    model : nn.Module
        Model with layers that hold statistics of one person. It is changed in place.
    n_people : int
        Number of equal parts, one after the other, of a batch. Each holds one person's windows.

    Raises
    ------
    ValueError
        If no layer of the model holds statistics of one person.

    See Also
    --------
    by_person : Make the batch normalisations of a model take their statistics by person.

    Examples
    --------
    >>> net = torch.nn.Sequential(eegzoo.layers.FeatureNorm(3))
    >>> set_people(net, 2)
    >>> first, second = torch.randn(8, 3), 5 + 10 * torch.randn(8, 3)
    >>> net(torch.cat([first, second])).unflatten(0, (2, 8)).mean(1).abs().max() < 1e-5
    tensor(True)
    """
    n_people = positive_int("n_people", n_people)
    layers = person_layers(model)
    if not layers:
        raise ValueError(
            "expected a model with layers that hold statistics of a person, got one without; "
            "by_person makes its batch normalisations such layers"
        )
    for layer in layers.values():
        layer.n_people = n_people
