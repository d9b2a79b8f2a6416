"""The theorem suite: which statements of the theory hold."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _native, files, progress as _progress
from .errors import InputError, SaddlefluxWarning
from .problem import threads_of
from .progress import Progress
from .sections import Section

if TYPE_CHECKING:
    import pandas

__all__ = ["Verification", "claims", "verify"]


def claims() -> dict[str, Section]:
    """All claims by their names, each with ``title``, ``statement``, ``source``, ``conditions``, ``computation`` and ``expected``
    (``"holds"`` or ``"fails"``); nothing is computed.

    Examples
    --------
    >>> import saddleflux
    >>> saddleflux.claims()["theorem-3-2-ito"].expected
    'fails'
    """
    return {entry["id"]: Section(entry["id"], entry) for entry in json.loads(_native.claims())}


class Verification(Mapping[str, Section]):
    """Claims by their names, each with what was found: ``verdict`` (``"holds"``, ``"holds-asymptotically"``, ``"fails"``,
    ``"not-decided"``), ``expected``, ``measured`` beside ``predicted`` and ``tolerance``, ``summary``, the ``points`` that were solved.

    Attributes
    ----------
    summary : dict
        All of it, equal to ``verify.json`` of the command line but for its times.
    """

    def __init__(self, text: str) -> None:
        self.summary: dict[str, Any] = json.loads(text)
        self._claims = {claim["id"]: Section(claim["id"], claim) for claim in self.summary["claims"]}

    @property
    def as_expected(self) -> bool:
        """Whether every verdict is what was expected."""
        return all(claim["as_expected"] for claim in self.summary["claims"])

    def __getitem__(self, name: str) -> Section:
        try:
            return self._claims[name]
        except KeyError:
            raise KeyError(f"no claim {name!r} was checked: there are {', '.join(self._claims)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def to_dataframe(self) -> pandas.DataFrame:
        """One row a claim, by its name: verdict, expected, measured, predicted, tolerance, seconds.

        Raises
        ------
        ImportError
            pandas is not installed (``pip install saddleflux[pandas]``).
        """
        import pandas

        return pandas.DataFrame(self._columns(), index=pandas.Index(list(self), name="claim"))

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Writes ``verify.json``, whole or not at all."""
        target = Path(folder) / "verify.json"
        files.write_text(target, json.dumps(self.summary, indent=2, ensure_ascii=False) + "\n")
        return target

    def _columns(self) -> dict[str, Any]:
        found = self.summary["claims"]
        words = {key: np.array([claim[key] for claim in found], dtype=object) for key in ("verdict", "expected")}
        keys = ("measured", "predicted", "tolerance", "seconds")
        return {**words, **{key: np.array([claim.get(key, np.nan) for claim in found], dtype=float) for key in keys}}

    def __repr__(self) -> str:
        from .words import table

        return f"<saddleflux.Verification>\n{table({'claim': np.array(list(self), dtype=object), **self._columns()})}".rstrip()

    def _repr_html_(self) -> str:
        from .words import html_table

        columns = {"claim": np.array(list(self), dtype=object), **self._columns()}
        return html_table("The theorem suite", columns, [])


def verify(
    names: str | Sequence[str] | None = None,
    *,
    quick: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Checks claims of the theory, each decided by a computation without sampling noise: what ``saddleflux verify`` does.

    Parameters
    ----------
    names : str or sequence of str, optional
        Claims by their names, which :func:`claims` has; all of them where it is left out.
    quick : bool
        Fewer and cheaper points: all claims take under a minute.
    threads, progress : optional
        As of :func:`solve`.

    Raises
    ------
    InputError
        A name that no claim has.
    Interrupted
        Ctrl-C.

    Warns
    -----
    SaddlefluxWarning
        Verdicts that are not what was expected (exit status 1 of the command line).
    """
    import difflib

    known = list(claims())
    asked = known if names is None else [names] if isinstance(names, str) else list(names)
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            remedy = f"{meant}saddleflux.claims() has all of them"
            message = f"names: there is no claim {name!r}: {remedy}"
            raise InputError(message, key="names", value=name, rule=f"one of: {', '.join(known)}", remedy=remedy)
    tell = _progress.teller(progress)
    try:
        found = Verification(_native.verify([name for name in known if name in asked], quick, threads_of(threads), tell))
    finally:
        if tell is not None:
            tell.close()
    unexpected = [name for name, claim in found.items() if not claim.as_expected]
    if unexpected:
        warnings.warn(f"not as expected: {', '.join(unexpected)}", SaddlefluxWarning, stacklevel=2)
    return found
