"""The picture of how programs warm up: the time of iteration 1, 2, 3, ... under each engine, a panel for each program.

Both axes are logarithmic: the first iterations and the thousandth are equally worth seeing, and so are a hundredth and
a tenth of the time. The same samples give the same file, byte for byte, except for what the caption says.
"""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of Okabe and Ito's colours, which the colour-blind can tell apart; the line styles do it a second time.
STYLES = (("#555555", "-"), ("#E69F00", "--"), ("#0072B2", "-"))
# Points on the line of one engine, at most: the rest would fall on top of them.
POINTS = 160

# program -> engine -> the seconds of each iteration, of each round
type Curves = Mapping[str, Mapping[str, Sequence[Sequence[float]]]]


def curve(rounds: Sequence[Sequence[float]]) -> list[tuple[int, float, float, float]]:
    """(iteration, median, lower and upper quartile of the seconds) over the rounds, as far as every round came.

    Late iterations, which lie close together on a logarithmic axis, are taken together: each round counts with the
    median of a few neighbours.
    """
    count = min(len(seconds) for seconds in rounds)
    points: list[tuple[int, float, float, float]] = []
    start = 0
    while start < count:
        # As many at once as make a step of this width on the axis.
        end = min(count, max(start + 1, round((start + 1) * count ** (1 / POINTS)) - 1))
        taken = [statistics.median(seconds[start:end]) for seconds in rounds]
        lower, middle, upper = _quartiles(taken)
        points.append(((start + 1 + end) // 2, middle, lower, upper))
        start = end
    return points


def _quartiles(values: Sequence[float]) -> list[float]:
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3


def draw(path: Path, curves: Curves, caption: str) -> None:
    """Write the picture, an SVG whatever the name says. Raises ImportError where matplotlib is not installed."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    # The salt makes the names inside the file repeat.
    with mpl.rc_context({"svg.hashsalt": "whitehot", "font.size": 9}):
        figure = Figure(figsize=(3.6 * len(curves) + 0.4, 3.9), layout="constrained", facecolor="white")
        panels = figure.subplots(1, len(curves), squeeze=False, sharey=True)[0]
        for panel, (program, engines) in zip(panels, curves.items(), strict=True):
            _draw_panel(panel, program, engines)
            for axis, steps in ((panel.xaxis, (1.0,)), (panel.yaxis, (1.0, 2.0, 5.0))):
                axis.set_major_locator(LogLocator(subs=steps))
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
                axis.set_minor_formatter(NullFormatter())
        panels[0].set_ylabel("time of the iteration (ms)")
        lines, labels = panels[0].get_legend_handles_labels()
        title = "Warming up: the time of each iteration, from the start of the process"
        figure.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left")
        figure.legend(lines, labels, loc="outside upper right", ncols=len(labels), frameon=False)
        width = 36 * len(curves) + 10
        figure.supxlabel(textwrap.fill(caption, width), fontsize=7.5, color="#555555", x=0.01, ha="left")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_panel(panel: Axes, program: str, engines: Mapping[str, Sequence[Sequence[float]]]) -> None:
    for (engine, rounds), (color, style) in zip(engines.items(), STYLES, strict=False):
        iterations, middle, lower, upper = zip(*curve(rounds), strict=True)
        milliseconds = [[1000 * value for value in values] for values in (middle, lower, upper)]
        panel.fill_between(iterations, milliseconds[1], milliseconds[2], color=color, alpha=0.2, linewidth=0)
        panel.plot(iterations, milliseconds[0], style, color=color, label=engine, linewidth=1.6)
    panel.set(xscale="log", yscale="log", title=program, xlabel="iteration")
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
