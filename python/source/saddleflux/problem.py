"""A problem in Python's words, and solving it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Union

import numpy as np

from . import _native, progress as _progress
from .errors import InputError, SaddlefluxWarning, UnsolvableError, wrong
from .functions import Function, Sampler, Start, dimension_of, motion_sampler, noise_sampler
from .landscapes import Landscape
from .noises import Field, Noise
from .progress import Progress
from .result import Result
from .tables import Table

__all__ = ["Problem", "ProblemLike", "simulate", "solve"]

Section = Mapping[str, Any]


class Problem:
    """A loss or a drift, its noise, where it is solved, where it starts, and what is asked of it.

    Every argument is a section of a configuration, or a key of one under its own name, and means what it means in a file
    (docs/configuration.md): what can be written there can be given here as numbers, texts, lists, dictionaries and NumPy arrays.

    Parameters
    ----------
    loss : str or Landscape or dict or callable
        A formula in x and y such as ``"(x^2 - 1)^2 + y^2"``, with exact gradient and Hessian; a built-in landscape
        (:mod:`saddleflux.landscapes`); the section ``[landscape]``; or a function ``loss(x)`` or ``loss(x, y)`` of NumPy arrays of one
        shape (points,), in double precision, such as a :class:`saddleflux.Table` of values on a grid. A whole configuration as a
        dictionary is taken too, and then nothing else is.
    noise : float or Noise or dict or str or callable
        The temperature T of white noise D = T·I, in parameters² per unit of time; a model (:mod:`saddleflux.noises`); the section
        ``[noise]``; a formula for D in one dimension; or a function of NumPy arrays that gives d in D = d·I, or the entries 11, 12 and 22
        of D.
    drift : str or sequence of str or callable, optional
        Formulas for the components of b(θ) in dθ = b dt + √(2D) dW, in place of a loss; or a function that gives them.
    gradient, hessian : callable, optional
        ∇L (its components) and H (the entries 11, 12 and 22) of a loss that is a function. Left out, they are those of the polynomials that
        go through the loss.
    covariance : callable, optional
        C(θ), the covariance of one sample's gradient (the entries 11, 12 and 22), for :class:`saddleflux.noises.Covariance`.
    dimension : int, optional
        1 or 2; found from the loss, or from the lengths of what else is given.
    domain : pair or dict, optional
        The corners (lower, upper), or the section ``[domain]``. Left out, it is chosen from the landscape; of a table it is all of it.
    walls : dict, optional
        ``{"x": ["reflecting", "absorbing"], "y": "periodic"}``; what is left out reflects.
    valley : sequence of float or dict, optional
        A point near the start minimum, or the section ``[valley]``. Left out, the whole domain is the start set.
    cells : int or sequence of int, optional
        Cells along each axis. Left out, they are doubled until ``grid["tolerance"]`` is met.
    grid : dict, optional
        The other keys of ``[grid]``.
    quantities : sequence of str, optional
        What is asked for, ``["rate", "passage-time"]`` where it is left out.
    solve, committor, evolve, particles, sgd : dict, optional
        These sections. ``evolve["start"]`` may be an array of the shape ``cells``, a density up to a factor, where ``domain`` is given.
    title : str, optional
        Free text.

    Raises
    ------
    InputError
        What is wrong at first sight; the rest is told when the problem is solved.

    Examples
    --------
    >>> problem = Problem("(x^2 - 1)^2 + y^2", 0.1, valley=[-1, 0], cells=[64, 64])
    >>> round(problem.solve().rate.log, 6)
    -10.142829
    """

    def __init__(
        self,
        loss: str | Landscape | Section | Function | None = None,
        noise: float | Noise | Section | str | Function | None = None,
        *,
        drift: str | Sequence[str] | Function | None = None,
        gradient: Function | None = None,
        hessian: Function | None = None,
        covariance: Function | None = None,
        dimension: int | None = None,
        domain: Sequence[Any] | Section | None = None,
        walls: Section | None = None,
        valley: Sequence[float] | Section | None = None,
        cells: int | Sequence[int] | None = None,
        grid: Section | None = None,
        quantities: Sequence[str] | None = None,
        solve: Section | None = None,
        committor: Section | None = None,
        evolve: Section | None = None,
        particles: Section | None = None,
        sgd: Section | None = None,
        title: str | None = None,
    ) -> None:
        given = {key: value for key, value in locals().items() if key not in ("self", "loss") and value is not None}
        self._origin = Path("python")
        self._changes: list[str] = []
        self._functions: dict[str, Sampler | Start] = {}
        if isinstance(loss, Mapping) and ("landscape" in loss or "noise" in loss):
            if given:
                key, fact = next(iter(given)), f"{', '.join(given)}: given beside a whole configuration"
                raise wrong(key, given[key], "in a section of it", "put what is meant into its sections", fact)
            self._text = _toml(loss)
            return
        sections: dict[str, Any] = {"title": title}
        stand_in = dict(_STAND_IN_NOISE)
        if isinstance(noise, Field):
            about = noise.table()
            noise = about.pop("function")
            stand_in = {**about, **stand_in}
        beside = {"gradient": gradient, "hessian": hessian, "covariance": covariance}
        if (loss is None) == (drift is None):
            fact = "neither a loss nor a drift is given" if loss is None else "a loss and a drift are given"
            raise wrong("loss", loss, "exactly one of loss and drift", "leave one out" if loss is not None else "give a loss", fact)
        motion: Function | None = loss if callable(loss) else drift if callable(drift) else None
        if motion is not None:
            axes = dimension_of(motion, dimension)
            self._functions["motion"] = motion_sampler(motion, drift is not None, beside, axes)
            sections["landscape"] = {**_STAND_IN_LANDSCAPE, "dimension": axes}
            if isinstance(motion, Table) and domain is None:
                domain = ([axis[0] for axis in motion.knots], [axis[-1] for axis in motion.knots])
        else:
            for key, function in beside.items():
                if function is not None:
                    rule = "beside a loss that is a function"
                    remedy, fact = f"leave {key} out: formulas and landscapes know their own", f"is given beside a {_what(loss, drift)}"
                    raise wrong(key, function, rule, remedy, fact)
            dimension = dimension_of(noise, dimension) if callable(noise) else dimension
            sections["landscape"] = _landscape(loss, drift, dimension)
        if motion is not None and drift is None and covariance is None and _needs_covariance(noise):
            rule = "given beside noises.Covariance and a loss that is a function"
            remedy = "give C(θ) of one sample's gradient as covariance=, or take noises.Hessian"
            raise wrong("covariance", None, rule, remedy, "is left out, and a function does not know its own")
        if callable(noise):
            self._functions["noise"] = noise_sampler(noise, dimension_of(noise, dimension))
            sections["noise"] = stand_in
        elif noise is not None:
            sections["noise"] = _noise(noise)
        sections["domain"] = _domain(domain, walls)
        sections["valley"] = valley if valley is None or isinstance(valley, Mapping) else {"minimum": _list(valley)}
        sections["grid"] = _with(grid, "grid", cells=None if cells is None else _list(cells))
        sections["solve"] = _with(solve, "solve", quantities=None if quantities is None else _list(quantities))
        if evolve is not None and isinstance(evolve.get("start"), np.ndarray):
            self._functions["start"] = Start(evolve["start"], sections["domain"], sections["grid"].get("cells"))
            evolve = {**evolve, "start": _STAND_IN_START}
        sections.update(committor=committor, evolve=evolve, particles=particles, sgd=sgd)
        self._text = _toml(sections)

    @classmethod
    def from_toml(cls, source: str | os.PathLike[str], set: Mapping[str, Any] | None = None) -> Problem:
        """A problem from a configuration, which means the same as on the command line.

        Parameters
        ----------
        source : path or str
            A file, or a text of more than one line. Of a ``result.h5`` the configuration that made it is taken.
        set : mapping, optional
            Other values of keys, as ``--set`` on the command line: ``{"noise.temperature": 0.1}``.

        Raises
        ------
        InputError
            A file that cannot be read.
        """
        problem = cls.__new__(cls)
        problem._functions = {}
        problem._changes = [] if set is None else [_change(key, value) for key, value in set.items()]
        if isinstance(source, str) and "\n" in source:
            problem._text, problem._origin = source, Path("python")
            return problem
        path = Path(source)
        if path.suffix == ".h5":
            from .files import configuration

            problem._text, problem._origin = configuration(path)
            return problem
        try:
            problem._text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise wrong("configuration", str(path), "a file that can be read", _FILE, f"{path}: {error}") from error
        problem._origin = path
        return problem

    def with_set(self, set: Mapping[str, Any]) -> Problem:
        """The same problem with other values of some keys: ``problem.with_set({"noise.temperature": 0.1})``."""
        for key, value in set.items():
            self._refuse(key, value)
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        kept = [change for change in self._changes if change.partition("=")[0] not in set]
        other._changes = [*kept, *(_change(key, value) for key, value in set.items())]
        return other

    def _refuse(self, key: str, value: Any) -> None:
        """Refuses keys that nobody would look at, because a function stands in their place."""
        if key.startswith("sweep.parameters"):
            for swept in value if isinstance(value, Mapping) else ():
                self._refuse(swept, value[swept])
        section, _, own = key.partition(".")
        used = {"motion": ("landscape", ()), "noise": ("noise", _BESIDE_NOISE)}
        words = {"motion": "loss is a function", "noise": "noise is a function"}
        for name in self._functions:
            place, kept = used.get(name, ("", ()))
            if section == place and own not in kept:
                rule, fact = f"a key outside [{place}]", f"the {words[name]} of Python, which no key of [{place}] changes"
                raise wrong(key, value, rule, "give another function", fact)

    def to_toml(self) -> str:
        """The configuration as a TOML text: ``saddleflux run`` takes it, unless there are functions in it, which it names and refuses.
        What :meth:`with_set` changed is not in it."""
        return named(self._text, self._functions)

    def to_dict(self) -> dict[str, Any]:
        """The configuration as a dictionary. What :meth:`with_set` changed is not in it.

        Raises
        ------
        InputError
            A text that is not TOML.
        """
        try:
            return _native.parse_toml(self.to_toml())
        except ValueError as error:
            raise wrong("configuration", str(self._origin), "TOML", "mend the text", f"{self._origin}: {error}") from error

    def solve(self, *, threads: int | None = None, progress: Progress | None = None) -> Result:
        """Solves it; see :func:`saddleflux.solve`."""
        return _run(_native.solve, self, threads, progress)

    def simulate(self, *, threads: int | None = None, progress: Progress | None = None) -> Result:
        """Particles alone; see :func:`saddleflux.simulate`."""
        return _run(_native.simulate, self, threads, progress)

    def __repr__(self) -> str:
        return f"<saddleflux.Problem>\n{self.to_toml().rstrip()}"


ProblemLike = Union[Problem, Mapping[str, Any], str, "os.PathLike[str]"]


def solve(
    problem: ProblemLike,
    *,
    set: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Solves a problem: what ``saddleflux run`` does, with the same numbers to the bit.

    The interpreter's lock is released meanwhile, so that other threads of Python go on, also with solutions of their own. Ctrl-C ends it.

    Parameters
    ----------
    problem : Problem or dict or path or str
        A problem; a configuration as a dictionary; its file, or a ``result.h5``; or its text of more than one line.
    set : mapping, optional
        Other values of keys, as ``--set`` on the command line.
    threads : int, optional
        Threads of this call; all cores where it is left out. Results do not depend on it, to the bit.
    progress : bool or callable, optional
        Left out: a bar by tqdm after two seconds where somebody looks; ``False``: nothing; or a function of (phase, done, total).

    Returns
    -------
    Result
        Rates per unit of dynamical time with their evidence, and the fields.

    Raises
    ------
    InputError
        What is wrong with the problem, with ``key``, ``value``, ``rule`` and ``remedy`` where they are known.
    UnsolvableError
        A problem that can't be solved as posed.
    Interrupted
        Ctrl-C.

    Warns
    -----
    SaddlefluxWarning
        What the reader of the result must know.
    """
    return _run(_native.solve, a_problem(problem, set), threads, progress)


def simulate(
    problem: ProblemLike,
    *,
    set: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Particles alone: what ``saddleflux simulate`` does. The result has ``result.particles`` and no solver's rate.

    Parameters, errors and warnings are those of :func:`solve`.
    """
    return _run(_native.simulate, a_problem(problem, set), threads, progress)


def a_problem(problem: ProblemLike, set: Mapping[str, Any] | None) -> Problem:
    """A problem however it was given, with other values of some keys."""
    if isinstance(problem, Mapping):
        problem = Problem(problem)
    if isinstance(problem, Problem):
        return problem if set is None else problem.with_set(set)
    return Problem.from_toml(problem, set)


def threads_of(threads: int | None) -> int:
    """As the extension module wants them: 0 for all cores.

    Raises
    ------
    InputError
        What is no number of threads.
    """
    is_whole = isinstance(threads, (int, np.integer)) and not isinstance(threads, bool)
    if threads is not None and not (is_whole and 1 <= threads <= _MOST_THREADS):
        raise wrong("threads", threads, f"a whole number from 1 to {_MOST_THREADS}", "leave it out for all cores")
    return int(threads or 0)


def of_functions(error: InputError | UnsolvableError, problem: Problem) -> None:
    """Says of an error what it has to do with functions: which stands in the place of a value, and how it was looked at."""
    names = {"landscape": "motion", "noise": "noise"}
    section = (error.key or "").split(".")[0]
    sampler = problem._functions.get(names.get(section, ""))
    if sampler is not None and error.key == section:
        error.value = sampler.name
    motion = problem._functions.get("motion")
    if not isinstance(motion, Sampler) or section not in ("landscape", "valley", "domain", "grid"):
        return
    more = [motion.imprecise] if motion.imprecise else []
    if "domain" not in _native.parse_toml(problem._text) and not any(change.startswith("domain.") for change in problem._changes):
        more.append(
            "without a domain a function is looked at between -5 and 5 (5 times the largest coordinate of a start below 0.05 or above 5), and"
            " beyond only where a search leads: give domain=(lower, upper), or valley=(a point near the minimum) in units far from 1"
        )
    if more:
        error.remedy = "; ".join([*([error.remedy] if error.remedy else []), *more])
        error.args = ("; ".join([str(error), *more]),)


def _refuse_sensitivities(problem: Problem) -> None:
    """Sensitivities are derivatives by the numbers of a configuration, which solves itself again for them."""
    asked = [_native.parse_toml(problem._text).get("solve", {}).get("quantities", ())]
    for change in problem._changes:
        key, _, value = change.partition("=")
        if key == "solve.quantities":
            asked.append(_native.parse_toml(f"value = {value}")["value"])
    if problem._functions and "sensitivities" in asked[-1]:
        remedy = "leave it out, or write the functions as formulas; or solve at two values of a number and divide"
        fact = "sensitivities are by the numbers of a configuration, and a function of Python has none"
        raise wrong("solve.quantities", asked[-1], "without \"sensitivities\" where there are functions of Python", remedy, fact)


def _run(how: Any, problem: Problem, threads: int | None, progress: Progress | None) -> Result:
    if problem._functions:
        _refuse_sensitivities(problem)
    tell = _progress.teller(progress)
    try:
        found = how(problem._text, problem._origin, problem._changes, problem._functions, threads_of(threads), tell)
    except (InputError, UnsolvableError) as error:
        of_functions(error, problem)
        raise
    finally:
        if tell is not None:
            tell.close()
    found["configuration"] = named(found["configuration"], problem._functions)
    result = Result._of_native(found)
    for warning in result.warnings:
        warnings.warn(warning, SaddlefluxWarning, stacklevel=3)
    return result


# As on the command line: more than any machine gains by, and less than it suffers from.
_MOST_THREADS = 1024
_FILE = "give the path of a configuration or of a result.h5, a text of more than one line, or a dictionary"
# What stands in a configuration where a function of Python does.
_STAND_IN_LANDSCAPE = {"expression": "0"}
_STAND_IN_NOISE = {"kind": "isotropic", "temperature": 1.0}
_STAND_IN_START = "stationary"
# Keys of [noise] that mean the same beside a function.
_BESIDE_NOISE = ("floor", "interpretation", "allow_degenerate")


def named(text: str, functions: Mapping[str, Sampler | Start]) -> str:
    """A configuration with the names of functions, which the command line refuses, in place of what stands for them."""
    if not functions:
        return text
    table = _native.parse_toml(text)
    if "motion" in functions:
        landscape = {**table["landscape"], "kind": "python", "function": functions["motion"].name}
        del landscape["expression"]
        table["landscape"] = landscape
    if "noise" in functions:
        noise = {**table["noise"], "kind": "python", "function": functions["noise"].name}
        del noise["temperature"]
        table["noise"] = noise
    if "start" in functions:
        table["evolve"] = {**table["evolve"], "start": functions["start"].name}
    return _native.write_toml(table)


def _landscape(loss: Any, drift: Any, dimension: int | None) -> dict[str, Any]:
    if drift is not None:
        return {"drift": [drift] if isinstance(drift, str) else list(drift), "dimension": dimension}
    if isinstance(loss, str):
        return {"expression": loss, "dimension": dimension}
    if isinstance(loss, Landscape):
        table = loss.table()
        return table if dimension is None else {**table, "dimension": dimension}
    if isinstance(loss, Mapping):
        return _with(loss, "loss", dimension=dimension)
    rule = "a formula, a landscape, a dictionary or a function of arrays"
    remedy = "write it as \"(x^2 - 1)^2\", or as a function of x (and y)"
    if hasattr(loss, "__array__"):
        remedy = "an array of values is saddleflux.Table(x, y, values), with the places of its axes; Table(x, None, values) in one dimension"
    raise wrong("loss", loss, rule, remedy, f"is {_kind(loss)}")


def _noise(noise: Any) -> dict[str, Any]:
    if isinstance(noise, Noise):
        return noise.table()
    if isinstance(noise, Mapping):
        return dict(noise)
    if isinstance(noise, str):
        return {"kind": "expression", "d11": noise}
    try:
        return {"kind": "isotropic", "temperature": float(noise)}
    except (TypeError, ValueError):
        remedy = "give T of white noise, one of saddleflux.noises, or a function of arrays"
        message = f"noise: is {_kind(noise)}, but a temperature, a model, a formula or a dictionary is expected: {remedy}"
        raise InputError(message, key="noise", value=noise, rule="a temperature, a model, a formula or a dictionary", remedy=remedy) from None


def _needs_covariance(noise: Any) -> bool:
    kind = noise.get("kind") if isinstance(noise, Mapping) else noise.kind if isinstance(noise, Noise) else None
    return bool(kind == "covariance")


def _domain(domain: Any, walls: Section | None) -> dict[str, Any]:
    if domain is None or isinstance(domain, Mapping):
        return _with(domain, "domain", walls=walls)
    try:
        lower, upper = domain
    except (TypeError, ValueError):
        raise wrong("domain", domain, "the corners (lower, upper), or a dictionary", "write ([-2, -2], [0, 2])") from None
    return _with({"lower": _list(lower), "upper": _list(upper)}, "domain", walls=walls)


def _with(section: Section | None, name: str, **keys: Any) -> dict[str, Any]:
    if not (section is None or isinstance(section, Mapping)):
        raise wrong(name, section, "a dictionary", f"give the keys of [{name}] with their values", f"is {_kind(section)}")
    found = dict(section or {})
    for key, value in keys.items():
        if value is not None:
            if key in found:
                raise wrong(f"{name}.{key}", value, "given once", "leave one out", f"is given twice, in {name} and as {key}")
            found[key] = value
    return found


def _list(values: Any) -> Any:
    """A point of one number may be given as the number."""
    return values if hasattr(values, "__iter__") and not isinstance(values, str) else [values]


def _kind(value: Any) -> str:
    return f"a {type(value).__name__}{f' of the shape {value.shape}' if isinstance(value, np.ndarray) else ''}"


def _what(loss: Any, drift: Any) -> str:
    return "drift" if drift is not None else "formula" if isinstance(loss, str) else "landscape"


def _toml(sections: Mapping[str, Any]) -> str:
    known = {key: value for key, value in sections.items() if not (isinstance(value, Mapping) and not value)}
    try:
        return _native.write_toml(_plain(known))
    except (TypeError, ValueError) as error:
        raise _no_value(str(error), known) from error


def _no_value(fact: str, sections: Mapping[str, Any]) -> InputError:
    """What a TOML file has no word for."""
    key = fact.split(":")[0]
    value: Any = sections
    for name in key.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    rule = "a number, a text, True or False, a list, a dictionary or an array of these"
    return InputError(f"{fact}: give {rule}", key=key, value=value, rule=rule, remedy=f"give {rule}")


def _plain(value: Any) -> Any:
    if isinstance(value, Landscape | Noise):
        return _plain(value.table())
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return value


def _change(key: str, value: Any) -> str:
    """A key with its value as TOML."""
    try:
        return f"{key}={_native.toml_value(_plain(value))}"
    except (TypeError, ValueError) as error:
        raise _no_value(f"{key}: {error}", {key: value}) from error
