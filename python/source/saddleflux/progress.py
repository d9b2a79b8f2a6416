"""How a long solution shows how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Union

from .errors import wrong

__all__ = ["Progress"]

Progress = Union[bool, Callable[[str, int, int], object], None]
"""``None``: a bar after two seconds, where a terminal or a notebook is there and tqdm is installed. ``True``: always, as lines without
tqdm. ``False``: nothing. A function: it is called about ten times a second with the phase, the units done and the units in all (0:
unknown); an exception that it raises ends the solution."""

PATIENCE = 2.0


class _Bar:
    """A bar by tqdm, begun when a solution takes longer than a moment."""

    def __init__(self, tqdm: Any) -> None:
        self._tqdm, self._bar, self._begun = tqdm, None, time.monotonic()

    def __call__(self, phase: str, done: int, total: int) -> None:
        if time.monotonic() - self._begun < PATIENCE:
            return
        if self._bar is None:
            self._bar = self._tqdm(total=max(total, 1), leave=False)
        bar: Any = self._bar
        if bar.desc != f"{phase}: " or bar.total != max(total, 1):
            bar.reset(total=max(total, 1))
            bar.set_description(phase, refresh=False)
        bar.n = min(done, max(total, 1))
        bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Lines:
    """A line on standard error for each phase that takes longer than a moment."""

    def __init__(self) -> None:
        self._phase, self._since, self._named = "", time.monotonic(), False

    def __call__(self, phase: str, done: int, total: int) -> None:
        if phase != self._phase:
            self._phase, self._since, self._named = phase, time.monotonic(), False
        if not self._named and time.monotonic() - self._since >= PATIENCE:
            print(f"{phase} …", file=sys.stderr, flush=True)
            self._named = True

    def close(self) -> None:
        pass


class _Own:
    def __init__(self, tell: Callable[[str, int, int], object]) -> None:
        self._tell = tell

    def __call__(self, phase: str, done: int, total: int) -> None:
        self._tell(phase, done, total)

    def close(self) -> None:
        pass


def teller(progress: Progress) -> _Bar | _Lines | _Own | None:
    """Who is told of the progress."""
    if progress is False:
        return None
    if callable(progress):
        return _Own(progress)
    if progress is not None and progress is not True:
        raise wrong("progress", progress, "True, False, None or a function of (phase, done, total)", "leave it out for a bar where somebody looks")
    if progress is None and not _watched():
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Lines() if progress else None
    return _Bar(tqdm)


def _watched() -> bool:
    """Whether somebody looks: at a terminal, or at a notebook."""
    if sys.stderr is not None and sys.stderr.isatty():
        return True
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"
