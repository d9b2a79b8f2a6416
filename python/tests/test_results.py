"""What a result gives."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import h5py
import numpy as np
import pytest

import saddleflux


@pytest.fixture(scope="module")
def cold() -> saddleflux.Result:
    """A rate below the smallest float."""
    return saddleflux.solve(
        {
            "landscape": {"kind": "double-well", "dimension": 1},
            "noise": {"kind": "isotropic", "temperature": 0.001},
            "domain": {"lower": [-2.0], "upper": [0.0], "walls": {"x": ["reflecting", "absorbing"]}},
            "grid": {"cells": [400]},
        }
    )


def test_rate_has_its_evidence(double_well: Any) -> None:
    found = saddleflux.solve(double_well)
    rate = found.rate
    low, high = rate.bracket
    assert low <= rate.value <= high and high - low < 1e-11 * high
    assert rate.log == pytest.approx(np.log(rate.value), rel=1e-13)
    assert float(rate) == rate.value == found.summary["rate"]["quasi_stationary"]["value"]
    assert 0.0 < rate.error < 0.1
    assert found.passage_time.value * found.passage_time.rate == pytest.approx(1.0, rel=1e-14)
    assert found.minimum.theta == pytest.approx([-1.0, 0.0], abs=1e-9)
    assert found.formula.kramers.ratio == pytest.approx(1.0, rel=0.2)


def test_rates_below_the_smallest_float_are_logarithms(cold: saddleflux.Result) -> None:
    # Kramers, twice: killed at the saddle.
    kramers = np.log(np.sqrt(32.0) / np.pi) - 1000.0
    assert cold.rate.value is None and cold.rate.bracket is None
    assert cold.rate.log == pytest.approx(kramers, abs=2e-3)
    with pytest.raises(OverflowError, match="log"):
        float(cold.rate)


def test_fields_are_the_solvers_memory_and_cannot_be_written(double_well: Any) -> None:
    found = saddleflux.solve(double_well)
    density = found.fields["quasi_stationary"]
    assert density.shape == (32, 64) == (len(found.x), len(found.y))
    with pytest.raises(ValueError, match="read-only"):
        density[0, 0] = 1.0
    cell = (found.x[1] - found.x[0]) * (found.y[1] - found.y[0])
    assert density.sum() * cell == pytest.approx(1.0, rel=1e-12)
    loss = found.fields["loss"]
    x, y = np.meshgrid(found.x, found.y, indexing="ij")
    assert np.allclose(loss, (x**2 - 1) ** 2 + y**2, rtol=1e-13, atol=1e-13)
    # An array that owns its memory was given it, and copied from nowhere.
    assert density.base is None or not isinstance(density.base, np.ndarray)


def test_what_was_not_asked_for_says_how_to_ask(double_well: Any) -> None:
    found = saddleflux.solve(double_well)
    assert not hasattr(found, "spectrum")
    with pytest.raises(AttributeError, match='add "network" to quantities'):
        found.network
    with pytest.raises(KeyError, match="it has loss"):
        found.fields["nothing"]


def test_spectrum_network_and_committor() -> None:
    problem = saddleflux.Problem(
        "(x^2 - 1)^2",
        0.05,
        domain=(-1.9, 1.9),
        cells=300,
        quantities=["spectrum", "network", "committor", "stationary"],
    )
    found = problem.solve()
    assert found.spectrum.values[0] == pytest.approx(0.0, abs=1e-12)
    slowest = found.spectrum.values[1].real
    # Two equal wells: the relaxation rate is twice Kramers' rate, to the order of noise over barrier.
    assert slowest == pytest.approx(2.0 * np.sqrt(32.0) / (2.0 * np.pi) * np.exp(-20.0), rel=0.1)
    assert found.network.eigenvalues[1] == pytest.approx(slowest, rel=1e-6)
    committor = found.fields["committor"]
    assert np.all((committor >= 0.0) & (committor <= 1.0))
    assert np.allclose(committor + committor[::-1], 1.0, atol=1e-9)
    assert found.spectrum.right.shape == (6, 300)


def test_saved_and_opened_is_the_same(double_well: Any, tmp_path: Any) -> None:
    found = saddleflux.solve({**double_well, "title": "θ and \"quotes\""})
    path = found.save(tmp_path / "out")
    again = saddleflux.open(tmp_path / "out")
    assert path == tmp_path / "out" / "result.h5"
    assert again.summary == found.summary == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert again.configuration == found.configuration and again.title == found.title
    for name, group in found.groups.items():
        other = again.groups[name]
        assert other.labels == group.labels
        assert all(np.array_equal(other[field], values, equal_nan=True) for field, values in group.items())
    assert [entry.name for entry in (tmp_path / "out").iterdir() if entry.name.startswith(".")] == []


def test_files_have_the_command_lines_layout(double_well: Any, command_line: Any, tmp_path: Any) -> None:
    problem = saddleflux.Problem(double_well)
    config = tmp_path / "problem.toml"
    config.write_text(problem.to_toml())
    command_line("run", config, tmp_path / "program")
    problem.solve().save(tmp_path / "python")

    def layout(path: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}

        def visit(name: str, place: Any) -> None:
            about = {key: (str(value) if isinstance(value, str) else np.asarray(value).tolist()) for key, value in place.attrs.items()
                     if key not in ("REFERENCE_LIST", "DIMENSION_LIST")}
            if isinstance(place, h5py.Dataset):
                axes = [[scale.name for scale in axis.values()] for axis in place.dims]
                scale = isinstance(about.get("CLASS"), (str, bytes))
                found[name] = (place.shape, place.dtype, place.chunks, place.compression, place.compression_opts, place.shuffle, axes, scale,
                               {key: value for key, value in about.items() if key not in ("CLASS", "NAME", "DIMENSION_LABELS")})
            else:
                found[name] = about

        with h5py.File(path) as file:
            file.visititems(visit)
            found["/"] = sorted(file.attrs)
        return found

    assert layout(tmp_path / "program" / "result.h5") == layout(tmp_path / "python" / "result.h5")
    # The program solves it again.
    again = command_line("run", tmp_path / "python" / "result.h5", tmp_path / "again")
    assert again["rate"] == problem.solve().summary["rate"]


def test_results_are_copied_and_pickled(double_well: Any) -> None:
    found = saddleflux.solve(double_well)
    for other in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert other.summary == found.summary
        assert np.array_equal(other.fields["loss"], found.fields["loss"])


def test_shows_itself(double_well: Any, cold: saddleflux.Result) -> None:
    found = saddleflux.solve({**double_well, "title": "<two> wells"})
    assert "escape rate γ" in repr(found) and f"{found.rate.value:.12e}" in repr(found)
    assert "&lt;two&gt; wells" in found._repr_html_()
    assert "10^-434" in repr(cold)
    # What is listed as a field is one of `fields`; other groups go by their names.
    shown = dict(line.split(None, 1) for line in repr(found).splitlines()[1:])
    assert shown["fields"].split(", ") == list(found.fields)
    assert shown["groups"].split(", ") == [name for name in found.groups if name != "fields"]
    assert repr(saddleflux.solve(double_well)).startswith("<saddleflux.Result>\n")


def test_xarray(double_well: Any) -> None:
    pytest.importorskip("xarray")
    found = saddleflux.solve(double_well)
    dataset = found.to_xarray()
    assert dataset.quasi_stationary.dims == ("x", "y")
    assert dataset.quasi_stationary.attrs["units"] == "1/parameter^2"
    assert np.shares_memory(dataset.quasi_stationary.values, found.fields["quasi_stationary"])


def test_plots(double_well: Any, cold: saddleflux.Result) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    found = saddleflux.solve(double_well)
    for field in [None, *found.fields]:
        assert found.plot(field).get_title() is not None
        matplotlib.pyplot.close("all")
    cold.plot("loss")
    with pytest.raises(saddleflux.InputError, match="there is no 'nothing'"):
        found.plot("nothing")
    matplotlib.pyplot.close("all")
