"""Problems made of functions of NumPy arrays."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import saddleflux
from saddleflux import InputError, Problem, noises

DOMAIN: dict[str, Any] = {"domain": ([-2, -2], [0, 2]), "walls": {"x": ["reflecting", "absorbing"]}, "cells": (48, 96)}


def well(x: Any, y: Any) -> Any:
    return (x**2 - 1) ** 2 + y**2


def banana(x: Any, y: Any) -> Any:
    return (x**2 - 1) ** 2 + 2.0 * (y - 0.5 * np.cos(2.0 * x) * np.exp(0.3 * y)) ** 2


BANANA = "(x^2 - 1)^2 + 2*(y - 0.5*cos(2*x)*exp(0.3*y))^2"


@pytest.mark.parametrize("temperature", [0.2, 0.05, 0.01])
def test_a_function_gives_the_formulas_rate(temperature: float) -> None:
    by_formula = Problem(BANANA, temperature, **DOMAIN).solve().rate
    found = Problem(banana, temperature, **DOMAIN).solve()
    # Both are exact up to roundings, which the barrier over the noise multiplies.
    assert found.rate.log == pytest.approx(by_formula.log, abs=1e-13 / temperature)
    assert found.left["loss"] < 1e-13
    assert found.summary["problem"]["landscape"] == "banana of Python, 2D"


def test_points_come_in_batches_and_values_keep_their_digits() -> None:
    calls = []

    def counted(x: Any, y: Any) -> Any:
        assert x.ndim == 1 and x.shape == y.shape and x.dtype == np.float64
        calls.append(len(x))
        return banana(x, y)

    Problem(counted, 0.1, **DOMAIN).solve()
    assert len(calls) < 400 and sum(calls) < 100_000


def test_derivatives_that_are_given_and_those_that_are_not() -> None:
    def gradient(x: Any, y: Any) -> Any:
        return 4.0 * x * (x**2 - 1.0), 2.0 * y

    def hessian(x: Any, y: Any) -> Any:
        return 12.0 * x**2 - 4.0, 0.0 * x, 2.0

    plain = Problem(well, 0.1, **DOMAIN).solve()
    given = Problem(well, 0.1, gradient=gradient, hessian=hessian, **DOMAIN).solve()
    assert given.rate.log == pytest.approx(plain.rate.log, abs=1e-12)
    for found in (plain, given):
        assert found.minimum.theta == pytest.approx([-1.0, 0.0], abs=1e-12)
        assert found.minimum.hessian_eigenvalues == pytest.approx([2.0, 8.0], rel=1e-10)
        assert found.saddles[0].barrier == pytest.approx(1.0, rel=1e-13)


def test_one_dimension_without_a_domain() -> None:
    formula = Problem("(x^2 - 1)^2 + 0.1*sin(3*x)", 0.1, valley=-1.0, cells=200).solve()
    found = Problem(lambda x: (x**2 - 1) ** 2 + 0.1 * np.sin(3 * x), 0.1, valley=-1.0, cells=200).solve()
    assert found.rate.log == pytest.approx(formula.rate.log, abs=1e-9)
    # An independent integral: Kramers' first-passage time by quadrature.
    assert found.quadrature.escape_ratio == pytest.approx(1.0, abs=1e-6)


def test_two_dimensions_without_a_domain() -> None:
    # A parabola has no length of its own: the search for a box goes far out.
    formula = Problem("(x^2 - 1)^2 + y^2", 0.2, valley=[-1, 0], cells=(48, 48)).solve()
    found = Problem(well, 0.2, valley=[-1, 0], cells=(48, 48)).solve()
    assert found.rate.log == pytest.approx(formula.rate.log, abs=1e-8)
    for name in ("lower", "upper"):
        assert found.fields.attributes[name] == pytest.approx(formula.fields.attributes[name], rel=0.1)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_start_says_in_which_units_to_look(unit: float) -> None:
    found = Problem(lambda x: ((x / unit) ** 2 - 1) ** 2, 0.1, valley=-unit).solve()
    usual = Problem("(x^2 - 1)^2", 0.1, valley=-1.0).solve()
    # Time scales with the square of length.
    errors = found.rate.error + usual.rate.error
    assert found.rate.log + 2.0 * np.log(unit) == pytest.approx(usual.rate.log, abs=errors)
    assert found.compared == 1.0 and usual.compared is None


def test_errors_name_the_function_and_how_it_was_looked_at() -> None:
    with pytest.raises(InputError, match="between -5 and 5") as caught:
        Problem(lambda x, y: ((x / 1e-9) ** 2 - 1) ** 2 + (y / 1e-9) ** 2, 0.1, valley=[0.3, 0.1]).solve()
    assert "valley=" in caught.value.remedy and "domain=(lower, upper)" in caught.value.remedy
    with pytest.raises(InputError, match="negative eigenvalue") as caught:
        Problem(well, lambda x, y: 0.1 - x**2, **DOMAIN).solve()
    assert caught.value.key == "noise" and "of Python" in caught.value.value
    with pytest.raises(ValueError) as caught:
        Problem(lambda x: x if x > 0 else -x, 0.1, valley=0.0).solve()
    assert not hasattr(caught.value, "__notes__") or "np.where" in caught.value.__notes__[0]


def test_noise_as_a_function() -> None:
    valley = {"valley": [-1, 0], "domain": ([-2, -1.5], [0.6, 1.5]), "cells": (60, 60)}

    def tensor(x: Any, y: Any) -> Any:
        return 0.2 + 0.05 * x**2, 0.05 * x * y, 0.2 + 0.05 * y**2

    formula = Problem("(x^2-1)^2 + y^2", noises.Formula("0.2 + 0.05*x^2", "0.05*x*y", "0.2 + 0.05*y^2"), **valley).solve()
    found = Problem("(x^2-1)^2 + y^2", tensor, dimension=2, **valley).solve()
    matrix = Problem(well, lambda x, y: np.array([[tensor(x, y)[0], tensor(x, y)[1]], [tensor(x, y)[1], tensor(x, y)[2]]]), **valley)
    for other in (found, matrix.solve()):
        assert other.rate.log == pytest.approx(formula.rate.log, abs=1e-11)
    scalar = Problem(well, noises.Field(lambda x, y: 0.1 + 0.02 * x**2, interpretation="isothermal"), **valley).solve()
    by_formula = noises.Formula("0.1 + 0.02*x^2", "0", "0.1 + 0.02*x^2", interpretation="isothermal")
    assert scalar.rate.log == pytest.approx(Problem(well, by_formula, **valley).solve().rate.log, abs=1e-11)


def test_drift_as_a_function() -> None:
    about = {"valley": [-1, 0], "domain": ([-1.8, -1.5], [0.5, 1.5]), "cells": (40, 40)}
    formula = Problem(drift=["x - x^3 + 0.3*y", "-y - 0.3*x"], noise=0.1, **about).solve()
    found = Problem(drift=lambda x, y: (x - x**3 + 0.3 * y, -y - 0.3 * x), noise=0.1, **about).solve()
    assert found.rate.log == pytest.approx(formula.rate.log, abs=1e-11)


def test_covariance_of_gradients() -> None:
    # The data's covariance of Styblinski and Tang's loss shifted by N(0, I) is not needed: any tensor will do, against the same as noise.
    about = {"valley": [-1, 0], "domain": ([-1.8, -1.5], [0.6, 1.5]), "cells": (40, 40)}

    def covariance(x: Any, y: Any) -> Any:
        return 2.0 + x**2, 0.1 * x, 3.0 + y**2

    model = noises.Covariance(0.1, 1.0)
    found = Problem(well, model, covariance=covariance, **about).solve()
    direct = Problem(well, lambda x, y: tuple(0.05 * entry for entry in covariance(x, y)), **about).solve()
    assert found.rate.log == pytest.approx(direct.rate.log, abs=1e-11)
    assert found.rate.per_iteration == pytest.approx(0.1 * found.rate.value, rel=1e-14)


def test_single_precision_is_found_out_and_stated() -> None:
    def single(x: Any, y: Any) -> Any:
        return well(x.astype(np.float32), y.astype(np.float32))

    exact = Problem(well, 0.1, **DOMAIN).solve()
    found = Problem(single, 0.1, **DOMAIN).solve()
    assert 1e-9 < found.left["loss"] < 1e-5
    assert abs(found.rate.log - exact.rate.log) < found.rate.error
    with pytest.warns(saddleflux.SaddlefluxWarning, match="double precision"):
        Problem(lambda x, y: np.round(well(x, y), 3), 0.1, **DOMAIN).solve()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("temperature", [0.2, 0.05])
def test_single_precision_in_the_plane(kind: Any, temperature: float) -> None:
    # In the narrow type all the way, as networks compute.
    def single(x: Any, y: Any) -> Any:
        return banana(x.astype(np.float32), y.astype(np.float32)).astype(kind)

    for about in (DOMAIN, {"valley": [-1, -0.2], "domain": ([-2, -2], [2, 2]), "cells": (64, 64)}):
        exact = Problem(BANANA, temperature, **about).solve()
        found = Problem(single, temperature, **about).solve()
        assert 1e-8 < found.left["loss"] < 1e-5
        assert abs(found.rate.log - exact.rate.log) < found.rate.error
        assert found.minimum.theta == pytest.approx(exact.minimum.theta, abs=1e-3)
        for own, other in zip(found.saddles, exact.saddles, strict=True):
            assert own.theta == pytest.approx(other.theta, abs=1e-3)
            assert own.barrier == pytest.approx(other.barrier, abs=found.left["loss"] * 3)


def test_half_precision_is_refused_in_true_words_or_stated() -> None:
    def half(x: Any, y: Any) -> Any:
        return banana(x, y).astype(np.float16)

    exact = Problem(BANANA, 0.2, **DOMAIN).solve()
    try:
        with pytest.warns(saddleflux.SaddlefluxWarning, match="double precision"):
            found = Problem(half, 0.2, **DOMAIN).solve()
        assert abs(found.rate.log - exact.rate.log) < np.log1p(found.rate.error)
    except (InputError, saddleflux.UnsolvableError) as error:
        assert "float16" in str(error) and "float64" in error.remedy


def test_kinks_are_followed() -> None:
    about = {"domain": (-2, 0), "walls": {"x": ["reflecting", "absorbing"]}, "cells": 300}
    formula = Problem("abs(x + 1.1)", 0.2, **about).solve()
    found = Problem(lambda x: np.abs(x + 1.1), 0.2, **about).solve()
    assert found.left["loss"] < 1e-6
    assert abs(found.rate.log - formula.rate.log) < found.rate.error + formula.rate.error


@pytest.mark.parametrize("half", [0.15, 0.01, 0.003])
def test_what_is_no_number_between_the_points_is_found(half: float) -> None:
    def strip(x: Any, y: Any) -> Any:
        return np.where(np.abs(y - 0.39) < half, np.nan, well(x, y))

    with pytest.raises(InputError, match="not finite") as caught:
        Problem(strip, 0.1, **DOMAIN).solve()
    assert caught.value.key == "landscape"


def test_what_a_function_raises_is_raised() -> None:
    class Own(Exception):
        pass

    def fails(x: Any, y: Any) -> Any:
        raise Own("here")

    with pytest.raises(Own, match="here"):
        Problem(fails, 0.1, **DOMAIN).solve()
    with pytest.raises(InputError, match="np.where"):
        Problem(lambda x, y: np.zeros(3), 0.1, **DOMAIN).solve()
    with pytest.raises(InputError, match="real numbers"):
        Problem(lambda x, y: x + 1j, 0.1, **DOMAIN).solve()
    with pytest.raises(InputError, match="three arrays"):
        Problem(well, lambda x, y: (x, y), **DOMAIN).solve()
    with pytest.raises(InputError) as caught:
        Problem(lambda x, y: np.log(x + 1.0), 0.1, **DOMAIN).solve()
    assert "finite" in str(caught.value)


def test_dimension_is_needed_where_a_function_does_not_say() -> None:
    with pytest.raises(InputError, match="dimension"):
        Problem(lambda *theta: well(*theta), 0.1, **DOMAIN)
    found = Problem(lambda *theta: well(*theta), 0.1, dimension=2, **DOMAIN).solve()
    assert found.dimension == 2


def test_a_stored_function_is_named_and_refused(tmp_path: Any, command_line: Any) -> None:
    found = Problem(well, 0.1, **DOMAIN).solve()
    again = saddleflux.open(found.save(tmp_path / "out"))
    assert 'kind = "python"' in again.configuration and "well of Python" in again.configuration
    with pytest.raises(InputError, match="python"):
        saddleflux.solve(tmp_path / "out" / "result.h5")


def test_functions_in_two_threads_at_once() -> None:
    found: list[float] = []

    def solve() -> None:
        found.append(Problem(banana, 0.1, **DOMAIN).solve(threads=2).rate.log)

    threads = [threading.Thread(target=solve) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(found) == 3 and len(set(found)) == 1


def test_tables() -> None:
    x, y = np.linspace(-2.0, 2.0, 61), np.linspace(-1.6, 1.6, 50)
    table = saddleflux.Table(x, y, banana(x[:, None], y))
    about: dict[str, Any] = {"valley": [-1, 0], "cells": (64, 64)}
    found = Problem(table, 0.1, **about).solve()
    exact = Problem(BANANA, 0.1, domain=([-2, -1.6], [2, 1.6]), **about).solve()
    assert found.fields.attributes["lower"].tolist() == [-2.0, -1.6]
    # What the table leaves out is stated, and not far too large.
    away = abs(found.rate.log - exact.rate.log)
    assert away < found.rate.error and found.left["loss"] < 1e-2
    assert 1e-9 < found.left["loss"]
    # Where nothing is left out, nothing is lost: a cubic.
    line = np.linspace(-2.0, 0.0, 30)
    cubic = Problem(saddleflux.Table(line, None, line**3 - 3.0 * line), 0.2, walls={"x": ["reflecting", "reflecting"]},
                    quantities=["stationary"], cells=100).solve()
    formula = Problem("x^3 - 3*x", 0.2, domain=(-2, 0), quantities=["stationary"], cells=100).solve()
    assert np.allclose(cubic.fields["stationary"], formula.fields["stationary"], rtol=1e-11)


def test_tables_that_are_wrong() -> None:
    x = np.linspace(0.0, 1.0, 6)
    values = np.ones((6, 6))
    values[2, 3] = np.nan
    with pytest.raises(InputError, match=r"\[2, 3\] is nan"):
        saddleflux.Table(x, x, values)
    with pytest.raises(InputError, match="shape"):
        saddleflux.Table(x, x, np.ones((6, 7)))
    with pytest.raises(InputError, match="increasing"):
        saddleflux.Table(x[::-1], None, x)


def test_tables_are_the_spline_of_others() -> None:
    interpolate = pytest.importorskip("scipy.interpolate")
    random = np.random.default_rng(1)
    x, y = np.sort(random.uniform(-2, 2, 17)), np.sort(random.uniform(-1, 1, 12))
    values = random.normal(size=(17, 12))
    p, q = random.uniform(x[0], x[-1], 300), random.uniform(y[0], y[-1], 300)
    other = interpolate.RectBivariateSpline(x, y, values)(p, q, grid=False)
    assert np.allclose(saddleflux.Table(x, y, values)(p, q), other, rtol=1e-9, atol=1e-9 * np.abs(other).max())


def test_large_tables_are_asked_for_little() -> None:
    x, y = np.linspace(-2.0, 2.0, 161), np.linspace(-1.6, 1.6, 161)
    table = saddleflux.Table(x, y, banana(x[:, None], y))
    points = []

    def counted(p: Any, q: Any) -> Any:
        points.append(len(p))
        return table(p, q)

    problem = Problem(table, 0.1, valley=[-1, 0], cells=(64, 64))
    problem._functions["motion"]._functions = [("loss", counted, 1)]
    exact = Problem(BANANA, 0.1, domain=([-2, -1.6], [2, 1.6]), valley=[-1, 0], cells=(64, 64)).solve()
    found = problem.solve()
    assert abs(found.rate.log - exact.rate.log) < found.rate.error
    # Sixteen values are all that there is to know in one of 160² cells.
    assert sum(points) < 20 * 160**2
    # A hundred thousand places on a line.
    line = np.linspace(-2.0, 0.0, 100_001)
    tabled = saddleflux.Table(line, None, (line**2 - 1) ** 2)
    about: dict[str, Any] = {"walls": {"x": ["reflecting", "absorbing"]}, "cells": 300}
    whole = Problem("(x^2 - 1)^2", 0.1, domain=(-2, 0), **about).solve()
    assert Problem(tabled, 0.1, **about).solve().rate.log == pytest.approx(whole.rate.log, abs=1e-9)


def test_a_density_starts_as_an_array() -> None:
    # Cosines diagonalise second differences between reflecting walls.
    n, time = 24, 3.0
    start = np.random.default_rng(2).random((n, n))
    about = {"dimension": 2, "domain": ([0, 0], [n, n]), "quantities": ["stationary"]}
    evolve = {"times": [time], "start": start, "tolerance": 1e-9}
    found = Problem("0", 0.1, cells=(n, n), evolve=evolve, **about).solve()
    wave = np.cos(np.pi * np.outer(np.arange(n), np.arange(n) + 0.5) / n) * np.sqrt(np.where(np.arange(n) == 0, 1, 2) / n)[:, None]
    rate = 2.0 - 2.0 * np.cos(np.pi * np.arange(n) / n)
    decayed = wave @ start @ wave.T * np.exp(-0.1 * time * (rate[:, None] + rate))
    exact = wave.T @ decayed @ wave / start.sum()
    density = found.groups["evolution"]["density"][0]
    assert np.abs(density - exact).sum() <= 1e-9 and found.evolution.error <= 1e-9
    assert "array of Python" in found.configuration
    with pytest.raises(InputError, match="cells to be its shape"):
        Problem("0", 0.1, cells=(n, n + 1), evolve=evolve, **about)
    with pytest.raises(InputError, match="nowhere negative"):
        Problem("0", 0.1, cells=(n, n), evolve={**evolve, "start": -start}, **about)
    with pytest.raises(InputError, match="no sweep"):
        saddleflux.sweep(Problem("0", 0.1, cells=(n, n), evolve=evolve, **about), {"noise.temperature": [0.1, 0.2]})


def test_problems_go_to_worker_processes() -> None:
    import pickle

    again = pickle.loads(pickle.dumps(Problem(well, 0.1, **DOMAIN)))
    assert again.solve().rate.value == Problem(well, 0.1, **DOMAIN).solve().rate.value


def test_a_vectorised_function_says_how_many_arrays_it_takes() -> None:
    found = Problem(np.vectorize(lambda x: (x * x - 1.0) ** 2), 0.2, valley=[-1], cells=64).solve()
    assert found.dimension == 1 and "vectorize" not in found.problem.landscape
