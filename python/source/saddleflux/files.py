"""``result.h5`` in the layout of the command line, by h5py."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _native
from .errors import InputError, wrong

if TYPE_CHECKING:
    from .groups import Group

# Chunks of at most this many cells along each axis, and zlib's level: those of the command line.
_CHUNK = 256
_DEFLATE = 3
# The conventions of climate and forecast data, as far as they fit; the names of axes and of turned grids' places in them.
_CONVENTIONS = "CF-1.11"
_AXES = {"x": "X", "y": "Y"}
_POSITION = ("position_x", "position_y")
# Words for the units of a problem. CF wants units that UDUNITS knows, and to it these are pure numbers: the words have an attribute of their own.
_OWN_UNITS = ("parameter", "dynamical time", "loss", "iteration")
# Attributes that dimension scales and labels have of themselves.
_KNOWN = ("units", "measured_in", "long_name", "axis", "coordinates", "CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates")


def write(path: Path, title: str, configuration: str, summary: str, groups: list[Group]) -> None:
    """Writes a result, whole or not at all."""
    import h5py

    text = h5py.string_dtype("utf-8")

    def say(place: Any, name: str, value: Any) -> None:
        if isinstance(value, str):
            # HDF5's strings end at a NUL.
            place.attrs.create(name, value.replace("\0", "\ufffd"), dtype=text)
        elif isinstance(value, list):
            place.attrs.create(name, value, dtype=text)
        else:
            place.attrs.create(name, value)

    def described(dataset: Any, group: Group, name: str) -> None:
        units = group.labels[name].units
        is_own = any(own in units for own in _OWN_UNITS)
        say(dataset, "units", "1" if is_own else units)
        if is_own:
            say(dataset, "measured_in", units)
        say(dataset, "long_name", group.labels[name].long_name)
        if name in group.coordinates and name in _AXES:
            say(dataset, "axis", _AXES[name])
        # Where the coordinates are those of a turned grid, the places of its cells are fields of their own.
        is_turned = group.name == "fields" and all(place in group.fields for place in _POSITION)
        if is_turned and name in group.fields and name not in _POSITION:
            say(dataset, "coordinates", " ".join(_POSITION))

    def fill(file: Any) -> None:
        provenance = json.loads(summary).get("provenance", {})
        commit = f", commit {provenance['commit']}" if "commit" in provenance else ""
        made = (provenance.get("started", ""), provenance.get("command", provenance.get("program", "")))
        about = {
            "Conventions": _CONVENTIONS,
            "title": title,
            "history": " ".join(made).strip(),
            "source": f"saddleflux {_native.VERSION}{commit}: Fokker-Planck equation on a grid, or its particles",
            "program": "saddleflux",
            "version": _native.VERSION,
            "configuration": configuration,
            "summary": summary,
        }
        for name, value in about.items():
            say(file, name, value)
        for group in groups:
            place = file.create_group(group.name)
            for name, value in group.attributes.items():
                say(place, name, value)
            for name, values in group.coordinates.items():
                kind = text if isinstance(values, list) else None
                scale = place.create_dataset(name, data=values, dtype=kind)
                scale.make_scale(name)
                described(scale, group, name)
                for note, value in group.notes.get(name, {}).items():
                    say(scale, note, value)
            for name, values in group.fields.items():
                chunks = tuple(min(cells, _CHUNK) for cells in values.shape)
                made = place.create_dataset(
                    name, data=values, chunks=chunks, shuffle=True, compression="gzip", compression_opts=_DEFLATE
                )
                described(made, group, name)
                for axis, coordinate in enumerate(group.labels[name].axes):
                    made.dims[axis].attach_scale(place[coordinate])

    def whole(partial: str) -> None:
        # Bounds of version 1.10: older readers open it.
        with h5py.File(partial, "w", libver=("v110", "v110")) as file:
            fill(file)

    _replace(path, whole)


def write_text(path: Path, text: str) -> None:
    """Writes a text, whole or not at all."""
    _replace(path, lambda partial: Path(partial).write_text(text, encoding="utf-8"))


def _replace(path: Path, fill: Any) -> None:
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    os.close(handle)
    try:
        fill(partial)
        # A temporary file is its owner's alone; a result is as readable as any new file.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(partial, 0o666 & ~mask)
        os.replace(partial, path)
    except BaseException:
        if os.path.exists(partial):
            os.unlink(partial)
        raise


def read(path: Path) -> dict[str, Any]:
    """What a result file holds: summary, configuration and title as texts, and groups."""
    with _opened(path) as file:
        try:
            groups = [_group(name, place) for name, place in file.items()]
            return {
                "summary": file.attrs["summary"],
                "configuration": file.attrs["configuration"],
                "title": file.attrs["title"],
                "groups": groups,
            }
        except (KeyError, AttributeError, TypeError) as error:
            raise _no_result(path, f"it is damaged ({error})") from error


def configuration(path: Path) -> tuple[str, Path]:
    """The configuration of a result file, and the file that it came from."""
    with _opened(path) as file:
        origin = json.loads(file.attrs["summary"]).get("provenance", {}).get("configuration", "result.h5")
        return file.attrs["configuration"], Path(origin)


def start_density(path: str | os.PathLike[str], field: str) -> dict[str, list[float]]:
    """A field of a result as the density that an evolution starts from, with its grid; the extension module asks for it."""
    with _opened(Path(path)) as file:
        fields = file["fields"]
        if field not in fields:
            names = ", ".join(name for name in fields if len(fields[name].shape) and name not in ("x", "y"))
            raise wrong("evolve.start", field, f"one of: {names}", "name one of them", f'{path} has no field "{field}"')
        grid = {name: fields.attrs[name] for name in ("lower", "upper", "cosine_sine", "pivot", "periodic")}
        axes = {name: fields[name][()] for name in ("x", "y") if name in fields}
        found = {**grid, **axes, "values": fields[field][()]}
        return {name: np.asarray(values, dtype=float).ravel().tolist() for name, values in found.items()}


def _opened(path: Path) -> Any:
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise _no_result(path, f"it cannot be read ({error})") from error
    if file.attrs.get("program") != "saddleflux":
        file.close()
        raise _no_result(path, "another program wrote it")
    return file


def _no_result(path: Path, fact: str) -> InputError:
    remedy = "give a result.h5, or the folder that holds one, of saddleflux.Result.save or of the command line"
    return wrong("path", str(path), "a result of saddleflux", remedy, f"{path}: {fact}")


def _group(name: str, place: Any) -> dict[str, Any]:
    scales = {own: dataset for own, dataset in place.items() if dataset.is_scale}
    fields = {own: dataset for own, dataset in place.items() if not dataset.is_scale}

    def coordinate(own: str, dataset: Any) -> dict[str, Any]:
        return {**_label(own, dataset), "values": _values(dataset), "attributes": _attributes(dataset)}

    def field(own: str, dataset: Any) -> dict[str, Any]:
        axes = [axis[0].name.rsplit("/", 1)[-1] for axis in dataset.dims]
        return {**_label(own, dataset), "coordinates": axes, "values": dataset[()]}

    return {
        "name": name,
        "attributes": _attributes(place),
        "coordinates": [coordinate(own, dataset) for own, dataset in scales.items()],
        "fields": [field(own, dataset) for own, dataset in fields.items()],
    }


def _label(name: str, dataset: Any) -> dict[str, str]:
    units = dataset.attrs.get("measured_in", dataset.attrs["units"])
    return {"name": name, "units": units, "long_name": dataset.attrs["long_name"]}


def _values(dataset: Any) -> Any:
    import h5py

    if h5py.check_string_dtype(dataset.dtype) is not None:
        return [str(word) for word in dataset.asstr()[()]]
    return dataset[()]


def _attributes(place: Any) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind == "O":
            return [str(word) for word in value]
        return value

    return {name: plain(value) for name, value in place.attrs.items() if name not in _KNOWN}
