"""Three kinds of exceptions, with what is known of each."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import saddleflux
from saddleflux import InputError, UnsolvableError


def raised(kind: type, problem: Any, **more: Any) -> Any:
    with pytest.raises(kind) as caught:
        saddleflux.solve(problem, **more)
    return caught.value


def test_number_out_of_range(double_well: Any) -> None:
    double_well["noise"]["temperature"] = -1.0
    error = raised(InputError, double_well)
    assert (error.key, error.value) == ("noise.temperature", -1.0)
    assert "positive" in error.rule or ">" in error.rule
    assert isinstance(error, ValueError)


def test_unknown_key_and_choice(double_well: Any) -> None:
    error = raised(InputError, {**double_well, "grid": {"cels": [3, 3]}})
    assert error.key == "grid.cels" and "cells" in error.remedy and "cells" in error.rule
    error = raised(InputError, {**double_well, "grid": {"scheme": "upwinde"}})
    assert (error.key, error.value) == ("grid.scheme", "upwinde")
    assert "`upwind`" in error.remedy


def test_wrong_type_and_missing(double_well: Any) -> None:
    error = raised(InputError, {**double_well, "title": 3})
    assert (error.key, error.value) == ("title", 3) and "text" in error.rule
    del double_well["noise"]
    assert raised(InputError, double_well).key == "noise"


def test_problem_errors_name_the_key(double_well: Any) -> None:
    double_well["valley"] = {"minimum": [-1.9, 1.9], "set": "x < -1.5"}
    error = raised(InputError, double_well)
    assert error.key.startswith("valley") and error.remedy


def test_what_cannot_be_solved() -> None:
    # D = η[H]₊/2B vanishes where the curvature of a line changes sign, before the saddle.
    problem = saddleflux.Problem("(x^2 - 1)^2", saddleflux.noises.Hessian(0.1, 10), valley=-1.0, cells=200)
    error = raised(UnsolvableError, problem)
    assert error.key == "noise" and "floor" in error.remedy
    assert isinstance(error, RuntimeError)


def test_files_that_are_not_there(tmp_path: Any) -> None:
    assert raised(InputError, tmp_path / "no.toml").key == "configuration"
    assert raised(InputError, tmp_path / "no.h5").key == "path"
    (tmp_path / "text.h5").write_text("no")
    assert raised(InputError, tmp_path / "text.h5").key == "path"
    assert raised(InputError, "landscape =\n=").key is not None


def test_arguments(double_well: Any) -> None:
    assert raised(InputError, double_well, threads=0).key == "threads"
    with pytest.raises(InputError, match="exactly one"):
        saddleflux.Problem(noise=0.1)
    with pytest.raises(InputError, match="expected"):
        saddleflux.Problem("x^2", object())
    with pytest.raises(InputError, match="whole configuration"):
        saddleflux.Problem(double_well, 0.1)
    with pytest.raises(InputError, match="given twice"):
        saddleflux.Problem("x^2", 0.1, cells=10, grid={"cells": 10})
    with pytest.raises(InputError, match="complex"):
        saddleflux.Problem("x^2", {"kind": "isotropic", "temperature": 1j})


LINE = {"landscape": {"expression": "(x^2 - 1)^2", "dimension": 1}, "noise": {"kind": "isotropic", "temperature": 0.1}, "valley": {"minimum": [-1]}}


def line(**sections: Any) -> dict[str, Any]:
    return {**LINE, **{name: {**LINE.get(name, {}), **keys} for name, keys in sections.items()}}


def own(x: Any) -> Any:
    return (x**2 - 1.0) ** 2


# What is wrong, and the key that is told.
WRONG: list[tuple[Any, str]] = [
    (lambda: saddleflux.solve(line(noise={"temperature": -1.0})), "noise.temperature"),
    (lambda: saddleflux.solve(line(noise={"temperature": float("nan")})), "noise.temperature"),
    (lambda: saddleflux.solve(line(noise={"temperature": "cold"})), "noise.temperature"),
    (lambda: saddleflux.solve(line(noise={"kind": "isotropc"})), "noise.kind"),
    (lambda: saddleflux.solve(line(noise={"learning_rate": 0.1})), "noise.learning_rate"),
    (lambda: saddleflux.solve(line(landscape={"expression": "sine(x)"})), "landscape.expression"),
    (lambda: saddleflux.solve(line(landscape={"expression": "(x"})), "landscape.expression"),
    (lambda: saddleflux.solve(line(landscape={"expression": "x*z"})), "landscape.expression"),
    (lambda: saddleflux.solve(line(landscape={"kind": "no"})), "landscape"),
    (lambda: saddleflux.solve(line(domain={"lower": [2.0], "upper": [-2.0]})), "domain"),
    (lambda: saddleflux.solve(line(domain={"lower": [-2.0, 1.0], "upper": [2.0]})), "domain.lower"),
    (lambda: saddleflux.solve(line(domain={"walls": {"x": ["reflect", "absorbing"]}})), "domain.walls.x"),
    (lambda: saddleflux.solve(line(grid={"cells": [10, 10, 10]})), "grid.cells"),
    (lambda: saddleflux.solve(line(grid={"cells": [-3]})), "grid.cells"),
    (lambda: saddleflux.solve(line(grid={"cells": [10.5]})), "grid.cells"),
    (lambda: saddleflux.solve(line(grid={"tolerance": -2.0})), "grid.tolerance"),
    (lambda: saddleflux.solve(line(valley={"minimum": [-1, 0]})), "valley.minimum"),
    (lambda: saddleflux.solve(line(valley={"minimum": [float("inf")]})), "valley.minimum"),
    (lambda: saddleflux.solve(line(valley={"set": "x <"})), "valley.set"),
    (lambda: saddleflux.solve(line(solve={"quantities": ["rates"]})), "solve.quantities"),
    (lambda: saddleflux.solve(line(solve={"eigenvalues": 0})), "solve.eigenvalues"),
    (lambda: saddleflux.solve(line(evolve={"times": [1.0], "start": {"point": [50.0]}})), "evolve.start"),
    (lambda: saddleflux.solve({"landscape": LINE["landscape"]}), "noise"),
    (lambda: saddleflux.solve("no = [1,\n"), "configuration"),
    (lambda: saddleflux.solve("no-such-file.toml"), "configuration"),
    (lambda: saddleflux.solve(LINE, threads=-1), "threads"),
    (lambda: saddleflux.solve(LINE, threads=1.5), "threads"),
    (lambda: saddleflux.solve(LINE, threads=100_000), "threads"),
    (lambda: saddleflux.solve(LINE, progress="yes"), "progress"),
    (lambda: saddleflux.open("no-such-folder"), "path"),
    (lambda: saddleflux.Problem(noise=0.1), "loss"),
    (lambda: saddleflux.Problem(np.zeros((5, 5)), 0.1), "loss"),
    (lambda: saddleflux.Problem(3.0, 0.1), "loss"),
    (lambda: saddleflux.Problem("x^2", object()), "noise"),
    (lambda: saddleflux.Problem("x^2", 0.1, domain=5), "domain"),
    (lambda: saddleflux.Problem("x^2", 0.1, grid=5), "grid"),
    (lambda: saddleflux.Problem("x^2", 0.1, cells=10, grid={"cells": 10}), "grid.cells"),
    (lambda: saddleflux.Problem("x^2", 0.1, gradient=own), "gradient"),
    (lambda: saddleflux.Problem(own, saddleflux.noises.Covariance(0.1, 8)), "covariance"),
    (lambda: saddleflux.Problem(own, 0.1, dimension=3), "dimension"),
    (lambda: saddleflux.Problem(lambda x, y, z: x, 0.1), "dimension"),
    (lambda: saddleflux.Problem(own, 0.1, quantities=["rate", "sensitivities"]).solve(), "solve.quantities"),
    (lambda: saddleflux.Problem(own, 0.1).with_set({"landscape.sharpness": 2}), "landscape.sharpness"),
    (lambda: saddleflux.Problem(own, -0.1, valley=-1.0).solve(), "noise.temperature"),
    (lambda: saddleflux.Problem(lambda x: x[:3], 0.1, valley=-1.0).solve(), "loss"),
    (lambda: saddleflux.Problem(lambda x: x + 1j, 0.1, valley=-1.0).solve(), "loss"),
    (lambda: saddleflux.Table([0, 1, 2], None, [0, 1, 2]), "x"),
    (lambda: saddleflux.Table(range(5), None, [0, 1, 2, 3]), "values"),
    (lambda: saddleflux.Table(range(5), None, [0, 1, np.nan, 3, 4]), "values"),
    (lambda: saddleflux.verify("theorem-3-11"), "names"),
    (lambda: saddleflux.sweep(LINE, {"noise.temperatur": [0.1]}), "noise.temperatur"),
    (lambda: saddleflux.sweep(saddleflux.Problem(own, 0.1), {"noise.temperature": [0.1]}, folder="points"), "folder"),
]


@pytest.mark.parametrize("case", WRONG, ids=[f"{number}-{key}" for number, (_, key) in enumerate(WRONG)])
def test_every_exception_says_key_value_rule_and_remedy(case: Any) -> None:
    ask, key = case
    with pytest.raises(InputError) as caught:
        ask()
    error = caught.value
    assert error.key is not None and (error.key == key or error.key.startswith(f"{key}.")), error.key
    assert error.rule and error.remedy and isinstance(error.rule, str) and isinstance(error.remedy, str)
    # What is missing has no value.
    missing = key == "noise" and "missing" in str(error) or key in ("covariance", "loss")
    assert error.value is not None or missing, str(error)
    assert len(str(error)) < 1500


UNSOLVABLE: list[tuple[Any, str]] = [
    (lambda: saddleflux.solve({**LINE, "landscape": {"kind": "himmelblau"}, "valley": {"minimum": [3, 2]}, "grid": {"cells": [90000, 90000]}}),
     "grid.cells"),
    (lambda: saddleflux.Problem("(x^2 - 1)^2", saddleflux.noises.Hessian(0.1, 10), valley=-1.0, cells=200).solve(), "noise"),
]


@pytest.mark.parametrize("case", UNSOLVABLE)
def test_what_cannot_be_solved_says_them_too(case: Any) -> None:
    ask, key = case
    with pytest.raises(UnsolvableError) as caught:
        ask()
    assert caught.value.key == key and caught.value.rule and caught.value.remedy


def test_arrays_are_told_of_tables() -> None:
    with pytest.raises(InputError, match="Table") as caught:
        saddleflux.Problem(np.zeros((5, 5)), 0.1)
    assert "Table" in caught.value.remedy
    with pytest.raises(InputError, match="turn") as caught:
        saddleflux.Table(range(5), range(6), np.zeros((6, 5)))
    with pytest.raises(InputError, match=r"\.T") as caught:
        saddleflux.Problem(lambda x, y: x**2, 0.1, gradient=lambda x, y: np.stack([2 * x, 0 * y], axis=1), valley=[0, 0]).solve()


def test_exceptions_come_back_from_worker_processes() -> None:
    error = InputError("text", key="a.b", value=[1], rule="r", remedy="m")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is InputError and str(again) == "text"
    assert (again.key, again.value, again.rule, again.remedy) == ("a.b", [1], "r", "m")


def test_warnings(double_well: Any) -> None:
    # Far too few cells for this noise.
    double_well["noise"]["temperature"], double_well["grid"]["cells"] = 0.01, [8, 16]
    with pytest.warns(saddleflux.SaddlefluxWarning) as caught:
        found = saddleflux.solve(double_well)
    assert [str(warning.message) for warning in caught] == list(found.warnings)
    assert caught[0].filename == __file__


def test_the_last_of_several_values_of_a_key_holds() -> None:
    problem = saddleflux.Problem("(x^2-1)^2", 0.1, domain=([-2], [2]), valley=[-1.0], cells=64)
    once = problem.with_set({"noise.temperature": 0.3}).solve()
    twice = problem.with_set({"noise.temperature": 0.2, "grid.cells": [64]}).with_set({"noise.temperature": 0.3}).solve()
    assert twice.rate.value == once.rate.value
