"""Three kinds of exceptions, with what is known of each."""

from __future__ import annotations

import pickle
from typing import Any

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
