"""Sweeps and the theorem suite: the command line's, row by row."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import threading
import time
from typing import Any

import h5py
import numpy as np
import pytest

import saddleflux
from conftest import CONFIGS, ROOT, program
from saddleflux import InputError, Problem, UnsolvableError

LINE = "(x^2 - 1)^2"
COLD = {"noise.temperature": [0.05, 0.1, 0.2]}


@pytest.fixture
def line() -> Problem:
    return Problem(LINE, 0.1, valley=-1.0, cells=200)


def test_sweeps_have_the_command_lines_bits(command_line: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    told = command_line("sweep", CONFIGS / "sweep.toml", tmp_path / "program")
    found = saddleflux.sweep(CONFIGS / "sweep.toml", threads=2)
    assert found.summary == told
    assert list(found.parameters) == list(told["parameters"]) == ["noise.temperature", "landscape.sharpness"]
    path = found.save(tmp_path / "python")
    with h5py.File(path) as own, h5py.File(tmp_path / "program" / "result.h5") as other:
        assert set(own["sweep"]) == set(other["sweep"])
        for name, values in other["sweep"].items():
            assert np.array_equal(own["sweep"][name][()], values[()], equal_nan=name != "scheme")
            for unit in ("units", "measured_in"):
                assert own["sweep"][name].attrs.get(unit) == values.attrs.get(unit)
    tables = [list(csv.DictReader(io.StringIO((tmp_path / name / "sweep.csv").read_text()))) for name in ("python", "program")]
    for own_row, other_row in zip(*tables, strict=True):
        # A column of messages is there where there are any.
        assert {key: _number(entry) for key, entry in own_row.items()} == {
            key: _number(entry) for key, entry in other_row.items() if key in own_row
        }
        assert set(other_row) - set(own_row) <= {"message"}


def _number(entry: str) -> Any:
    try:
        return float(entry)
    except ValueError:
        return entry


def test_points_kept_by_one_are_there_for_the_other(command_line: Any, line: Problem, tmp_path: Any) -> None:
    folder, config = tmp_path / "out", tmp_path / "line.toml"
    config.write_text(line.to_toml() + "\n[sweep]\nparameters = { 'noise.temperature' = [0.05, 0.1, 0.2] }\n")
    found = saddleflux.sweep(config, folder=folder)
    asked = [str(program()), "sweep", str(config), "--out", str(folder), "--missing"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == ""
    assert command_line("sweep", config, folder) == found.summary
    # One value more costs one point more.
    before = {entry: entry.stat().st_mtime_ns for entry in (folder / "points").iterdir()}
    more = saddleflux.sweep(config, {"noise.temperature": [0.05, 0.3, 0.1, 0.2]}, folder=folder)
    after = {entry: entry.stat().st_mtime_ns for entry in (folder / "points").iterdir()}
    assert len(after) == 4 and all(after[entry] == when for entry, when in before.items())
    assert np.array_equal(more["rate"][[0, 2, 3]], found["rate"])


def test_a_row_is_the_solution_of_its_point(line: Problem) -> None:
    found = saddleflux.sweep(line, {"noise.temperature": np.array([0.05, 0.2]), "grid.cells": [[100], [200]]})
    assert found["noise.temperature"].tolist() == [0.05, 0.05, 0.2, 0.2]
    assert found["grid.cells"].tolist() == [[100], [200], [100], [200]]
    for place, temperature in enumerate(found["noise.temperature"]):
        alone = line.with_set({"noise.temperature": float(temperature), "grid.cells": found["grid.cells"][place]}).solve()
        assert found["rate"][place] == alone.rate.value
        assert found["discretisation_error"][place] == alone.rate.error
        assert found["time"][place] == alone.passage_time.value
    assert found["status"].tolist() == [0] * 4 and not found.failed
    assert found.points[1].rate == found["rate"][1]


def test_walked_together_and_laws(line: Problem) -> None:
    # Time scales with 1/c where loss and temperature are multiplied by c: γ ∝ c, exactly the power law of slope 1.
    scales = [1.0, 2.0, 4.0]
    keys = {"landscape.expression": [f"{c}*{LINE}" for c in scales], "noise.temperature": [0.1 * c for c in scales]}
    law = {"x": "noise.temperature", "y": "rate", "model": "power"}
    found = saddleflux.sweep(line, keys, zip=True, fits=[law])
    assert len(found["rate"]) == 3 and found["landscape.expression"][1] == f"2.0*{LINE}"
    assert found["rate"] / found["rate"][0] == pytest.approx(scales, rel=1e-12)
    assert found.fits[0].slope == pytest.approx(1.0, abs=1e-12)
    assert "slope 1" in repr(found) and "slope 1" in found._repr_html_()


def test_dataframes_and_datasets(line: Problem) -> None:
    pandas = pytest.importorskip("pandas")
    found = saddleflux.sweep(line, COLD)
    frame = found.to_dataframe()
    assert isinstance(frame, pandas.DataFrame) and list(frame.columns) == list(found)
    assert frame.rate.tolist() == found["rate"].tolist()
    pytest.importorskip("xarray")
    dataset = found.to_xarray()
    assert float(dataset.rate.sel({"noise.temperature": 0.1})) == found["rate"][1]


def test_sweeps_are_drawn(line: Problem) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    law = {"x": "1/noise.temperature", "y": "-log(rate)", "model": "linear"}
    found = saddleflux.sweep(line, {**COLD, "grid.cells": [[100], [200]]}, fits=[law])

    def drawn(ax: Any) -> list[Any]:
        return [bars for bars in ax.containers]

    ax = found.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("noise.temperature", "rate")
    assert len(drawn(ax)) == 2 and ax.get_yscale() == "log" and len(ax.get_legend().get_texts()) == 2
    # Each line has its own points.
    for bars, cells in zip(drawn(ax), ([100], [200])):
        points = [place for place, own in enumerate(found["grid.cells"]) if own == cells]
        assert bars.lines[0].get_xdata().tolist() == found["noise.temperature"][points].tolist()
        assert bars.lines[0].get_ydata().tolist() == found["rate"][points].tolist()
    ax = found.plot("-log(rate)", "1/noise.temperature")
    dashed = [own for own in ax.lines if own.get_linestyle() == "--"]
    assert len(dashed) == len(found.fits) == 2
    for own, fit in zip(dashed, found.fits):
        (x0, x1), (y0, y1) = own.get_xdata(), own.get_ydata()
        assert (y1 - y0) / (x1 - x0) == pytest.approx(fit.slope, rel=1e-12)
    walked = saddleflux.sweep(line, {"noise.temperature": [0.1, 0.05], "grid.cells": [[100], [200]]}, zip=True)
    assert len(drawn(walked.plot())) == 1
    cold = saddleflux.sweep(line, {"noise.temperature": [0.001, 0.1]})
    assert np.isfinite(cold.plot("log(rate)").containers[0].lines[0].get_ydata()).all()
    for wrong in ({"y": "nothing"}, {"y": "rate + 1"}, {"x": "grid.cells"}):
        with pytest.raises(InputError) as caught:
            found.plot(**wrong)
        assert caught.value.key in wrong and caught.value.rule and caught.value.remedy
    matplotlib.pyplot.close("all")


def test_rates_below_the_smallest_float_are_logarithms(line: Problem) -> None:
    found = saddleflux.sweep(line, {"noise.temperature": [0.001, 0.1]})
    assert np.isnan(found["rate"][0]) and np.isnan(found["log_rate"][1])
    # Kramers, killed at the saddle: twice √(8·4)/2π, and 1000 below.
    assert found["log_rate"][0] == pytest.approx(np.log(np.sqrt(32.0) / np.pi) - 1000.0, abs=2e-3)


def test_points_that_fail_say_why(line: Problem) -> None:
    with pytest.warns(saddleflux.SaddlefluxWarning, match="1 of 2 points failed; point 1 .*noise.temperature"):
        found = saddleflux.sweep(line, {"noise.temperature": [0.1, -1.0]})
    assert found["status"].tolist() == [0, 2] and "must be a finite number > 0" in found.failed[1]
    assert np.isnan(found["rate"][1]) and found["message"][0] == ""
    with pytest.raises(UnsolvableError, match="no point could be solved"):
        saddleflux.sweep(line, {"noise.temperature": [-1.0, -2.0]})
    with pytest.warns(saddleflux.SaddlefluxWarning, match="points warn"):
        found = saddleflux.sweep(line, {"grid.cells": [[6], [200]]})
    assert set(found.warnings) == {0}


def test_what_is_no_sweep_is_refused(line: Problem) -> None:
    with pytest.raises(InputError, match="nothing to sweep"):
        saddleflux.sweep(line)
    with pytest.raises(InputError) as caught:
        saddleflux.sweep(line, {"noise.temperatur": [0.1, 0.2]})
    assert "temperature" in str(caught.value)
    with pytest.raises(InputError, match="same number"):
        saddleflux.sweep(line, {"noise.temperature": [0.1], "grid.cells": [[10], [20]]}, zip=True)
    with pytest.raises(InputError, match="threads"):
        saddleflux.sweep(line, COLD, threads=0)


def test_functions_are_swept(line: Problem, tmp_path: Any) -> None:
    formula = saddleflux.sweep(line, COLD)
    own = Problem(lambda x: (x**2 - 1.0) ** 2, 0.1, valley=-1.0, cells=200)
    found = saddleflux.sweep(own, COLD)
    errors = found["discretisation_error"] + formula["discretisation_error"]
    assert (np.abs(found["rate"] / formula["rate"] - 1.0) <= errors).all() and (errors < 1e-5).all()
    assert found["rate"].tolist() == saddleflux.sweep(own, COLD, threads=1)["rate"].tolist()
    with pytest.raises(InputError, match="function of Python"):
        saddleflux.sweep(own, {"landscape.sharpness": [1, 2]})
    with pytest.raises(InputError, match="function of Python"):
        own.with_set({"landscape.sharpness": 2})
    with pytest.raises(InputError, match="folder"):
        saddleflux.sweep(own, COLD, folder=tmp_path)

    def broken(x: Any) -> Any:
        raise ZeroDivisionError("broken")

    with pytest.raises(ZeroDivisionError, match="broken"):
        saddleflux.sweep(Problem(broken, 0.1, valley=-1.0, domain=(-2, 0)), COLD)


def test_interrupted_sweeps_go_on(tmp_path: Any) -> None:
    problem = Problem("(x^2 - 1)^2 + y^2 + 0.1*x*y", 0.1, valley=[-1, 0], domain=([-2, -2], [2, 2]), cells=(200, 200))
    keys = {"noise.temperature": np.linspace(0.1, 0.2, 40)}

    def press() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list((tmp_path / "points").glob("[0-9a-f]*.json")):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(saddleflux.Interrupted, match="are kept in"):
        saddleflux.sweep(problem, keys, folder=tmp_path)
    kept = list((tmp_path / "points").glob("[0-9a-f]*.json"))
    assert 1 <= len(kept) < 40
    for path in kept:
        json.loads(path.read_text())


def test_claims_and_verdicts_are_the_command_lines(tmp_path: Any) -> None:
    if program() is None:
        pytest.skip("the program is not built")
    listed = subprocess.run([str(program()), "verify", "--list", "--json"], capture_output=True, text=True, check=True)
    assert list(saddleflux.claims()) == json.loads(listed.stdout)
    # One of each verdict.
    names = ["theorem-3-1", "proposition-1-three-valleys", "flux-identity"]
    asked = [str(program()), "verify", *names, "--quick", "--json", "--out", str(tmp_path)]
    told = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    found = saddleflux.verify(names, quick=True, threads=2)

    def timeless(summary: Any) -> Any:
        return [{key: entry for key, entry in claim.items() if key != "seconds"} for claim in summary["claims"]]

    assert timeless(found.summary) == timeless(told)
    assert found.as_expected and found["proposition-1-three-valleys"].verdict == "fails" == found[names[1]].expected
    assert json.loads(found.save(tmp_path / "out").read_text()) == found.summary
    assert "theorem-3-1" in repr(found) and "theorem-3-1" in found._repr_html_()
    pytest.importorskip("pandas")
    assert found.to_dataframe().loc["theorem-3-1"].verdict == "holds-asymptotically"


def test_claims_that_there_are_not() -> None:
    with pytest.raises(InputError) as caught:
        saddleflux.verify("theorem-3-11")
    assert caught.value.key == "names" and "theorem-3-1" in caught.value.remedy
