"""Functions of NumPy arrays as the solver asks for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import contradictions
from .errors import wrong
from .tables import Table

__all__ = ["Function", "Sampler", "Start", "dimension_of", "motion_sampler", "noise_sampler"]

Function = Callable[..., Any]
"""A function of one array x, or of two arrays x and y, of one shape (points,); it answers with an array of that shape, a number, or as
many of them as there are entries."""

Array = NDArray[np.float64]


class Sampler:
    """Several functions of the same points as one: the extension module calls it, and reads its attributes."""

    name: str
    """What stands for it in summaries."""
    parts: list[str]
    """What there is besides the value."""
    knots: list[list[float]]
    """Where it is put together of polynomials, along each axis."""
    is_cubic: bool
    """Whether these are cubic."""
    error: float
    """What its value may be away from what is meant by it."""

    def __init__(self, functions: Sequence[tuple[str, Function, int]], name: str, parts: Sequence[str]) -> None:
        self._functions, self.name, self.parts = functions, name, list(parts)
        tables = [function for _, function, _ in functions if isinstance(function, Table)]
        self.knots = [np.unique(np.concatenate(axes)).tolist() for axes in zip(*(table.knots for table in tables))]
        self.is_cubic = len(tables) == len(functions)
        value = functions[0][1]
        self.error = value.error if isinstance(value, Table) else 0.0
        self._compared: set[Any] = set()
        self._kinds: set[str] = set()

    def __call__(self, x: Array, y: Array | None) -> Array:
        given = (x,) if y is None else (x, y)
        rows: list[Array] = []
        for name, function, entries in self._functions:
            try:
                found = function(*given)
            except Exception as error:
                # What is not written for arrays fails in its own words.
                if hasattr(error, "add_note"):
                    error.add_note(f"saddleflux calls {name} with arrays of the shape {x.shape}: write it for arrays (np.where instead of if)")
                raise
            if name == "loss" and hasattr(found, "dtype"):
                self._kinds.add(str(found.dtype).removeprefix("torch."))
            rows.extend(_rows(name, found, entries, x.shape))
        return np.ascontiguousarray(rows, dtype=float)

    @property
    def imprecise(self) -> str:
        """What there is to say of values in fewer digits than those of double precision; empty where there is nothing."""
        kinds = sorted(self._kinds & {"float16", "bfloat16", "float32"})
        if not kinds:
            return ""
        digits = {"bfloat16": 2, "float16": 3, "float32": 7}[kinds[0]]
        return f"the loss gives {kinds[0]}, some {digits} digits, of which derivatives keep fewer: compute and return float64"

    def compare(self, lower: Sequence[float], upper: Sequence[float], is_known: bool) -> None:
        """Whether derivatives and covariance belong to the loss, looked at once in each box.

        Raises
        ------
        InputError
            Which of them does not, and where.
        """
        box = (tuple(lower), tuple(upper))
        if not self.parts or self._functions[0][0] != "loss" or box in self._compared:
            return

        precisions: dict[str, float] = {}

        def part(name: str, function: Function, entries: int) -> Callable[[Sequence[Array]], Array]:
            def rows(points: Sequence[Array]) -> Array:
                found = function(*points)
                precisions[name] = max(precisions.get(name, 0.0), _spacing(found))
                return np.array(_rows(name, found, entries, points[0].shape))

            return rows

        parts = {name: part(name, function, entries) for name, function, entries in self._functions}
        contradictions.compare(parts, precisions, *box, is_known)
        self._compared.add(box)


class Start:
    """A density on the cells of a grid, from which an evolution starts; the extension module reads its grid.

    Parameters
    ----------
    density : array_like, shape (nx,) or (nx, ny)
        The density in each cell, up to a factor.
    domain : mapping
        The section ``[domain]`` with its corners.
    cells : sequence of int
        Cells along each axis, those of ``density``.

    Raises
    ------
    InputError
        A grid that is not known before the problem is solved, and a density that does not fit it.
    """

    def __init__(self, density: Any, domain: Mapping[str, Any], cells: Sequence[int] | None) -> None:
        values = np.array(density, dtype=float)
        if "lower" not in domain or "upper" not in domain or cells is None or tuple(cells) != values.shape:
            shape = "unknown" if cells is None else tuple(cells)
            remedy = "give domain and cells, and cells to be its shape"
            raise wrong("evolve.start", values.shape, f"of the shape {shape}, that of cells", remedy, f"has the shape {values.shape}")
        if not (np.isfinite(values).all() and (values >= 0.0).all() and values.any()):
            rule, worst = "finite, nowhere negative and somewhere positive", float(values.min(initial=0.0))
            raise wrong("evolve.start", worst, rule, "give a density, up to a factor", f"has values from {worst:.6g} on")
        corners = [np.atleast_1d(np.asarray(domain[name], dtype=float)) for name in ("lower", "upper")]
        walls = domain.get("walls") or {}
        self.name = f"array of Python, {' × '.join(str(count) for count in values.shape)}"
        self.grid: dict[str, list[float]] = {
            "lower": corners[0].tolist(),
            "upper": corners[1].tolist(),
            "cosine_sine": [1.0, 0.0],
            "pivot": [0.0] * values.ndim,
            "periodic": [float(walls.get(axis) == "periodic") for axis in ("x", "y")[: values.ndim]],
            **{axis: [0.0] * count for axis, count in zip(("x", "y"), values.shape)},
            "values": values.ravel().tolist(),
        }


def _rows(name: str, found: Any, entries: int, shape: tuple[int, ...]) -> list[Array]:
    """As many rows as there are entries."""
    if entries == 1 and not isinstance(found, (tuple, list)):
        found = [found]
    # Two by two entries of a symmetric tensor stand for three.
    if entries == 3 and len(found) == 2 and all(np.ndim(row) > 0 and len(row) == 2 for row in found):
        found = [found[0][0], _symmetric(name, found[0][1], found[1][0]), found[1][1]]
    if len(found) != entries:
        turned = all(np.shape(row) == (entries,) for row in found)
        remedy = "turn the array round (.T): the entries come first, then the points" if turned else f"give {_EXPECTED[entries]}"
        raise wrong(name, len(found), _EXPECTED[entries], remedy, f"gives {len(found)} entries, where {entries} are expected")
    rows = []
    for row in found:
        values = _array(row)
        if values.dtype.kind not in "fiub":
            raise wrong(name, str(values.dtype), "of real numbers", "give real numbers, as np.real does", f"gives {values.dtype} for points")
        if values.shape not in (shape, ()):
            remedy = "write it for arrays (np.where instead of if), or wrap it in np.vectorize"
            fact = f"gives an array of the shape {values.shape} for points of the shape {shape}"
            raise wrong(name, values.shape, f"of the shape {shape}", remedy, fact)
        rows.append(np.broadcast_to(values, shape).astype(float))
    return rows


def _symmetric(name: str, one: Any, other: Any) -> Any:
    """The entry beside the diagonal, where both say the same but for roundings."""
    first, second = _array(one), _array(other)
    away = np.abs(first - second)
    if np.any(away > 1e-5 * np.maximum(np.abs(first), np.abs(second))):
        k = int(np.argmax(away))
        pair = (float(np.ravel(first)[k]), float(np.ravel(second)[k]))
        fact = f"has the entries 12 and 21 {pair[0]:.6g} and {pair[1]:.6g} in one place"
        raise wrong(name, pair, "symmetric", "give the entries 11, 12, 22", fact)
    return first


_SPACINGS = {"bfloat16": 2.0**-7, "float16": 2.0**-10, "float32": 2.0**-23}


def _spacing(found: Any) -> float:
    """The relative spacing of the numbers that a function gives."""
    rows = found if isinstance(found, (tuple, list)) else [found]
    return max(_SPACINGS.get(str(getattr(row, "dtype", "")).removeprefix("torch."), 2.0**-52) for row in rows)


def _array(row: Any) -> NDArray[Any]:
    # Tensors of PyTorch that ask for gradients are no arrays before they are detached.
    if hasattr(row, "detach"):
        row = row.detach().cpu()
    return np.asarray(row)


_EXPECTED = {
    1: "one array",
    2: "two arrays, one for each axis",
    3: "three arrays, the entries 11, 12 and 22, or two rows of two",
}


def dimension_of(function: Function, given: int | None) -> int:
    """1 or 2: as given, else by what a function takes.

    Raises
    ------
    InputError
        Another number, and a function that does not say.
    """
    found = given if given is not None else _arguments(function)
    if found not in (1, 2):
        fact = f"{_name(function)} takes {found or 'an unknown number of'} arguments" if given is None else None
        remedy = "give dimension=1 or dimension=2, and a function of as many arrays"
        raise wrong("dimension", found if given is None else given, "1 or 2", remedy, fact)
    return found


def _arguments(function: Function) -> int | None:
    """How many arguments a function must have, where it says so."""
    if isinstance(function, Table):
        return function.dimension
    if isinstance(function, np.vectorize):
        # What it wraps says how many.
        function = function.pyfunc
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(entry.kind in places and entry.default is inspect.Parameter.empty for entry in parameters)


def _name(function: Function) -> str:
    function = function.pyfunc if isinstance(function, np.vectorize) else function
    return getattr(function, "__qualname__", type(function).__name__)


def motion_sampler(
    function: Function, is_drift: bool, beside: Mapping[str, Function | None], dimension: int
) -> Sampler:
    """A loss with what else is known of it, or a drift."""
    name = f"{_name(function)} of Python, {dimension}D"
    if is_drift:
        for key, other in beside.items():
            if other is not None:
                raise wrong(key, other, "beside a loss", f"leave {key} out", "is given beside a drift")
        return Sampler([("drift", function, dimension)], f"drift {name}", ["drift"])
    entries = {"gradient": dimension, "hessian": 2 * dimension - 1, "covariance": 2 * dimension - 1}
    more = [(key, other, entries[key]) for key, other in beside.items() if other is not None]
    return Sampler([("loss", function, 1), *more], name, [key for key, _, _ in more])


def noise_sampler(function: Function, dimension: int) -> Sampler:
    """A scalar or a tensor: what the function gives for one point says which."""
    one = np.zeros(1)
    try:
        found = function(*([one] * dimension))
    except Exception:
        # Its own error comes when it is asked for real.
        found = 0.0
    is_scalar = dimension == 1 or (not isinstance(found, (tuple, list)) and np.ndim(found) < 2)
    sampled = [("noise", function, 1 if is_scalar else 3)]
    return Sampler(sampled, f"D = {_name(function)} of Python", ["scalar"] if is_scalar else [])
