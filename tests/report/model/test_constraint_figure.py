"""Figure of norms: values, limits and counts."""

import pytest
import torch
from torch import nn

from eegzoo.layers import ConstrainedDense, constraint_report
from eegzoo.report import alternative_text, plot_constraints
from eegzoo.report.model.constraint_figure import has_limits


def test_norms_and_limits_are_drawn():
    net = nn.Sequential(
        ConstrainedDense(4, 6, max_norm=1.0, min_norm=0.5), ConstrainedDense(6, 2, max_norm=None)
    )
    with torch.no_grad():
        net[0].weight.copy_(torch.linspace(0.3, 0.45, 6)[:, None].expand(6, 4))
    figure = plot_constraints(net)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["0"]
    span, median, lower, upper = axes.lines[:4]
    (row, _) = constraint_report(net)
    assert span.get_xdata().tolist() == [row.smallest, row.largest]
    assert median.get_xdata()[0] == row.median
    assert (lower.get_xdata()[0], upper.get_xdata()[0]) == (0.5, 1.0)
    assert axes.get_xlabel() == "Norm of a filter"
    assert "0 of 6 filters at a limit" in alternative_text(figure)


def test_model_without_limits_is_an_error():
    assert not has_limits(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="got one without limits"):
        plot_constraints(nn.Linear(2, 2))
