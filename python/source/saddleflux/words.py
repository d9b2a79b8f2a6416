"""A result in words, for terminals and notebooks."""

from __future__ import annotations

import html as _html
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .result import Result

__all__ = ["html", "html_table", "lines", "table"]

# Rows of a table that are shown, half from its top and half from its end, and digits.
_ROWS, _DIGITS = 20, 6


def number(value: float | None, log: float | None = None, digits: int = 12) -> str:
    """A number, by its decimal logarithm where no float holds it."""
    if value is None:
        return "?" if log is None else f"10^{log / math.log(10):.{digits}g}"
    return f"{value:.{digits}e}" if value and not 1e-3 <= abs(value) < 1e5 else f"{value:.{digits + 1}g}"


def lines(result: Result) -> list[tuple[str, str]]:
    """What there is to say, each with its name."""
    summary = result.summary
    problem = summary["problem"]
    said = [("problem", f"{problem['landscape']} · {problem['noise']}")]
    if result.minimum is not None:
        said.append(("minimum", f"θ = {_point(result.minimum.theta)}"))
    for index, saddle in enumerate(result.saddles[:3]):
        barrier = "" if saddle.barrier is None else f"  barrier {saddle.barrier:.6g}"
        said.append((f"saddle {index}", f"θ = {_point(saddle.theta)}{barrier}"))
    rates = summary.get("rate", {})
    if "quasi_stationary" in rates:
        rate = result.rate
        said.append(("escape rate γ", number(rate.value, rate.log) + _error(rate.error)))
    if "mean_first_passage" in rates:
        time = result.passage_time
        said.append(("passage time τ", number(time.value, time.log) + _error(time.error)))
    if "particles" in rates and "value" in rates["particles"]:
        low, high = rates["particles"].get("ci95", (math.nan, math.nan))
        said.append(("particles", f"{number(rates['particles']['value'], digits=4)}  (95 %: {low:.4e} to {high:.4e})"))
    for name, title in (("kramers", "Kramers"), ("theorem_3_2", "Theorem 3.2")):
        found = summary.get("formula", {}).get(name)
        if found is not None:
            ratio = f"  solver/formula = {found['ratio']:.4f}" if "ratio" in found else ""
            said.append((title, number(found.get("value"), found.get("log_value"), 4) + ratio))
    if "committor" in summary:
        found = summary["committor"]
        said.append(("k_AB", number(found.get("rate"), found.get("log_rate")) + _error(found.get("discretisation_error"))))
    if "spectrum" in summary:
        values = [number(line.get("re"), line.get("log_re"), 4) for line in summary["spectrum"][:6]]
        said.append(("spectrum", ", ".join(values)))
    if "network" in summary:
        said.append(("valleys", str(len(summary["network"]["valleys"]))))
    if "certificate" in summary and "rate" in summary["certificate"]:
        low, high = summary["certificate"]["rate"]
        said.append(("certificate", f"{number(low)} to {number(high)}"))
    if "grid" in summary:
        cells = " × ".join(str(count) for count in summary["grid"]["cells"])
        said.append(("grid", f"{cells} cells, {summary['grid']['scheme']}"))
    said.extend((name, ", ".join(group)) for name, group in result.groups.items() if name == "fields")
    others = [name for name in result.groups if name != "fields"]
    if others:
        said.append(("groups", ", ".join(others)))
    said.extend(("warning", text) for text in result.warnings)
    return said


def html(result: Result) -> str:
    """The same as a table."""
    cell = "text-align:left;vertical-align:top;padding:1px 12px 1px 0"

    def row(name: str, text: str) -> str:
        colour = ";color:#a33" if name == "warning" else ""
        return (
            f'<tr><th style="{cell};font-weight:600">{_html.escape(name)}</th>'
            f'<td style="{cell}{colour}">{_html.escape(text)}</td></tr>'
        )

    title = _html.escape(result.title or "saddleflux")
    body = "".join(row(name, text) for name, text in lines(result))
    return f'<div><strong>{title}</strong><table style="border:none">{body}</table></div>'


def table(columns: Mapping[str, Any]) -> str:
    """A table for a terminal, its middle left out where it is long."""
    rows = [list(columns), *_rows(columns)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    lines = ("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows)
    return "".join(f"  {line}\n" for line in lines)


def html_table(title: str, columns: Mapping[str, Any], below: Sequence[str]) -> str:
    """The same for a notebook, with lines below it."""
    cell = "text-align:left;padding:1px 12px 1px 0"

    def row(cells: Sequence[str], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag} style={chr(34)}{cell}{chr(34)}>{_html.escape(text)}</{tag}>' for text in cells)}</tr>"

    body = row(list(columns), "th") + "".join(row(cells, "td") for cells in _rows(columns))
    told = "".join(f"<div>{_html.escape(text)}</div>" for text in below)
    return f'<div><strong>{_html.escape(title)}</strong><table style="border:none">{body}</table>{told}</div>'


def _rows(columns: Mapping[str, Any]) -> list[list[str]]:
    count = max((len(column) for column in columns.values()), default=0)
    half = _ROWS // 2
    places = list(range(count)) if count <= _ROWS else [*range(half), *range(count - half, count)]
    rows = [[_cell(column[place]) for column in columns.values()] for place in places]
    if count > _ROWS:
        rows.insert(half, [f"… {count - _ROWS} more", *[""] * (len(columns) - 1)])
    return rows


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return "" if math.isnan(value) else f"{value:.{_DIGITS}g}"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _point(theta: Any) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in theta) + ")"


def _error(error: float | None) -> str:
    return "" if error is None else f"  ± {error:.1e} relative"
