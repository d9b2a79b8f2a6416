"""Fields with names, units and coordinates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray

__all__ = ["Group", "Label"]

Values = NDArray[Any]


@dataclass(frozen=True)
class Label:
    """What a field or a coordinate is called.

    Attributes
    ----------
    units : str
        In terms of parameters and dynamical time, such as ``"1/parameter^2"``.
    long_name : str
        The name on an axis.
    axes : tuple of str
        The names of its coordinates, one for each axis; of a coordinate its own.
    """

    units: str
    long_name: str
    axes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Group(Mapping[str, Values]):
    """Fields over named coordinates, each a NumPy array that may be read and not written.

    The memory is the solver's own: nothing is copied. Take ``.copy()`` of what you want to change.

    Attributes
    ----------
    name : str
        The name of the group in ``result.h5``, such as ``"fields"`` or ``"spectrum"``.
    coordinates : dict of str to ndarray or list of str
        The places along each axis, by name (``"x"``, ``"y"``, ``"t"``, ``"mode"``).
    labels : dict of str to Label
        Units, long names and axes of fields and coordinates.
    attributes : dict
        What else is to be said of the group.
    """

    name: str
    coordinates: dict[str, Any]
    fields: dict[str, Values]
    labels: dict[str, Label]
    attributes: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of_native(cls, found: dict[str, Any]) -> Group:
        labels: dict[str, Label] = {}
        coordinates: dict[str, Any] = {}
        notes: dict[str, dict[str, Any]] = {}
        for entry in found["coordinates"]:
            name = entry["name"]
            coordinates[name] = _frozen(entry["values"])
            labels[name] = Label(entry["units"], entry["long_name"], (name,))
            notes[name] = entry["attributes"]
        fields = {}
        for entry in found["fields"]:
            fields[entry["name"]] = _frozen(entry["values"])
            labels[entry["name"]] = Label(entry["units"], entry["long_name"], tuple(entry["coordinates"]))
        return cls(found["name"], coordinates, fields, labels, found["attributes"], notes)

    def __getitem__(self, name: str) -> Values:
        try:
            return self.fields[name]
        except KeyError:
            raise KeyError(f"/{self.name} has no field {name!r}: it has {', '.join(self.fields)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def to_xarray(self) -> xarray.Dataset:
        """The group as a dataset of xarray: named axes, units and long names as attributes.

        Returns
        -------
        xarray.Dataset
            Its arrays share their memory with the group.

        Raises
        ------
        ImportError
            xarray is not installed (``pip install saddleflux[xarray]``).
        """
        import xarray

        def entry(name: str, values: Any) -> tuple[Any, ...]:
            label = self.labels[name]
            notes = {key: value for key, value in self.notes.get(name, {}).items()}
            return (label.axes, values, {"units": label.units, "long_name": label.long_name, **notes})

        fields = {name: entry(name, values) for name, values in self.fields.items()}
        coordinates = {name: entry(name, values) for name, values in self.coordinates.items()}
        return xarray.Dataset(fields, coordinates, dict(self.attributes))

    def __repr__(self) -> str:
        shape = " × ".join(f"{name} ({len(values)})" for name, values in self.coordinates.items())
        return f"<Group /{self.name} over {shape}: {', '.join(self.fields)}>"


def _frozen(values: Any) -> Any:
    if isinstance(values, np.ndarray):
        values.setflags(write=False)
    return values
