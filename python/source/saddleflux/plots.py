"""Fields as pictures by matplotlib, in the colours and with the scales of the program's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import wrong

if TYPE_CHECKING:
    import matplotlib.axes

    from .result import Result

__all__ = ["draw"]

# Decades shown below the largest value on a logarithmic scale.
DECADES = 18.0
FIRST, SECOND, BOUNDARY, ABSENT = "#2160a0", "#c86e14", "#e63c32", "#ececec"
# What is drawn when nothing is named: the first of these that there is.
TELLING = ("quasi_stationary", "committor", "stationary", "mean_first_passage", "loss")
# Densities span tens of decades.
LOGARITHMIC = ("quasi_stationary", "stationary", "reactive_density")


def draw(result: Result, name: str | None, ax: matplotlib.axes.Axes | None) -> matplotlib.axes.Axes:
    """Draws a field; see :meth:`saddleflux.Result.plot`."""
    import matplotlib.pyplot as plt

    fields = result.fields
    if name is None:
        name = next((known for known in TELLING if known in fields), next(iter(fields)))
    elif name not in fields:
        raise wrong("field", name, f"one of: {', '.join(fields)}", "name one of them", f"there is no {name!r}")
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    label = fields.labels[name]
    words = f"{name.replace('_', ' ')} ({label.units})"
    if result.dimension == 1:
        _curve(result, name, words, ax)
    else:
        _map(result, name, words, ax)
    ax.set_title(label.long_name, fontsize="medium")
    return ax


def _curve(result: Result, name: str, words: str, ax: Any) -> None:
    values = result.fields[name]
    ax.plot(result.x, values, color=FIRST)
    ax.set_xlabel("θ")
    ax.set_ylabel(words, color=FIRST)
    if name in LOGARITHMIC:
        ax.set_yscale("log")
        ax.set_ylim(bottom=np.nanmax(values) * 10**-DECADES)
    for point, mark in _marks(result):
        ax.axvline(point[0], color=BOUNDARY, linewidth=0.8, linestyle="-" if mark == "o" else "--")
    if "loss" in result.fields and name != "loss":
        beside = ax.twinx()
        beside.plot(result.x, result.fields["loss"], color=SECOND, linewidth=0.9)
        beside.set_ylabel("loss L", color=SECOND)


def _map(result: Result, name: str, words: str, ax: Any) -> None:
    from matplotlib.colors import LogNorm

    fields = result.fields
    values = np.array(fields[name], dtype=float)
    if "position_x" in fields:
        x, y = fields["position_x"], fields["position_y"]
    else:
        x, y = np.meshgrid(result.x, result.y, indexing="ij")
    scale = None
    if name in LOGARITHMIC:
        highest = float(np.nanmax(values))
        lowest = max(highest * 10**-DECADES, float(np.nanmin(values[values > 0.0])))
        scale = LogNorm(lowest, highest)
        # What is not alive is grey; what is rarer than the scale shows is as dark as its end.
        values = np.where(values > 0.0, np.maximum(values, lowest), np.nan)
    ax.set_facecolor(ABSENT)
    drawn = ax.pcolormesh(x, y, values, norm=scale, cmap="viridis", shading="nearest", rasterized=True)
    ax.figure.colorbar(drawn, ax=ax, label=words)
    if "loss" in fields and name != "loss":
        loss = fields["loss"]
        bottom = float(np.nanmin(loss))
        barriers = [saddle.loss - bottom for saddle in result.saddles if saddle.loss is not None]
        top = 3.0 * max(barriers) if barriers else float(np.nanmax(loss)) - bottom
        if top > 0.0:
            levels = bottom + top * (np.arange(1, 13) / 12.0) ** 2
            ax.contour(x, y, loss, levels=levels, colors="white", linestyles="solid", linewidths=0.5, alpha=0.7)
    if name == "committor":
        ax.contour(x, y, values, levels=[0.5], colors=BOUNDARY, linewidths=1.6)
    for point, mark in _marks(result):
        ax.plot(*point, marker=mark, color="white" if mark == "o" else BOUNDARY, markeredgecolor="#222222", markersize=7)
    ax.set(xlabel="θ₁", ylabel="θ₂", aspect="equal")
    ax.set_xlim(float(x.min()), float(x.max()))
    ax.set_ylim(float(y.min()), float(y.max()))


def _marks(result: Result) -> list[tuple[Any, str]]:
    minimum = [] if result.minimum is None else [(result.minimum.theta, "o")]
    return minimum + [(saddle.theta, "X") for saddle in result.saddles]
