"""Whether what is given beside a loss belongs to it: differences of the loss at scattered places against its gradient and its Hessian, and
a covariance against what makes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

__all__ = ["compare"]

Array = NDArray[np.float64]
Rows = Callable[[Sequence[Array]], Array]
"""The entries of a function at points."""

# Places, by Roberts's sequence, which lies on no lattice; so many have to contradict, since a kink may lie within the steps of one.
_PLACES, _ENOUGH = 64, 3
_STEPS = (0.7548776662466927, 0.5698402909980533)
# Steps of first and second differences, as shares of the domain.
_FIRST, _SECOND = 1e-4, 1e-3
# Differences by a step and by half of it differ by what either is wrong: so many times that, and this share, are no contradiction.
_DOUBT, _SHARE = 10.0, 1e-3
# What differs by no more than this share of its largest entry is a multiple; one by a factor that near to 1 explains nothing.
_LIKE_ONE = 0.01
# An eigenvalue of a covariance may be this share of the largest below zero, by rounding.
_ROUNDING = 1e-6


def compare(
    parts: dict[str, Rows], precisions: dict[str, float], lower: Sequence[float], upper: Sequence[float], is_known: bool
) -> None:
    """Compares ``gradient``, ``hessian`` and ``covariance`` with ``loss`` between two corners; ``is_known``: whether that is the domain.
    ``precisions`` has the relative spacing of the numbers that each function gave, once it was called.

    Raises
    ------
    InputError
        Which contradicts, where, what it gives and what is expected.
    """
    corner, width = np.asarray(lower, dtype=float), np.subtract(upper, lower)
    shares = np.mod(0.5 + np.outer(np.arange(_PLACES), _STEPS[: len(corner)]), 1.0)
    places = list((corner + (0.01 + 0.98 * shares) * width).T)
    axes = range(len(places))
    with np.errstate(all="ignore"):
        known = np.isfinite(parts["loss"](places)[0])
        if known.sum() <= _ENOUGH:
            return
        for name in ("gradient", "hessian", "covariance"):
            if name in parts:
                given = parts[name](places)
                _numbers(name, given, known, places, is_known)
                if name == "covariance":
                    _is_covariance(given, known, places)
                else:
                    expected, doubt = _expected(name, parts, precisions, places, width)
                    units = width if name == "gradient" else np.array([width[i] * width[j] for i in axes for j in axes if i <= j])
                    _agree(name, given, expected, doubt, units, known, places, is_known)


def _expected(
    name: str, parts: dict[str, Rows], precisions: dict[str, float], places: list[Array], width: Array
) -> tuple[Array, Array]:
    """Entries by differences, and how far these may be off."""
    loss, axes = parts["loss"], range(len(places))
    if name == "gradient":
        found = [_slope(loss, precisions["loss"], places, axis, _FIRST * width[axis])[0] for axis in axes]
    elif "gradient" in parts:
        gradient, precision = parts["gradient"], precisions["gradient"]
        along = [_slope(gradient, precision, places, axis, _FIRST * width[axis]) for axis in axes]
        found = [along[0][0]] if len(axes) == 1 else [along[0][0], along[1][0], along[1][1]]
    else:
        steps = _SECOND * width
        pairs = [(i, j) for i in axes for j in axes if i <= j]
        found = [_bend(loss, precisions["loss"], places, pair, steps) for pair in pairs]
    return np.array([value for value, _ in found]), np.array([doubt for _, doubt in found])


def _better(whole: Array, half: Array, rounding: Array) -> tuple[Array, Array]:
    """Of differences by a step and by half of it, whose errors are as 4 to 1, and what rounding makes of the latter."""
    return (4.0 * half - whole) / 3.0, np.abs(whole - half) + rounding


def _slope(function: Rows, precision: float, places: list[Array], axis: int, step: float) -> list[tuple[Array, Array]]:
    """∂/∂θ of each entry."""

    def difference(step: float) -> tuple[Array, Array]:
        at = [_moved(places, {axis: sign * step}) for sign in (1.0, -1.0)]
        ahead, behind = (function(points) for points in at)
        apart = at[0][axis] - at[1][axis]
        return (ahead - behind) / apart, precision * np.maximum(np.abs(ahead), np.abs(behind)) / apart

    whole, (half, rounding) = difference(step)[0], difference(0.5 * step)
    return [_better(*entry) for entry in zip(whole, half, rounding)]


def _bend(loss: Rows, precision: float, places: list[Array], axes: tuple[int, int], steps: Array) -> tuple[Array, Array]:
    """∂²L/∂θᵢ∂θⱼ."""
    i, j = axes

    def at(a: float, b: float) -> Array:
        shift = {i: a * steps[i] + b * steps[i]} if i == j else {i: a * steps[i], j: b * steps[j]}
        found: Array = loss(_moved(places, shift))[0]
        return found

    def difference(share: float) -> tuple[Array, Array]:
        a = share if i != j else 0.5 * share
        corners = [at(a, a), at(a, -a), at(-a, a), at(-a, -a)]
        area = 4.0 * a * a * steps[i] * steps[j]
        value: Array = (corners[0] - corners[1] - corners[2] + corners[3]) / area
        rounding: Array = 2.0 * precision * np.abs(corners).max(axis=0) / area
        return value, rounding

    return _better(difference(1.0)[0], *difference(0.5))


def _moved(places: list[Array], shift: dict[int, float]) -> list[Array]:
    return [place + shift.get(axis, 0.0) for axis, place in enumerate(places)]


def _numbers(name: str, given: Array, known: NDArray[np.bool_], places: list[Array], is_known: bool) -> None:
    """Where the loss is a number, so must be what is given; in a box that is no domain, where most of it is."""
    lacks = known & ~np.isfinite(given).all(axis=0)
    if lacks.any() and (is_known or 2 * lacks.sum() > known.sum()):
        k = int(np.argmax(lacks))
        message = f"{name}: gives {_entries(given[:, k])} at {_place(places, k)}, where the loss is a finite number"
        remedy = f"give finite numbers, or leave {name} out"
        raise InputError(f"{message}: {remedy}", key=name, value=_plain(given[:, k]), rule="finite where the loss is", remedy=remedy)


def _is_covariance(given: Array, known: NDArray[np.bool_], places: list[Array]) -> None:
    largest = np.abs(given).max(axis=0)
    if len(given) == 1:
        lowest = given[0]
    else:
        mean, apart = 0.5 * (given[0] + given[2]), np.hypot(0.5 * (given[0] - given[2]), given[1])
        lowest = mean - apart
    wrong = known & (lowest < -_ROUNDING * largest)
    if wrong.any():
        k = int(np.argmin(np.where(wrong, lowest / np.where(largest > 0.0, largest, 1.0), np.inf)))
        entries = "the entries 11, 12, 22, which are" if len(given) == 3 else "which is"
        message = f"covariance: has the negative eigenvalue {lowest[k]:.6g} at {_place(places, k)}, of {entries} {_entries(given[:, k])} there"
        remedy = "give the covariance of one sample's gradient, whose eigenvalues are never negative"
        raise InputError(f"{message}: {remedy}", key="covariance", value=_plain(given[:, k]), rule="eigenvalues ≥ 0", remedy=remedy)


def _agree(
    name: str,
    given: Array,
    expected: Array,
    doubt: Array,
    units: Array,
    known: NDArray[np.bool_],
    places: list[Array],
    is_known: bool,
) -> None:
    known = known & np.isfinite(given).all(axis=0) & np.isfinite(expected).all(axis=0)
    if known.sum() <= _ENOUGH:
        return
    typical = np.median(doubt[:, known], axis=1)[:, None]
    # The largest entry decides what is small, where every axis is measured by its width.
    scale = ((np.median(np.abs(expected[:, known]), axis=1) * units).max() / units)[:, None]
    allowed = _DOUBT * np.maximum(doubt, typical) + _SHARE * (np.maximum(np.abs(expected), np.abs(given)) + scale)
    allowed += np.finfo(float).tiny

    def contradicts(other: Array) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = known & (np.abs(other - expected) > allowed).any(axis=0)
        return found

    wrong = contradicts(given)
    # In a box that is no domain it may be another function far out.
    if wrong.sum() < _ENOUGH or not is_known and 2 * wrong.sum() <= known.sum():
        return
    k = int(np.argmax(np.where(wrong, (np.abs(given - expected) / allowed).max(axis=0), -1.0)))
    rule = {"gradient": "∂L/∂θ of each axis", "hessian": "∂²L/∂θ², the entries 11, 12, 22"}[name]
    factor = _factor(given, expected, known)
    guess: str | None
    if contradicts(-given).sum() < _ENOUGH:
        guess = "its sign is turned"
    elif name == "gradient" and len(given) == 2 and contradicts(given[::-1]).sum() < _ENOUGH:
        guess = "its two components are exchanged"
    else:
        guess = f"it is {factor:.4g} times what is expected everywhere" if factor and abs(factor - 1.0) > _LIKE_ONE else None
    remedy = f"give the {name} of this loss, or leave {name} out"
    message = (
        f"{name}: contradicts the loss in {wrong.sum()} of {known.sum()} places; at {_place(places, k)} it gives {_entries(given[:, k])}, where "
        f"differences of the {'loss' if name == 'gradient' else 'loss, or of its gradient,'} say {_entries(expected[:, k])}"
    )
    told = f"{message}{f' ({guess})' if guess else ''}: {remedy}"
    raise InputError(told, key=name, value=_plain(given[:, k]), rule=rule, remedy=f"{guess}: {remedy}" if guess else remedy)


def _factor(given: Array, expected: Array, known: NDArray[np.bool_]) -> float | None:
    """The multiple of what is expected that it is everywhere, where there is one."""
    one, other = given[:, known].ravel(), expected[:, known].ravel()
    size = float(other @ other)
    factor = float(one @ other) / size if size > 0.0 else 0.0
    close = np.abs(one - factor * other).max() <= _LIKE_ONE * np.abs(one).max()
    return factor if close else None


def _place(places: list[Array], k: int) -> str:
    return ", ".join(f"{axis} = {place[k]:.6g}" for axis, place in zip("xy", places))


def _entries(values: Array) -> str:
    return ", ".join(f"{value:.6g}" for value in values)


def _plain(values: Array) -> Any:
    return float(values[0]) if len(values) == 1 else [float(value) for value in values]
