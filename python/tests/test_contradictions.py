"""What is given beside a loss, against the loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import saddleflux
from saddleflux import InputError, Problem, noises

BOX: dict[str, Any] = {"domain": ([-2, -2], [0, 2]), "walls": {"x": ["reflecting", "absorbing"]}, "cells": (24, 24)}


def loss(x: Any, y: Any) -> Any:
    return (x**2 - 1) ** 2 + 1.5 * y**2 + 0.4 * x * y


def gradient(x: Any, y: Any) -> Any:
    return 4.0 * x * (x**2 - 1.0) + 0.4 * y, 3.0 * y + 0.4 * x


def hessian(x: Any, y: Any) -> Any:
    return 12.0 * x**2 - 4.0, 0.4 + 0.0 * x, 3.0


def refused(**beside: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        Problem(beside.pop("loss", loss), 0.1, **beside, **BOX).solve()
    error = caught.value
    assert error.key in str(error) and error.value is not None and error.rule and error.remedy
    return error


def test_what_belongs_together_is_taken() -> None:
    plain = Problem(loss, 0.1, **BOX).solve()
    for beside in ({"gradient": gradient}, {"hessian": hessian}, {"gradient": gradient, "hessian": hessian}):
        assert Problem(loss, 0.1, **beside, **BOX).solve().rate.log == pytest.approx(plain.rate.log, abs=1e-11)


@pytest.mark.parametrize("wrong, words", [
    (lambda x, y: tuple(-slope for slope in gradient(x, y)), "sign is turned"),
    (lambda x, y: gradient(x, y)[::-1], "exchanged"),
    (lambda x, y: tuple(2.0 * slope for slope in gradient(x, y)), "2 times"),
    (lambda x, y: (gradient(x, y)[0] + 0.3, gradient(x, y)[1]), "differences of the loss say"),
    (lambda x, y: (gradient(x, y)[0], np.nan * y), "nan"),
    # Wrong in a quarter of the domain.
    (lambda x, y: (gradient(x, y)[0] * np.where((x > -1.0) & (y > 0.0), 1.1, 1.0), gradient(x, y)[1]), "contradicts"),
])
def test_gradients_that_do_not_belong(wrong: Any, words: str) -> None:
    error = refused(gradient=wrong)
    assert error.key == "gradient" and words in str(error)


def test_the_place_and_both_values_are_told() -> None:
    error = refused(gradient=lambda x, y: (gradient(x, y)[0], gradient(x, y)[1] + 7.0))
    place = {name: float(value) for name, value in (part.split(" = ") for part in str(error).split("at ")[1].split(" it gives")[0].split(", "))}
    given = str(error).split("it gives ")[1].split(", where")[0].split(", ")
    expected = str(error).split(" say ")[1].split(" (")[0].split(":")[0].split(", ")
    right = gradient(place["x"], place["y"])
    assert [float(value) for value in expected] == pytest.approx(right, abs=1e-4)
    assert [float(value) for value in given] == pytest.approx([right[0], right[1] + 7.0], abs=1e-4)
    assert error.value == pytest.approx([right[0], right[1] + 7.0], abs=1e-4)


@pytest.mark.parametrize("beside", [{}, {"gradient": gradient}])
def test_hessians_that_do_not_belong(beside: Any) -> None:
    for wrong in (
        lambda x, y: (hessian(x, y)[0], 3.0, 0.4),
        lambda x, y: (hessian(x, y)[0], -0.4, 3.0),
        lambda x, y: tuple(-np.asarray(entry) for entry in hessian(x, y)),
        lambda x, y: (12.0 * x**2 - 4.0, 0.4, np.where(x > -1.0, np.nan, 3.0)),
    ):
        assert refused(hessian=wrong, **beside).key == "hessian"
    assert "symmetric" in str(refused(hessian=lambda x, y: ((hessian(x, y)[0], 0.4 + 0 * x), (0.5 + 0 * x, 3.0 + 0 * x)), **beside))


def test_covariances_that_are_none() -> None:
    noise = noises.Covariance(0.1, 1.0)
    for wrong, words in (
        (lambda x, y: (1.0 + x**2, 3.0, 1.0), "negative eigenvalue"),
        (lambda x, y: (-1.0, 0.0, -1.0), "negative eigenvalue"),
        (lambda x, y: (1.0, np.nan, 1.0), "nan"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            Problem(loss, noise, covariance=wrong, **BOX).solve()
        assert caught.value.key == "covariance" and caught.value.rule and caught.value.remedy
    # Degenerate ones are covariances.
    Problem(loss, noises.Covariance(0.1, 1.0, floor=0.05), covariance=lambda x, y: (x**2, x * y, y**2), **BOX).solve()


def test_one_dimension_and_any_units() -> None:
    # Lengths of 1e-9 and losses of 1e-21.
    unit, energy = 1e-9, 1e-21
    about: dict[str, Any] = {"domain": (-2 * unit, 0.0), "walls": {"x": ["reflecting", "absorbing"]}, "cells": 60}

    def small(x: Any) -> Any:
        return energy * ((x / unit) ** 2 - 1) ** 2

    def slope(x: Any) -> Any:
        return energy / unit * 4.0 * (x / unit) * ((x / unit) ** 2 - 1)

    Problem(small, 0.2 * energy, gradient=slope, hessian=lambda x: energy / unit**2 * (12.0 * (x / unit) ** 2 - 4.0), **about).solve()
    with pytest.raises(InputError, match="1.05 times"):
        Problem(small, 0.2 * energy, gradient=lambda x: 1.05 * slope(x), **about).solve()


def test_rough_losses_are_given_the_benefit_of_the_doubt() -> None:
    # Single precision, noise, and a network's kinks: what is given is right.
    random = np.random.default_rng(3)
    lines = random.normal(size=(3, 60))

    def kinks(x: Any, y: Any) -> Any:
        return loss(x, y) + 0.01 * np.maximum(lines[0] * x[:, None] + lines[1] * y[:, None] + lines[2], 0.0).sum(axis=1)

    def their(x: Any, y: Any) -> Any:
        on = (lines[0] * x[:, None] + lines[1] * y[:, None] + lines[2] > 0.0) * 0.01
        return gradient(x, y)[0] + on @ lines[0], gradient(x, y)[1] + on @ lines[1]

    functions = saddleflux.functions.motion_sampler(kinks, False, {"gradient": their}, 2)
    functions.compare([-2.0, -2.0], [0.0, 2.0], True)

    def single(x: Any, y: Any) -> Any:
        return loss(x.astype(np.float32), y.astype(np.float32))

    functions = saddleflux.functions.motion_sampler(single, False, {"gradient": gradient, "hessian": hessian}, 2)
    functions.compare([-2.0, -2.0], [0.0, 2.0], True)


def test_sweeps_are_looked_at_too() -> None:
    problem = Problem(loss, 0.1, gradient=lambda x, y: (0.0 * x, 0.0 * y), **BOX)
    with pytest.raises(InputError, match="contradicts the loss"):
        saddleflux.sweep(problem, {"noise.temperature": [0.1, 0.2]})


@pytest.mark.parametrize("own, beside", [
    # Roundings beside entries that are exactly zero.
    (lambda x, y: (x**2 - 1) ** 2 + y**2, {"hessian": lambda x, y: (12 * x**2 - 4, 1e-17 * x, 2.0 + 0 * y)}),
    # Single precision in values that differ by orders over the box, or stand on a large constant.
    (lambda x, y: ((x**2 - 1) ** 2 + y**4 + 0.5 * y**2).astype(np.float32), {"gradient": lambda x, y: (4 * x * (x**2 - 1), 4 * y**3 + y)}),
    # A gradient by differences with a long step.
    (loss, {"gradient": lambda x, y: ((loss(x + 1e-4, y) - loss(x, y)) / 1e-4, (loss(x, y + 1e-4) - loss(x, y)) / 1e-4)}),
])
def test_what_differs_by_rounding_or_by_a_step_is_no_contradiction(own: Any, beside: dict[str, Any]) -> None:
    for width in (1.5, 2.0, 3.0, 5.0):
        box = {**BOX, "domain": ([-width, -width], [0, width]), "cells": (16, 16)}
        plain = Problem(own, 0.3, **box).solve()
        assert Problem(own, 0.3, **beside, **box).solve().rate.log == pytest.approx(plain.rate.log, abs=0.05)


def test_a_gradient_that_is_cut_off_far_from_the_wells_is_one_where_no_domain_is_given() -> None:
    def capped(x: Any) -> Any:
        return np.clip(4.0 * x * (x**2 - 1.0), -200.0, 200.0)

    found = Problem(lambda x: (x**2 - 1) ** 2, 0.1, gradient=capped, valley=[-1.0]).solve()
    assert found.rate.value == pytest.approx(Problem("(x^2-1)^2", 0.1, dimension=1, valley=[-1.0]).solve().rate.value, rel=1e-3)


def test_a_gradient_is_compared_in_the_domain_that_is_chosen() -> None:
    """0.1 is little between -5 and 5, where slopes reach 480, and much in the domain that the landscape leads to."""
    wrong = Problem(lambda x: (x**2 - 1) ** 2, 0.1, gradient=lambda x: 4 * x * (x**2 - 1) + 0.1, valley=[-1], cells=64)
    for call in (wrong.solve, wrong.simulate):
        with pytest.raises(InputError, match="gradient: contradicts the loss in 6[0-9] of 64 places") as caught:
            call(progress=False)
        assert caught.value.key == "gradient"
    right = Problem(lambda x: (x**2 - 1) ** 2, 0.1, gradient=lambda x: 4 * x * (x**2 - 1), valley=[-1], cells=64)
    assert right.solve(progress=False).warnings == ()
