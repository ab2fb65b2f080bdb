"""Features of any model as z-scores of one person."""

from __future__ import annotations

from eegzoo.layers.person.feature_norm import FeatureNorm
from eegzoo.models.base import EEGModel, parameter_like


def norm_features(model: EEGModel, drop_prob: float = 0.0) -> None:
    """End the features of a model in z-scores by person, in place.

    The model's ``features`` then returns the z-scores, which its head takes, also after
    ``reset_head``. A saved model keeps them.

    Parameters
    ----------
    model : EEGModel
        Model that computes ``head(features(x))``.
    drop_prob : float
        Dropout of the z-scores in training.

    Raises
    ------
    TypeError
        If the model computes its outputs in another way, as sequence models do.
    ValueError
        If the features are z-scores already.

    See Also
    --------
    eegzoo.layers.by_person : Make batch normalisations take their statistics by person.
    eegzoo.layers.fit_person_statistics : Set the statistics to those of one person.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=256, n_outputs=2, sfreq=128)
    >>> norm_features(model)
    >>> model.features(torch.randn(32, 8, 256)).std(0, correction=0).mean()
    tensor(1.0000, grad_fn=...)
    """
    if type(model).forward is not EEGModel.forward:
        raise TypeError(
            "expected a model that computes head(features(x)), got "
            f"{type(model).__name__}, which has a forward of its own"
        )
    if model.feature_norm is not None:
        raise ValueError("expected a model whose features are not z-scores by person already")
    like = parameter_like([model.head, model])
    norm = FeatureNorm(model.num_features, drop_prob, device=like.device, dtype=like.dtype)
    model.feature_norm = norm.train(model.training)
