"""Checks that hold for every figure: units on the axes, no text over another or cut off."""

import re

from matplotlib.backends.backend_agg import FigureCanvasAgg

from eegzoo.report import alternative_text

# Axes of shares, scores and names have no unit.
WITHOUT_UNIT = re.compile(
    r"Accuracy|rate|Precision|precision|Recall|Share|Epoch|Windows|Predicted class|True class|"
    r"Correlation|Validation|Probability|Difference of accuracy|R²|^Loss$"
)


def drawn_texts(figure):
    """Return the visible texts with their boxes in pixels, and the box of the figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = []
    for axes in figure.axes:
        ticks = [
            label
            for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim()))
            for tick in axis.get_major_ticks()
            if min(limits) - 1e-9 <= tick.get_loc() <= max(limits) + 1e-9
            for label in (tick.label1,)
        ]
        labels = [axes.xaxis.label, axes.yaxis.label, axes._left_title, *axes.texts]
        found += [text for text in [*ticks, *labels] if text.get_visible() and text.get_text()]
    for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes)]:
        if legend is not None:
            found += legend.get_texts()
    return [(text.get_text(), text.get_window_extent(renderer)) for text in found], figure.bbox


def check_figure(figure):
    """Raise an error unless a figure has units, an alternative text and readable texts."""
    assert len(alternative_text(figure)) > 20
    for axes in figure.axes:
        for label in (axes.get_xlabel(), axes.get_ylabel()):
            label = " ".join(label.split())
            assert not label or "(" in label or WITHOUT_UNIT.search(label), label
    texts, page = drawn_texts(figure)
    for text, box in texts:
        assert box.x0 >= page.x0 - 1, f"{text!r} is cut off on the left"
        assert box.y0 >= page.y0 - 1, f"{text!r} is cut off at the bottom"
        assert box.x1 <= page.x1 + 1, f"{text!r} is cut off on the right"
        assert box.y1 <= page.y1 + 1, f"{text!r} is cut off at the top"
    for place, (text, box) in enumerate(texts):
        for other, other_box in texts[place + 1 :]:
            x = min(box.x1, other_box.x1) - max(box.x0, other_box.x0)
            y = min(box.y1, other_box.y1) - max(box.y0, other_box.y0)
            # Boxes contain the room of letters below the line.
            assert x <= 2 or y <= 3, f"{text!r} is over {other!r}"
