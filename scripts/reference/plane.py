"""Escape rates from rectangles by collocation at Chebyshev's points (Fourier's on periodic axes): spectral, any tensor, any drift.

𝓛u = b·∇u + D:∇∇u with Itô's drift b, u = 0 where the process is killed and n·D∇u = 0 where it reflects; inverse iteration on a
dense matrix. Double precision ends it at rates of about 1e-8 of the relaxation.
"""

import numpy
import sympy
from scipy.linalg import lu_factor, lu_solve

from posed import X, Y

# Points along each axis of the two solutions that are compared.
POINTS = [(52, 48), (68, 64)]


def chebyshev(n, a, b):
    """Points and the matrix of the derivative."""
    k = numpy.arange(n)
    x = numpy.cos(numpy.pi * k / (n - 1))
    c = numpy.where((k == 0) | (k == n - 1), 2.0, 1.0) * (-1.0) ** k
    # sin·sin in place of a difference of cosines.
    i, j = numpy.meshgrid(k, k, indexing="ij")
    apart = 2 * numpy.sin(numpy.pi * (i + j) / (2 * (n - 1))) * numpy.sin(numpy.pi * (j - i) / (2 * (n - 1)))
    with numpy.errstate(divide="ignore"):
        d = numpy.outer(c, 1 / c) / apart
    numpy.fill_diagonal(d, 0.0)
    numpy.fill_diagonal(d, -d.sum(axis=1))
    return a + (b - a) * (1 - x) / 2, -d * 2 / (b - a)


def fourier(n, a, b):
    """The same on a circle, n even."""
    h = 2 * numpy.pi / n
    k = numpy.arange(1, n)
    column = numpy.concatenate([[0.0], 0.5 * (-1.0) ** k / numpy.tan(k * h / 2)])
    d = numpy.array([[column[(i - j) % n] for j in range(n)] for i in range(n)])
    return a + (b - a) * numpy.arange(n) / n, d * 2 * numpy.pi / (b - a)


def ito_drift(posed):
    """b of the generator."""
    d11, d12, d22 = posed.tensor
    share = {"ito": 0, "isothermal": 1, "stratonovich": sympy.Rational(1, 2)}[posed.interpretation]
    divergence = [sympy.diff(d11, X) + sympy.diff(d12, Y), sympy.diff(d12, X) + sympy.diff(d22, Y)]
    return [-s + share * v for s, v in zip(posed.slope, divergence)]


def rate(posed, points):
    """γ on so many points."""
    axes = []
    for axis in (0, 1):
        make = fourier if posed.walls[axis] == "periodic" else chebyshev
        axes.append(make(points[axis], posed.lower[axis], posed.upper[axis]))
    (x, dx), (y, dy) = axes
    nx, ny = len(x), len(y)
    at = numpy.meshgrid(x, y, indexing="ij")
    on_grid = lambda e: numpy.broadcast_to(sympy.lambdify((X, Y), e, "numpy")(*at), (nx, ny)).astype(float).ravel()
    bx, by = (on_grid(e) for e in ito_drift(posed))
    d11, d12, d22 = (on_grid(e) for e in posed.tensor)
    gx, gy = numpy.kron(dx, numpy.eye(ny)), numpy.kron(numpy.eye(nx), dy)
    full = bx[:, None] * gx + by[:, None] * gy
    full += d11[:, None] * numpy.kron(dx @ dx, numpy.eye(ny)) + d22[:, None] * numpy.kron(numpy.eye(nx), dy @ dy)
    if numpy.any(d12):
        full += 2 * d12[:, None] * numpy.kron(dx, dy)
    number = numpy.arange(nx * ny).reshape(nx, ny)
    mass = numpy.ones(nx * ny)
    sides = {(0, 0): number[0, :], (0, 1): number[-1, :], (1, 0): number[:, 0], (1, 1): number[:, -1]}
    # What absorbs comes last: it has the corners.
    kinds = [(posed.walls[axis][end], axis, rows) for (axis, end), rows in sides.items() if posed.walls[axis] != "periodic"]
    for kind, axis, rows in sorted(kinds, key=lambda side: side[0] == "absorbing"):
        mass[rows] = 0.0
        if kind == "absorbing":
            full[rows] = 0.0
            full[rows, rows] = 1.0
        else:
            normal = (d11, d12) if axis == 0 else (d12, d22)
            full[rows] = normal[0][rows][:, None] * gx[rows] + normal[1][rows][:, None] * gy[rows]
    scale = numpy.abs(full).max(axis=1)
    factor = lu_factor(full / scale[:, None], overwrite_a=True)
    u, last = numpy.ones(nx * ny), 0.0
    for _ in range(200):
        v = lu_solve(factor, -mass * u / scale)
        k = numpy.abs(v).argmax()
        found, u = u[k] / v[k], v / v[k]
        if abs(found - last) <= 1e-14 * abs(found):
            break
        last = found
    return found


def solve(posed):
    """(γ, relative uncertainty): the change from fewer points is the error of those."""
    coarse, fine = (rate(posed, points) for points in POINTS)
    return fine, abs(coarse / fine - 1) + 1e-12
