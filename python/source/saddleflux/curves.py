"""The points of a sweep as a picture by matplotlib."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import wrong
from .plots import BOUNDARY, FIRST, SECOND

if TYPE_CHECKING:
    import matplotlib.axes

    from .sweeps import Sweep

__all__ = ["draw"]

Array = NDArray[np.float64]

# As many colours as there may be lines before they come again.
_COLOURS = (FIRST, SECOND, BOUNDARY, "#3a8f4f", "#7a5ba6", "#8a6d3b", "#4aa3b5", "#6b6b6b")
# Values that span more than this factor are drawn on a logarithmic scale.
_DECADE = 10.0
# A column, one over it, its logarithm, or that with the other sign: what laws are looked for between.
_TERM = re.compile(r"^\s*(?P<sign>-?)\s*(?:(?P<one>1\s*/)\s*(?P<below>[\w.]+)|log\(\s*(?P<inside>[\w.]+)\s*\)|(?P<plain>[\w.]+))\s*$")
# What is drawn when nothing is named: the first of these that there is.
_TELLING = ("rate", "time", "stationary_probability", "committor_rate")
# The columns of errors, relative to their results.
_ERRORS = {"rate": "discretisation_error"}


def draw(found: Sweep, y: str | None, x: str | None, ax: matplotlib.axes.Axes | None) -> matplotlib.axes.Axes:
    """Draws a column over a swept key; see :meth:`saddleflux.Sweep.plot`."""
    import matplotlib.pyplot as plt

    keys = [key for key in found.parameters if _is_numeric(found[key])]
    if x is None:
        if not keys:
            raise wrong("x", None, f"a column of numbers, of {', '.join(found)}", "name one of them", "none of the swept keys has numbers")
        x = next((key for key in keys if len(set(found[key].tolist())) > 1), keys[0])
    if y is None:
        results = [name for name in found if name not in found.parameters and name not in ("status", "message")]
        y = next((name for name in _TELLING if name in results), results[0])
    (along, of_x), (values, _) = _values(found, "x", x), _values(found, "y", y)
    others = [key for key in found.parameters if key != of_x and len({str(entry) for entry in found[key]}) > 1]
    lines: dict[str, list[int]] = {}
    for place in range(len(along)):
        name = ", ".join(f"{key} = {_short(found[key][place])}" for key in others)
        lines.setdefault(name, []).append(place)
    # Keys that are walked together leave a point to each line: they are one.
    if others and all(len(places) == 1 for places in lines.values()):
        lines = {"": list(range(len(along)))}
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    errors = _errors(found, y, values)
    for number, (name, places) in enumerate(lines.items()):
        order = np.array(sorted(places, key=lambda place: along[place]))
        bars = None if errors is None else errors[order]
        colour = _COLOURS[number % len(_COLOURS)]
        ax.errorbar(along[order], values[order], yerr=bars, marker="o", markersize=4, linewidth=1.2, capsize=2, color=colour, label=name)
    _laws(found, x, y, ax)
    ax.set(xlabel=x, ylabel=y)
    _scale(ax.set_xscale, along)
    _scale(ax.set_yscale, values)
    if len(lines) > 1 or ax.lines and any(not str(line.get_label()).startswith("_") for line in ax.lines):
        ax.legend(fontsize="small", frameon=False)
    ax.set_title(found.title, fontsize="medium")
    return ax


def _is_numeric(column: Any) -> bool:
    return bool(np.asarray(column).dtype.kind in "fiu")


def _values(found: Sweep, axis: str, term: str) -> tuple[Array, str]:
    """A term in a column, point by point, and the column."""
    parsed = _TERM.match(term)
    name = "" if parsed is None else parsed["below"] or parsed["inside"] or parsed["plain"]
    if parsed is None or name not in found:
        rule = "a column, 1/column, log(column) or -log(column)"
        raise wrong(axis, term, rule, f"take one of the columns {', '.join(found)}")
    if not _is_numeric(found[name]):
        raise wrong(axis, term, "a column of numbers", "name another column", f"the column {name} has no numbers")
    column = np.asarray(found[name], dtype=float)
    if parsed["inside"]:
        beside = found[f"log_{name}"] if f"log_{name}" in found else np.full(len(column), np.nan)
        with np.errstate(all="ignore"):
            column = np.where(np.isnan(column), beside, np.log(column))
    elif parsed["one"]:
        column = 1.0 / column
    return (-column if parsed["sign"] else column), name


def _errors(found: Sweep, y: str, values: Array) -> Array | None:
    name = _ERRORS.get(y)
    if name is None or name not in found:
        return None
    errors: Array = np.abs(values) * np.asarray(found[name], dtype=float)
    # What is no longer seen as a bar is left out, and so is one that reaches to zero.
    return np.where(np.isfinite(errors) & (errors < np.abs(values)), errors, 0.0)


def _laws(found: Sweep, x: str, y: str, ax: Any) -> None:
    """The straight lines that were looked for between what is drawn."""
    for fit in found.fits:
        if fit.get("x") != x or fit.get("y") != y or fit["model"] != "linear" or "slope" not in fit:
            continue
        drawn = np.array([line.get_xdata() for line in ax.lines], dtype=object)
        ends = np.array([min(map(np.nanmin, drawn)), max(map(np.nanmax, drawn))], dtype=float)
        at = "".join(f", {key} = {_short(value)}" for key, value in fit.get("at", {}).items())
        ax.plot(ends, fit["intercept"] + fit["slope"] * ends, "--", color="#444444", linewidth=0.8, label=f"slope {fit['slope']:.4g}{at}")


def _scale(set_scale: Any, values: Array) -> None:
    finite = values[np.isfinite(values)]
    if len(finite) and (finite > 0.0).all() and finite.max() > _DECADE * finite.min():
        set_scale("log")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)
