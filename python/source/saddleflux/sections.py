"""Numbers of a summary as attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

__all__ = ["Section"]


class Section(Mapping[str, Any]):
    """A section of the summary, whose keys are attributes too: lists of numbers are NumPy arrays, tables are sections.

    ``result.committor.rate`` and ``result.committor["rate"]`` are the same. The keys are those of ``summary.json``
    (docs/configuration.md, "summary.json"). A number below 1e-308 has no key of its own: its natural logarithm is there as ``log_…``.
    """

    def __init__(self, name: str, entries: Mapping[str, Any]) -> None:
        self._name = name
        self._entries = {key: _plain(f"{name}.{key}", value) for key, value in entries.items()}

    def __getitem__(self, key: str) -> Any:
        try:
            return self._entries[key]
        except KeyError:
            raise KeyError(self._lacks(key)) from None

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        try:
            return self._entries[key]
        except KeyError:
            raise AttributeError(self._lacks(key)) from None

    def _lacks(self, key: str) -> str:
        return f"{self._name} has no {key!r}: it has {', '.join(self._entries)}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._entries]

    def __reduce__(self) -> Any:
        return (_section, (self._name, self._entries))

    def __repr__(self) -> str:
        lines = (f"  {key} = {_short(value)}" for key, value in self._entries.items())
        return "\n".join([f"<{self._name}>", *lines])


def _section(name: str, entries: Mapping[str, Any]) -> Section:
    return Section(name, entries)


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, Section):
        return value
    if isinstance(value, Mapping):
        return Section(name, value)
    if isinstance(value, list):
        if all(isinstance(entry, Mapping) for entry in value):
            return tuple(Section(f"{name}[{place}]", entry) for place, entry in enumerate(value))
        try:
            numbers = np.array(value)
        except ValueError:
            return value
        if numbers.dtype.kind in "fiub":
            numbers.setflags(write=False)
            return numbers
    return value


def _short(value: Any) -> str:
    if isinstance(value, Section):
        return "{" + ", ".join(value) + "}"
    if isinstance(value, tuple):
        return f"({len(value)} entries)"
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "…"
