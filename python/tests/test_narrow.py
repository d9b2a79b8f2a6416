"""Features of functions that are narrower than what the nodes of their polynomials see."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from saddleflux import Problem

LINE: dict[str, Any] = {"valley": -1.0, "domain": (-3, 0), "walls": {"x": ["reflecting", "absorbing"]}, "cells": 3000}


def agrees(found: Any, formula: Any) -> bool:
    """Within what both state, ln γ being moved by no more."""
    errors = found.rate.error + formula.rate.error
    return abs(found.rate.log - formula.rate.log) <= np.log1p(errors) + 1e-12


@pytest.mark.parametrize("width", [0.1, 0.03, 0.01, 0.003, 0.001])
@pytest.mark.parametrize("place", [-0.55, -0.4142])
@pytest.mark.parametrize("height", [1.0, -0.3])
def test_walls_and_holes_on_a_line(width: float, place: float, height: float) -> None:
    formula = Problem(f"(x^2 - 1)^2 + {height}*exp(-((x - ({place}))/{width})^2)", 0.1, **LINE).solve()
    found = Problem(lambda x: (x**2 - 1) ** 2 + height * np.exp(-(((x - place) / width) ** 2)), 0.1, **LINE).solve()
    assert agrees(found, formula)
    # Nothing of it is lost: the pieces follow it.
    assert found.left["loss"] < 1e-9 and found.rate.log == pytest.approx(formula.rate.log, abs=1e-7)


def test_a_wall_that_only_the_grid_sees() -> None:
    # A ten-thousandth of the domain: wider than a cell of this grid, and between all points but the grid's.
    about: dict[str, Any] = {**LINE, "cells": 40000}
    width, place = 3e-4 / 2, -0.55013
    formula = Problem(f"(x^2 - 1)^2 + exp(-((x - ({place}))/{width})^2)", 0.1, **about).solve()
    found = Problem(lambda x: (x**2 - 1) ** 2 + np.exp(-(((x - place) / width) ** 2)), 0.1, **about).solve()
    without = Problem("(x^2 - 1)^2", 0.1, **about).solve()
    assert abs(formula.rate.log - without.rate.log) > 0.02
    assert agrees(found, formula) and found.left["loss"] < 1e-6


@pytest.mark.parametrize("noise", [True, False])
def test_narrow_noise_and_narrow_drift(noise: bool) -> None:
    def bump(x: Any) -> Any:
        return np.exp(-(((x + 0.55) / 0.005) ** 2))

    words = "exp(-((x + 0.55)/0.005)^2)"
    if noise:
        found = Problem("(x^2 - 1)^2", lambda x: 0.1 + 0.3 * bump(x), **LINE).solve()
        formula = Problem("(x^2 - 1)^2", f"0.1 + 0.3*{words}", **LINE).solve()
    else:
        found = Problem(drift=lambda x: -4 * x * (x**2 - 1) - 30.0 * bump(x), noise=0.1, **LINE).solve()
        formula = Problem(drift=f"-4*x*(x^2 - 1) - 30*{words}", noise=0.1, **LINE).solve()
    assert agrees(found, formula)
    assert found.rate.log == pytest.approx(formula.rate.log, abs=1e-6)


@pytest.mark.parametrize("width", [0.05, 0.01])
def test_ridges_in_the_plane(width: float) -> None:
    about: dict[str, Any] = {"domain": ([-2, -2], [0, 2]), "walls": {"x": ["reflecting", "absorbing"]}, "cells": (96, 64)}

    def ridge(x: Any, y: Any) -> Any:
        return (x**2 - 1) ** 2 + y**2 + 0.5 * np.exp(-(((y - 0.39 - 0.1 * x) / width) ** 2))

    formula = Problem(f"(x^2 - 1)^2 + y^2 + 0.5*exp(-((y - 0.39 - 0.1*x)/{width})^2)", 0.1, **about).solve()
    found = Problem(ridge, 0.1, **about).solve()
    assert agrees(found, formula) and found.left["loss"] < 1e-6


def test_jumps_are_stated() -> None:
    # The step lies between cells, and no polynomial follows it: what is stated covers it.
    about: dict[str, Any] = {**LINE, "cells": 2000}
    formula = Problem("(x^2 - 1)^2 + 0.05*step(x + 0.6)", 0.1, **about).solve()
    found = Problem(lambda x: (x**2 - 1) ** 2 + 0.05 * (x > -0.6), 0.1, **about).solve()
    assert agrees(found, formula)


def test_what_is_no_number_outside_the_domain_costs_no_digits_on_turned_grids() -> None:
    def walled(x: Any, y: Any) -> Any:
        inside = (np.abs(x) <= 1.9) & (np.abs(y) <= 1.6)
        return np.where(inside, (x**2 - 1) ** 2 + 1.5 * y**2 + 0.8 * x * y, np.nan)

    box: dict[str, Any] = {"domain": ([-1.6, -1.3], [1.6, 1.3]), "grid": {"cells": [48, 48], "align": "saddle"}, "valley": [-1.0, 0.0]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Problem(walled, 0.2, **box).solve()
    assert found.rate.error is not None and found.rate.error < 0.05
