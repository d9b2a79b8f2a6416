"""What was found, with its evidence."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import files
from .groups import Group
from .sections import Section

if TYPE_CHECKING:
    import matplotlib.axes
    import xarray

__all__ = ["CriticalPoint", "PassageTime", "Rate", "Result", "Spectrum", "open"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """An escape rate γ per unit of dynamical time, with what it rests on.

    Attributes
    ----------
    value : float or None
        γ on the finest grid; ``None`` below 1e-308, where ``log`` stands for it.
    log : float
        ln γ.
    bracket : tuple of float or None
        Two bounds of the γ of that grid, by Collatz and Wielandt.
    bracket_over_value : tuple of float
        The same over γ.
    error : float or None
        Estimated discretisation error of ``value``, relative to it.
    extrapolated, log_extrapolated : float or None
        γ extrapolated over the grids, where they allow it.
    order : float or None
        The order that the grids show.
    per_iteration : float or None
        ηγ, where the learning rate is known.
    iterations_to_escape : float or None
        1/(ηγ), where the learning rate is known.
    iterations : int
        Inverse iterations.
    flux_identity : float or None
        |flux out / γ − 1|.
    """

    value: float | None
    log: float
    bracket: tuple[float, float] | None
    bracket_over_value: tuple[float, float]
    error: float | None
    extrapolated: float | None
    log_extrapolated: float | None
    order: float | None
    per_iteration: float | None
    iterations_to_escape: float | None
    iterations: int
    flux_identity: float | None

    @property
    def best(self) -> float | None:
        """``extrapolated`` where there is one, else ``value``."""
        return self.value if self.log_extrapolated is None else self.extrapolated

    def __float__(self) -> float:
        if self.value is None:
            raise OverflowError(f"the rate e^{self.log:.6g} is below 1e-308, the smallest float: take its .log")
        return self.value


@dataclass(frozen=True)
class PassageTime:
    """The mean first-passage time τ from a point, in dynamical time.

    Attributes
    ----------
    value : float or None
        τ on the finest grid; ``None`` where no float holds it.
    log : float
        ln τ.
    start : ndarray, shape (dimension,)
        The point that it is counted from.
    rate, log_rate : float
        1/τ, and its logarithm.
    error : float or None
        Estimated discretisation error of ``rate``, relative to it.
    extrapolated_rate : float or None
        1/τ extrapolated over the grids.
    """

    value: float | None
    log: float
    start: Array
    rate: float | None
    log_rate: float
    error: float | None
    extrapolated_rate: float | None

    def __float__(self) -> float:
        if self.value is None:
            raise OverflowError(f"the time e^{self.log:.6g} is beyond 1e308, the largest float: take its .log")
        return self.value


@dataclass(frozen=True)
class CriticalPoint:
    """A minimum or a saddle.

    Attributes
    ----------
    theta : ndarray, shape (dimension,)
        Where.
    loss : float or None
        L there; ``None`` for a drift.
    hessian_eigenvalues : ndarray, shape (dimension,), or None
        In ascending order; for a drift those of the symmetric part of −∂b; ``None`` at a cusp.
    barrier : float or None
        Of a saddle: L there minus L at the start minimum.
    escape_direction : ndarray or None
        Of a saddle: the unit vector across it.
    one_sided_slopes : ndarray, shape (dimension, 2), or None
        At a cusp: the slopes just below and just above it along each axis.
    """

    theta: Array
    loss: float | None
    hessian_eigenvalues: Array | None
    barrier: float | None = None
    escape_direction: Array | None = None
    one_sided_slopes: Array | None = None


@dataclass(frozen=True)
class Spectrum:
    """The eigenvalues nearest to zero, of −Q where nothing absorbs, else of diag(κ) − Q, by their real parts.

    Attributes
    ----------
    values : ndarray of complex, shape (modes,)
        λ per unit of dynamical time; 0 in place of a real part below 1e-308, which ``log_re`` has.
    log_re : ndarray, shape (modes,)
        ln Re λ, −inf for λ = 0.
    error : ndarray, shape (modes,)
        Relative to |λ|: against the chain, and by the grid.
    left, right : ndarray, shape (modes, *cells)
        Left eigenvectors as densities, and right eigenvectors; complex where there are pairs.
    """

    values: NDArray[np.complex128]
    log_re: Array
    error: Array
    left: NDArray[Any]
    right: NDArray[Any]


class Result:
    """A solved problem: rates with their evidence, and fields.

    A quantity that was not asked for is no attribute: asking for it says what to ask for.
    """

    summary: dict[str, Any]
    """Everything that was found in numbers, equal to ``summary.json`` of the command line."""
    configuration: str
    """The configuration as a TOML text."""
    title: str
    """Free text of the configuration."""
    groups: dict[str, Group]
    """All groups of fields by name, those of ``result.h5``."""

    left: dict[str, float]
    """What is not known of functions of Python between the points at which they were asked: the largest error of ``loss``, ``drift`` or
    ``noise``, in their own units, where it matters for rates. Stated errors include it."""
    compared: float | None
    """The share of the grid's places (centres, faces, random ones) in which functions of Python were compared with their polynomials: a
    comparison ends after as long as the solution took, and after two seconds at least. ``None`` without functions."""

    def __init__(
        self,
        summary: str,
        configuration: str,
        title: str,
        groups: dict[str, Group],
        left: dict[str, float] | None = None,
        compared: float | None = None,
    ) -> None:
        self._text, self.left = summary, dict(left or {})
        self.compared = compared if self.left else None
        self.summary = json.loads(summary)
        self.configuration, self.title, self.groups = configuration, title, groups

    @classmethod
    def _of_native(cls, found: dict[str, Any]) -> Result:
        groups = [Group.of_native(group) for group in found["groups"]]
        named = {group.name: group for group in groups}
        return cls(found["summary"], found["configuration"], found["title"], named, found.get("left"), found.get("compared"))

    # What was posed.

    @property
    def dimension(self) -> int:
        """1 or 2."""
        return int(self.summary["problem"]["dimension"])

    @property
    def minimum(self) -> CriticalPoint | None:
        """The minimum of the start set, where there is one."""
        found = self.summary["problem"].get("minimum")
        return None if found is None else _point(found)

    @property
    def saddles(self) -> tuple[CriticalPoint, ...]:
        """The saddles of the start set, lowest first."""
        return tuple(_point(saddle) for saddle in self.summary["problem"].get("saddles", ()))

    @property
    def problem(self) -> Section:
        """The section ``problem`` of the summary: landscape, noise, minima, saddles, what absorbs."""
        return self._section("problem", "")

    @property
    def grid(self) -> Section:
        """The section ``grid``: cells, unknowns, Péclet numbers, the scheme and why it is this one."""
        return self._section("grid", "")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader must know."""
        return tuple(self.summary.get("warnings", ()))

    # What was found.

    @property
    def rate(self) -> Rate:
        """The quasi-stationary escape rate γ per unit of dynamical time."""
        found = self._of_rate("quasi_stationary", "rate")
        return Rate(
            value=found.get("value"),
            log=found["log_value"],
            bracket=_pair(found.get("bracket")),
            bracket_over_value=_pair(found["bracket_over_value"]) or (math.nan, math.nan),
            error=found.get("discretisation_error"),
            extrapolated=found.get("extrapolated"),
            log_extrapolated=found.get("log_extrapolated"),
            order=found.get("observed_order"),
            per_iteration=found.get("per_iteration"),
            iterations_to_escape=self.summary["rate"].get("iterations_to_escape"),
            iterations=found["iterations"],
            flux_identity=found.get("flux_identity"),
        )

    @property
    def passage_time(self) -> PassageTime:
        """The mean first-passage time τ, in dynamical time."""
        found = self._of_rate("mean_first_passage", "passage-time")
        return PassageTime(
            value=found.get("time"),
            log=found["log_time"],
            start=np.array(found["from"]),
            rate=found.get("value"),
            log_rate=found["log_value"],
            error=found.get("discretisation_error"),
            extrapolated_rate=found.get("extrapolated"),
        )

    @property
    def flux_over_population(self) -> float:
        """The flux over the population of the start set, a rate."""
        return float(self._of_rate("flux_over_population", "rate")["value"])

    @property
    def quadrature(self) -> Section:
        """In one dimension: τ and γ by quadrature, and the grid's ratio to them."""
        return Section("rate.quadrature", self._of_rate("quadrature", "rate"))

    @property
    def particles(self) -> Section:
        """The rate that particles show, with its interval."""
        found = self.summary.get("rate", {}).get("particles")
        if found is None:
            raise AttributeError("particles were not asked for: give particles={}, or call simulate")
        return Section("rate.particles", found)

    @property
    def formula(self) -> Section:
        """Rates in closed form, each with ``value``, ``ratio`` (the solver's rate over it) and ``conditions``."""
        return self._section("formula", "")

    @property
    def flux(self) -> Section:
        """The probability flux through what absorbs: ``total`` and ``by_saddle``."""
        return self._section("flux", "rate")

    @property
    def committor(self) -> Section:
        """Reactive paths: ``rate``, ``flux`` and their evidence; the fields are ``fields["committor"]`` and beside it."""
        return self._section("committor", "committor")

    @property
    def network(self) -> Section:
        """The network of valleys: ``valleys``, ``rates`` (a generator), ``eigenvalues``, ``passage_times``."""
        return self._section("network", "network")

    @property
    def evolution(self) -> Section:
        """The density in time: ``t``, ``survival``, ``flux``, ``plateau``; the densities are ``groups["evolution"]``."""
        found = self.summary.get("evolution")
        if found is None:
            raise AttributeError('the density in time was not asked for: give evolve={"times": …}')
        return Section("evolution", found)

    @property
    def certificate(self) -> Section:
        """An interval around the rate of the continuous problem: ``rate``, ``exit_time``, ``relative_width``, ``status``."""
        return self._section("certificate", "certificate")

    @property
    def sensitivities(self) -> dict[str, float]:
        """∂ ln γ/∂ ln p by the key of each number p of the configuration."""
        return dict(self._section("sensitivity", "sensitivities"))

    @property
    def sgd(self) -> Section:
        """The iteration itself beside its diffusion limit, in one dimension."""
        found = self.summary.get("sgd")
        if found is None:
            raise AttributeError("the iteration was not asked for: give sgd={}")
        return Section("sgd", found)

    @property
    def spectrum(self) -> Spectrum:
        """The eigenvalues nearest to zero, with their eigenvectors."""
        lines = self.summary.get("spectrum")
        if lines is None:
            raise AttributeError('spectrum was not asked for: add "spectrum" to quantities')
        group = self.groups["spectrum"]

        def whole(name: str) -> NDArray[Any]:
            imaginary = group.fields.get(f"{name}_imaginary")
            return group[name] if imaginary is None else group[name] + 1j * imaginary

        return Spectrum(
            values=np.array([complex(line.get("re", 0.0), line["im"]) for line in lines]),
            log_re=np.array([line.get("log_re", -math.inf) for line in lines]),
            error=np.array([line["error"] for line in lines]),
            left=whole("left"),
            right=whole("right"),
        )

    # Fields.

    @property
    def fields(self) -> Group:
        """The fields over the grid: ``fields["quasi_stationary"]``, shape (nx,) or (nx, ny), index ``[ix, iy]``."""
        return self.groups["fields"]

    @property
    def x(self) -> Array:
        """Cell centres along the first grid axis, in parameters."""
        found: Array = self.fields.coordinates["x"]
        return found

    @property
    def y(self) -> Array:
        """Cell centres along the second grid axis."""
        if self.dimension == 1:
            raise AttributeError("a problem in one dimension has no y")
        found: Array = self.fields.coordinates["y"]
        return found

    def to_xarray(self, group: str = "fields") -> xarray.Dataset:
        """A group of fields as a dataset of xarray, with named axes and units.

        Parameters
        ----------
        group : str
            One of ``result.groups``.

        Raises
        ------
        ImportError
            xarray is not installed (``pip install saddleflux[xarray]``).
        """
        dataset = self.groups[group].to_xarray()
        dataset.attrs["title"] = self.title
        return dataset

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the result in the layout of the command line, whole or not at all.

        Parameters
        ----------
        path : path
            A file with the ending ``.h5``, or else a folder, which gets ``result.h5`` and ``summary.json``.

        Returns
        -------
        pathlib.Path
            The ``.h5`` file.
        """
        path = Path(path)
        target = path if path.suffix == ".h5" else path / "result.h5"
        files.write(target, self.title, self.configuration, self._text, list(self.groups.values()))
        if target != path:
            text = json.dumps(self.summary, indent=2, ensure_ascii=False)
            files.write_text(path / "summary.json", text + "\n")
        return target

    def plot(self, field: str | None = None, *, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
        """Draws a field: in one dimension a curve, in two a map with the loss's contours, minimum and saddles.

        Parameters
        ----------
        field : str, optional
            One of ``result.fields``; left out, the most telling one that there is.
        ax : matplotlib.axes.Axes, optional
            Where to draw.

        Raises
        ------
        ImportError
            matplotlib is not installed (``pip install saddleflux[plots]``).
        """
        from .plots import draw

        return draw(self, field, ax)

    # How it shows itself.

    def _lines(self) -> list[tuple[str, str]]:
        from .words import lines

        return lines(self)

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self._lines())
        body = "\n".join(f"  {name:<{width}}  {text}" for name, text in self._lines())
        return f"{f'<saddleflux.Result> {self.title}'.rstrip()}\n{body}"

    def _repr_html_(self) -> str:
        from .words import html

        return html(self)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def _section(self, name: str, quantity: str) -> Section:
        found = self.summary.get(name)
        if found is None:
            asked = f': add "{quantity}" to quantities' if quantity else ""
            raise AttributeError(f"{name} was not asked for{asked}")
        return Section(name, found)

    def _of_rate(self, name: str, quantity: str) -> dict[str, Any]:
        found = self.summary.get("rate", {}).get(name)
        if found is None:
            raise AttributeError(f'{name} was not asked for: add "{quantity}" to quantities')
        return dict(found)


def open(path: str | os.PathLike[str]) -> Result:
    """Reads a ``result.h5`` of the command line or of :meth:`Result.save`.

    Parameters
    ----------
    path : path
        The file, or a folder that holds ``result.h5``.

    Raises
    ------
    InputError
        A file that cannot be read, or is no result.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "result.h5"
    return Result._of_native(files.read(path))


def _pair(values: Any) -> tuple[float, float] | None:
    return None if values is None else (values[0], values[1])


def _point(found: dict[str, Any]) -> CriticalPoint:
    def array(key: str) -> Array | None:
        return np.array(found[key]) if key in found else None

    return CriticalPoint(
        theta=np.array(found["theta"]),
        loss=found.get("loss"),
        hessian_eigenvalues=array("hessian_eigenvalues"),
        barrier=found.get("barrier"),
        escape_direction=array("escape_direction"),
        one_sided_slopes=array("one_sided_slopes"),
    )
