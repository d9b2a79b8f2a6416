"""One problem at many values of some of its keys."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _native, files, progress as _progress
from .errors import InputError, Interrupted, SaddlefluxWarning, UnsolvableError, wrong
from .groups import Group
from .problem import Problem, ProblemLike, a_problem, named, of_functions, threads_of
from .progress import Progress
from .sections import Section

if TYPE_CHECKING:
    import matplotlib.axes
    import pandas
    import xarray

__all__ = ["Sweep", "sweep"]

Column = NDArray[Any]


class Sweep(Mapping[str, Column]):
    """The points of a sweep, one row a point: a table whose columns are NumPy arrays by their names.

    The columns are the swept keys; ``rate`` with its ``discretisation_error``, ``extrapolated``, ``time``, ``kramers`` and what else the
    points have (docs/sweep.md); ``log_rate`` and the like where a number is below 1e-308; ``status``, 0 where the point was solved, else
    the exit status of its run on the command line, and ``message``, why.

    Attributes
    ----------
    summary : dict
        All of it, equal to ``sweep.json`` of the command line.
    configuration : str
        The configuration as a TOML text.
    title : str
        Free text of the configuration.
    warnings : dict of int to tuple of str
        What points warn of, by their places from 0.
    seconds : float
        How long it took.

    Examples
    --------
    >>> import saddleflux
    >>> problem = saddleflux.Problem("(x^2 - 1)^2", 0.1, valley=-1, cells=200)
    >>> found = saddleflux.sweep(problem, {"noise.temperature": [0.05, 0.1, 0.2]})
    >>> bool((found["rate"][1:] > found["rate"][:-1]).all())
    True
    """

    def __init__(self, found: dict[str, Any]) -> None:
        self.summary: dict[str, Any] = json.loads(found["summary"])
        self._text: str = found["summary"]
        self.configuration: str = found["configuration"]
        self.title: str = found["title"]
        self.warnings = {place: tuple(texts) for place, texts in enumerate(found["warnings"]) if texts}
        self.seconds: float = found["seconds"]
        self._describe: list[str] = found["describe"]
        self._group = Group.of_native(found["group"])
        keys = list(self.parameters)
        points = self.summary["points"]
        self._columns: dict[str, Column] = {key: _column([point[key] for point in points]) for key in keys}
        for name in found["columns"]:
            self._columns[name] = np.array([point.get(name, np.nan) for point in points], dtype=float)
        self._columns["status"] = np.array([point["status"] for point in points])
        if any("message" in point for point in points):
            self._columns["message"] = np.array([point.get("message", "") for point in points], dtype=object)
        for column in self._columns.values():
            column.setflags(write=False)

    @property
    def parameters(self) -> dict[str, list[Any]]:
        """The swept keys with their values, in the order of the axes; the last runs fastest."""
        found: dict[str, list[Any]] = self.summary["parameters"]
        return found

    @property
    def points(self) -> tuple[Section, ...]:
        """The points, each with its keys and results by name; a result that there is not is no attribute."""
        return tuple(Section(f"points[{place}]", point) for place, point in enumerate(self.summary["points"]))

    @property
    def fits(self) -> tuple[Section, ...]:
        """The laws that were asked for: ``slope``, ``intercept``, ``pearson_r``, ``ci95``, ``residuals``, ``theory``, …"""
        return tuple(Section(f"fits[{place}]", fit) for place, fit in enumerate(self.summary.get("fits", [])))

    @property
    def failed(self) -> dict[int, str]:
        """Why points were not solved, by their places."""
        return {place: point["message"] for place, point in enumerate(self.summary["points"]) if point["status"] != 0}

    def __getitem__(self, name: str) -> Column:
        try:
            return self._columns[name]
        except KeyError:
            raise KeyError(f"the sweep has no column {name!r}: it has {', '.join(self._columns)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def to_dataframe(self) -> pandas.DataFrame:
        """The table as a DataFrame of pandas, one row a point.

        Raises
        ------
        ImportError
            pandas is not installed (``pip install saddleflux[pandas]``).
        """
        import pandas

        return pandas.DataFrame({name: column.copy() for name, column in self._columns.items()})

    def to_xarray(self) -> xarray.Dataset:
        """The results over the swept keys as axes; of keys that are walked together over the points.

        Raises
        ------
        ImportError
            xarray is not installed (``pip install saddleflux[xarray]``).
        """
        dataset = self._group.to_xarray()
        dataset.attrs["title"] = self.title
        return dataset

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Writes ``sweep.json``, ``sweep.csv`` and ``result.h5`` in the layout of the command line, each whole or not at all.

        Returns
        -------
        pathlib.Path
            The ``.h5`` file.
        """
        import csv
        import io

        folder = Path(folder)
        target = folder / "result.h5"
        files.write(target, self.title, self.configuration, self._text, [self._group])
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(self._columns)
        writer.writerows(zip(*([_written(entry) for entry in column.tolist()] for column in self._columns.values())))
        files.write_text(folder / "sweep.csv", table.getvalue())
        files.write_text(folder / "sweep.json", json.dumps(self.summary, indent=2, ensure_ascii=False) + "\n")
        return target

    def plot(self, y: str | None = None, x: str | None = None, *, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
        """Draws a result over a swept key, a line for each value of the other keys, with stated errors as bars, and the laws that were looked
        for between the two.

        Parameters
        ----------
        y, x : str, optional
            Columns, or terms such as ``"1/noise.temperature"`` and ``"-log(rate)"``; left out, the rate over the first key.
        ax : matplotlib.axes.Axes, optional
            Where to draw.

        Raises
        ------
        InputError
            What is no column of numbers.
        ImportError
            matplotlib is not installed (``pip install saddleflux[plots]``).
        """
        from .curves import draw

        return draw(self, y, x, ax)

    def __repr__(self) -> str:
        from .words import table

        laws = "".join(f"  {line}\n" for line in self._laws())
        return f"<saddleflux.Sweep> {self.title}\n{table(self._columns)}{laws}".rstrip()

    def _repr_html_(self) -> str:
        from .words import html_table

        return html_table(self.title or "sweep", self._columns, self._laws())

    def _laws(self) -> list[str]:
        laws = []
        for fit in self.summary.get("fits", []):
            at = "".join(f", {key} = {value}" for key, value in fit.get("at", {}).items())
            found = f"slope {fit['slope']:.6g}" if "slope" in fit else fit.get("failure", "no line")
            laws.append(f"{fit['model']} fit of {fit['y']} over {fit['x']}{at}: {found}")
        return laws


def sweep(
    problem: ProblemLike,
    parameters: Mapping[str, Any] | None = None,
    *,
    zip: bool | None = None,
    fits: Sequence[Mapping[str, str]] | None = None,
    set: Mapping[str, Any] | None = None,
    folder: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Solves a problem at many values of some of its keys: what ``saddleflux sweep`` does, with the same numbers to the bit.

    Small problems are solved side by side, a thread each. A point that fails ends nothing: its row says why.

    Parameters
    ----------
    problem : Problem or dict or path or str
        As of :func:`solve`; functions of Python may be in it.
    parameters : mapping, optional
        Dotted keys with the values that each takes, a sequence or ``{"from": 0.01, "to": 0.1, "count": 5, "spacing": "log"}``:
        ``{"noise.temperature": numpy.geomspace(0.02, 0.1, 6)}``. Left out, those of the configuration's own section ``[sweep]``.
    zip : bool, optional
        Whether the values are walked together; else all combinations are solved.
    fits : sequence of mapping, optional
        Laws to look for: ``{"x": "1/noise.temperature", "y": "-log(rate)", "model": "linear"}`` (docs/sweep.md).
    set : mapping, optional
        Other values of keys, as ``--set`` on the command line.
    folder : path, optional
        Where points are kept as they come, in its ``points/``, as the command line keeps them: the same call goes on where it was. Left out,
        nothing is written. Not for problems with functions, which a file cannot tell apart.
    threads, progress : optional
        As of :func:`solve`.

    Returns
    -------
    Sweep
        One row a point.

    Raises
    ------
    InputError
        No sweep of configurations.
    UnsolvableError
        None of the points could be solved; or one that is kept cannot be read.
    Interrupted
        Ctrl-C.

    Warns
    -----
    SaddlefluxWarning
        That points failed, or warn of something.
    """
    asked = a_problem(problem, set)
    own = {"parameters": parameters, "zip": zip, "fits": None if fits is None else list(fits)}
    asked = asked.with_set({f"sweep.{key}": value for key, value in own.items() if value is not None})
    if folder is not None and asked._functions:
        fact = "points of a problem with functions of Python cannot be told apart in files"
        raise wrong("folder", str(folder), "left out beside functions", "leave it out, and call save on the sweep", fact)
    if "start" in asked._functions:
        name = asked._functions["start"].name
        raise wrong("evolve.start", name, "a density that a file names", "solve each problem by itself", "an array starts one problem, and no sweep")
    kept = None if folder is None else Path(folder)
    tell = _progress.teller(progress)
    try:
        found = _native.sweep(asked._text, asked._origin, asked._changes, asked._functions, kept, threads_of(threads), tell)
    except (InputError, UnsolvableError) as error:
        of_functions(error, asked)
        raise
    except Interrupted as interrupted:
        if kept is None:
            raise
        message = f"interrupted: the points that were solved are kept in {kept / 'points'}; the same call solves the others"
        raise Interrupted(message) from interrupted
    finally:
        if tell is not None:
            tell.close()
    found["configuration"] = named(found["configuration"], asked._functions)
    return _told(Sweep(found))


def _told(found: Sweep) -> Sweep:
    """The sweep, after saying what its reader must know."""
    failed, total = found.failed, len(found["status"])
    if failed:
        place, message = next(iter(failed.items()))
        first = f"point {place} ({found._describe[place]}): {message}"
        if len(failed) == total:
            raise UnsolvableError(f"no point could be solved; {first}")
        warnings.warn(f"{len(failed)} of {total} points failed; {first}", SaddlefluxWarning, stacklevel=3)
    if found.warnings:
        place, texts = next(iter(found.warnings.items()))
        first = f"point {place} ({found._describe[place]}): {texts[0]}"
        message = f"{len(found.warnings)} of {total} points warn, which .warnings has; {first}"
        warnings.warn(message, SaddlefluxWarning, stacklevel=3)
    return found


def _column(values: list[Any]) -> Column:
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return np.array(values)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _written(entry: Any) -> Any:
    """As the command line writes an entry: what is not known is empty, and lists are JSON."""
    if isinstance(entry, float) and not np.isfinite(entry):
        return ""
    return entry if isinstance(entry, (str, int, float)) and not isinstance(entry, bool) else json.dumps(entry, ensure_ascii=False)
