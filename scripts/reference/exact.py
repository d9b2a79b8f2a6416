"""Rates in closed form, and problems in the plane that are lines in other coordinates."""

from dataclasses import replace

import mpmath
import sympy
from mpmath import mp, mpf

import line
from plane import ito_drift
from posed import X, Y

DIGITS = mpf(10) ** -25


def root(function, near):
    """A root near a place."""
    return mpmath.findroot(function, mpf(near), tol=mpf(10) ** (-2 * mp.dps + 10))


def bessel():
    """The first zero of J₀."""
    return mpmath.besseljzero(0, 1)


def annulus(inner):
    """The first zero of the cross product of Bessel functions between `inner` and 1."""
    cross = lambda k: mpmath.besselj(0, k) * mpmath.bessely(0, inner * k) - mpmath.besselj(0, inner * k) * mpmath.bessely(0, k)
    return root(cross, mp.pi / (1 - mpf(inner)))


def kummer(radius):
    """The smallest ν with M(−ν/2, 1, r²/2) = 0: a two-dimensional Ornstein–Uhlenbeck process in a disc."""
    z = mpf(radius) ** 2 / 2
    function = lambda nu: mpmath.hyp1f1(-nu / 2, 1, z)
    # M falls from 1 at ν = 0 and is nearly linear up to its first zero.
    low, high = mpf(0), mpf(10) ** -12
    while function(high) > 0:
        low, high = high, high * 2
    return mpmath.findroot(function, (low, high), solver="anderson", tol=mpf(10) ** (-2 * mp.dps + 10))


# Discs and half planes: what is solved, and the rate.
CLOSED = {
    "free-disc": ("the first zero of Bessel's J₀", lambda: mpf("0.1") * bessel() ** 2),
    "free-ellipse": ("the first zero of Bessel's J₀, in other units", lambda: mpf("0.1") * bessel() ** 2),
    "free-annulus": ("a zero of a cross product of Bessel functions", lambda: mpf("0.1") * annulus(mpf("0.4")) ** 2),
    "ornstein-uhlenbeck-disc-2": ("a root of Kummer's function", lambda: kummer(2)),
    "ornstein-uhlenbeck-disc-4": ("a root of Kummer's function", lambda: kummer(4)),
    "ornstein-uhlenbeck-disc-6": ("a root of Kummer's function", lambda: kummer(6)),
    "oblique-half-plane": ("the curvature along the direction that is killed", lambda: mpf(1)),
}


def closed(posed):
    """(route, γ, relative uncertainty) where there is a closed form."""
    if posed.name not in CLOSED:
        return None
    name, value = CLOSED[posed.name]
    return name, value(), DIGITS


def radial(posed):
    """A radially symmetric well in the unit disc: the line of the radius, with the density r e^(−L/T)."""
    if posed.name != "mexican-hat":
        return None
    t = posed.constant_noise
    along = posed.loss.subs(Y, 0) - t * sympy.log(X)
    disc = replace(
        posed, dimension=1, loss=along, slope=[sympy.diff(along, X)], lower=[0.0], upper=[1.0], walls=[["reflecting", "absorbing"]]
    )
    value, uncertainty, _ = line.solve(disc)
    return "the radial line in 40 digits", value, uncertainty


def axes(posed):
    """Processes whose coordinates are independent, or whose first one is autonomous: sums of rates of lines."""
    if posed.dimension == 1 or posed.slope[0] is sympy.nan or "periodic" in posed.walls or "whole" != posed.toml["valley"]["set"]:
        return None
    drift = [sympy.simplify(b) for b in ito_drift(posed)]
    d11, d12, d22 = posed.tensor
    is_own = [not (e.free_symbols - {v}) for e, v in ((drift[0] + 0 * X, X), (d11 + 0 * X, X), (drift[1], Y), (d22, Y))]
    absorbs = ["absorbing" in walls for walls in posed.walls]
    if not all(is_own[:2]) or (absorbs[1] and not all(is_own)) or (d12 != 0 and absorbs[1]):
        return None
    total, uncertainty = mpf(0), mpf(0)
    for axis, variable in ((0, X), (1, Y)):
        if not absorbs[axis]:
            continue
        # Itô's line with this drift and noise.
        rename = {variable: X}
        own = replace(
            posed,
            dimension=1,
            loss=sympy.integrate(-drift[axis].subs(rename), X) if not drift[axis].has(sympy.Abs) and d11.is_number else None,
            slope=[-drift[axis].subs(rename)],
            tensor=[posed.tensor[0 if axis == 0 else 2].subs(rename), sympy.Integer(0), sympy.Integer(0)],
            interpretation="ito",
            lower=[posed.lower[axis]],
            upper=[posed.upper[axis]],
            walls=[posed.walls[axis]],
        )
        value, error, _ = line.solve(own)
        total += value
        uncertainty = max(uncertainty, error)
    # A full tensor and a reflecting wall along the axis: the wall stands where the density is below 1e-13 of its peak.
    name = "lines in 40 digits, along the axes" if sum(absorbs) == 2 else "a line in 40 digits: the first coordinate alone"
    return name, total, uncertainty if d12 == 0 else mpf(10) ** -12
