"""Losses and tensors known on a grid, as functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import wrong

__all__ = ["Table"]

Array = NDArray[np.float64]

# A cubic spline through every second value is 16 times as far from a smooth function as that through all: the rest is for the ends.
_HALVED = 6.0


class Table:
    """A function through values on a grid: the cubic spline, twice continuously differentiable, without conditions at its ends.

    Parameters
    ----------
    x : array_like, shape (n,)
        Places along the first axis, increasing, four at least.
    y : array_like, shape (m,), or None
        Places along the second axis; ``None`` in one dimension.
    values : array_like, shape (n, m), or (entries, n, m); (n,) or (entries, n)
        The values, index ``[x, y]``: of a loss, or one array for each entry of a gradient or a tensor.

    Attributes
    ----------
    error : float
        What lies between the places may be so far from the spline: a sixth of what the spline through every second place leaves.

    Raises
    ------
    InputError
        Places that do not increase, values that are not finite (which is told by its indices) or do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from saddleflux import Problem, Table
    >>> x, y = np.linspace(-2, 2, 81), np.linspace(-2, 2, 81)
    >>> loss = Table(x, y, (x[:, None] ** 2 - 1) ** 2 + y**2)
    >>> problem = Problem(loss, noise=0.1, valley=[-1, 0], cells=(64, 64))
    """

    def __init__(self, x: ArrayLike, y: ArrayLike | None, values: ArrayLike) -> None:
        axes = [_axis("x", x)] + ([] if y is None else [_axis("y", y)])
        table = np.asarray(values, dtype=float)
        shape = tuple(len(axis) for axis in axes)
        if table.shape[-len(shape) :] != shape or table.ndim > len(shape) + 1:
            is_turned = table.shape == shape[::-1]
            remedy = "turn them round (.T): the index is [x, y]" if is_turned else "give one value a place, entries first if there are several"
            raise wrong("values", table.shape, f"of the shape {shape}", remedy, f"have the shape {table.shape}")
        if not np.isfinite(table).all():
            place = tuple(int(k) for k in np.argwhere(~np.isfinite(table))[0])
            remedy = "leave such places out of the grid, or fill them in"
            raise wrong("values", place, "finite", remedy, f"the value at {list(place)} is {table[place]}")
        self.knots: tuple[Array, ...] = tuple(axes)
        self._is_single = table.ndim == len(shape)
        self._entries = [_Spline(axes, entry) for entry in (table[None] if self._is_single else table)]
        self.error = max(_left(axes, entry) for entry in (table[None] if self._is_single else table))

    @property
    def dimension(self) -> int:
        """1 or 2."""
        return len(self.knots)

    def __call__(self, *theta: Array) -> Any:
        found = [entry(*theta) for entry in self._entries]
        return found[0] if self._is_single else tuple(found)


class _Spline:
    """A tensor product of cubic splines, by values and slopes at the places."""

    def __init__(self, axes: list[Array], values: Array) -> None:
        self._axes = axes
        along_x = _slopes(axes[0], values)
        if len(axes) == 1:
            self._nodes = [[values, along_x]]
            return
        along_y, mixed = (_slopes(axes[1], own.T).T for own in (values, along_x))
        self._nodes = [[values, along_x], [along_y, mixed]]

    def __call__(self, x: Array, y: Array | None = None) -> Array:
        i, basis_x = _basis(self._axes[0], x)
        if y is None:
            return sum(basis_x[2 * k + d] * self._nodes[0][d][i + k] for k in (0, 1) for d in (0, 1))  # type: ignore[return-value]
        j, basis_y = _basis(self._axes[1], y)
        total: Array = np.zeros(np.shape(x), dtype=np.float64)
        for l in (0, 1):
            for e in (0, 1):
                row = sum(basis_x[2 * k + d] * self._nodes[e][d][i + k, j + l] for k in (0, 1) for d in (0, 1))
                total += basis_y[2 * l + e] * row
        return total


def _basis(axis: Array, at: Array) -> tuple[NDArray[np.intp], list[Array]]:
    """The cell of each point, and Hermite's four polynomials: value and slope at its left end, then at its right end."""
    cell = np.clip(np.searchsorted(axis, at, side="right") - 1, 0, len(axis) - 2)
    width = axis[cell + 1] - axis[cell]
    t = (at - axis[cell]) / width
    s = 1.0 - t
    return cell, [s * s * (1.0 + 2.0 * t), width * s * s * t, t * t * (1.0 + 2.0 * s), -width * t * t * s]


def _slopes(axis: Array, values: Array) -> Array:
    """The slopes along the first axis, at the places, of the cubic spline whose third derivative has no jump at the second place and the
    second but last (de Boor 1978, ch. IV): three unknowns in each row."""
    n, h = len(axis), np.diff(axis)
    shape = (-1,) + (1,) * (values.ndim - 1)
    secants = np.diff(values, axis=0) / h.reshape(shape)
    below, middle, above = np.empty(n), np.empty(n), np.empty(n)
    right = np.empty_like(values)
    below[1:-1], middle[1:-1], above[1:-1] = h[1:], 2.0 * (h[:-1] + h[1:]), h[:-1]
    right[1:-1] = 3.0 * (h[1:].reshape(shape) * secants[:-1] + h[:-1].reshape(shape) * secants[1:])
    for row, (a, b, near, far) in ((0, (h[0], h[1], secants[0], secants[1])), (-1, (h[-1], h[-2], secants[-1], secants[-2]))):
        whole = a + b
        middle[row] = b
        right[row] = ((a + 2.0 * whole) * b * near + a * a * far) / whole
    above[0], below[-1] = h[0] + h[1], h[-1] + h[-2]
    # Elimination down, and substitution up.
    for k in range(1, n):
        factor = below[k] / middle[k - 1]
        middle[k] -= factor * above[k - 1]
        right[k] -= factor * right[k - 1]
    right[-1] /= middle[-1]
    for k in range(n - 2, -1, -1):
        right[k] = (right[k] - above[k] * right[k + 1]) / middle[k]
    return right


def _axis(name: str, places: ArrayLike) -> Array:
    axis = np.array(places, dtype=float)
    if axis.ndim != 1 or len(axis) < 4 or not (np.diff(axis) > 0.0).all():
        fact = f"has the shape {axis.shape}" if axis.ndim != 1 or len(axis) < 4 else "does not increase"
        remedy = "give the axes as they would be given to np.meshgrid, sorted"
        raise wrong(name, axis.shape, "at least four places in increasing order", remedy, fact)
    return axis


def _left(axes: list[Array], values: Array) -> float:
    """How far the spline through all values may be from what they were taken from."""
    if any(len(axis) < 8 for axis in axes):
        return float(np.ptp(values))
    thin = [axis[::2] for axis in axes]
    halved = _Spline(thin, values[tuple(slice(None, None, 2) for _ in axes)])
    # The last place of an even number lies beyond the thin table.
    inside = [axis[axis <= other[-1]] for axis, other in zip(axes, thin)]
    known = values[tuple(slice(len(axis)) for axis in inside)]
    if len(axes) == 1:
        away = halved(inside[0]) - known
    else:
        x, y = np.meshgrid(*inside, indexing="ij")
        away = halved(x, y) - known
    return float(np.abs(away).max()) / _HALVED
