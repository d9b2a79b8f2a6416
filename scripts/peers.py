"""Makes configs/reference/peers.csv: what public solvers give for the problems of the collection, as they come.

    pip install kramers fplanck py-pde numpy scipy sympy
    python scripts/peers.py

- kramers: 1D escape by spectral quadrature, with an error of its own.
- scipy: Scharfetter and Gummel's finite volumes and ARPACK about 0, which is what most people would write.
- fplanck: its master matrix without the cells beyond the absorbing wall (it has no absorbing boundary), and ARPACK about 0.
- py-pde: the density in time until it decays by one exponential; warm problems alone.

A tool that fails, gives no number or takes longer than three minutes is left out and named on the error stream.
"""

import csv
import math
import signal
import sys
import warnings
from pathlib import Path

import numpy
import scipy.sparse as sparse
import sympy
from scipy.sparse.linalg import eigs

sys.path.insert(0, str(Path(__file__).parent / "reference"))
import posed as reading
from plane import ito_drift
from posed import X, Y

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 180
warnings.simplefilter("ignore")


def function(expression, variables=(X,)):
    """A formula for arrays."""
    inner = sympy.lambdify(variables, expression, "numpy")
    return lambda *at: inner(*at) + 0.0 * at[0]


def by_kramers(problem):
    """Lines."""
    if problem.dimension != 1:
        return None
    import kramers

    d = problem.tensor[0]
    left, right = problem.walls[0]
    walls = {"left": left, "right": right, "domain": (problem.lower[0], problem.upper[0])}
    if problem.constant_noise is not None and problem.loss is not None:
        line = kramers.FirstPassage1D(function(problem.loss / d), D=float(d), **walls)
    else:
        b = own_drift(problem)
        line = kramers.FirstPassage1D(drift=function(b), D=function(d), **walls)
    found = line.decay_rate()
    value = float(getattr(found, "value", found))
    error = getattr(found, "error", None)
    return value, (None if error is None else float(error) / abs(value))


def own_drift(problem):
    """Itô's drift of a line."""
    share = {"ito": 0, "isothermal": 1, "stratonovich": sympy.Rational(1, 2)}[problem.interpretation]
    return -problem.slope[0] + share * sympy.diff(problem.tensor[0], X)


def bernoulli(z):
    """z/(e^z − 1)."""
    small = numpy.abs(z) < 1e-8
    return numpy.where(small, 1 - z / 2, z / numpy.expm1(numpy.where(small, 1.0, z)))


def isotropic(problem):
    """Whether it has a loss and white noise in a rectangle with plain walls."""
    whole = problem.toml["valley"]["set"] == "whole" and "periodic" not in problem.walls
    return problem.constant_noise is not None and problem.loss is not None and whole


def by_scipy(problem):
    """A chain with Scharfetter and Gummel's weights."""
    if not isotropic(problem):
        return None
    t = float(problem.constant_noise)
    cells = [400] if problem.dimension == 1 else [128, 128]
    variables = (X, Y)[: problem.dimension]
    loss = function(problem.loss, variables)
    h = [(high - low) / n for low, high, n in zip(problem.lower, problem.upper, cells)]
    at = numpy.meshgrid(*[low + (numpy.arange(n) + 0.5) * s for low, n, s in zip(problem.lower, cells, h)], indexing="ij")
    values = loss(*at)
    number = numpy.arange(values.size).reshape(values.shape)
    rows, columns, entries = [], [], []
    diagonal = numpy.zeros(values.size)

    def rate(out, rise, scale, into=None):
        found = (scale * bernoulli(rise / t)).ravel()
        numpy.add.at(diagonal, out.ravel(), found)
        if into is not None:
            rows.append(out.ravel()), columns.append(into.ravel()), entries.append(-found)

    for axis, s in enumerate(h):
        low = [slice(None)] * problem.dimension
        high = list(low)
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        a, b = number[tuple(low)], number[tuple(high)]
        rise = values[tuple(high)] - values[tuple(low)]
        rate(a, rise, t / s**2, b)
        rate(b, -rise, t / s**2, a)
        for end, wall in enumerate(problem.walls[axis]):
            if wall == "absorbing":
                edge = [slice(None)] * problem.dimension
                edge[axis] = -1 if end else 0
                places = [v[tuple(edge)].copy() for v in at]
                places[axis] = numpy.full_like(places[axis], problem.upper[axis] if end else problem.lower[axis])
                rate(number[tuple(edge)], loss(*places) - values[tuple(edge)], 2 * t / s**2)
    matrix = sparse.csc_matrix(
        (numpy.concatenate([*entries, diagonal]), (numpy.concatenate([*rows, number.ravel()]), numpy.concatenate([*columns, number.ravel()])))
    )
    return float(eigs(matrix, k=1, sigma=0, return_eigenvectors=False)[0].real), None


def by_fplanck(problem):
    """Problems killed at the upper end of x alone."""
    if not isotropic(problem) or problem.walls[0] != ["reflecting", "absorbing"] or "absorbing" in sum(problem.walls[1:], []):
        return None
    # fplanck 0.2.2, the last for Python below 3.12, is from before NumPy 2.
    numpy.product = numpy.prod
    import fplanck
    from scipy import constants

    t = float(problem.constant_noise)
    n = 400 if problem.dimension == 1 else 96
    h = (problem.upper[0] - problem.lower[0]) / (n + 0.5)
    extent, middle = [(n + 1) * h * (1 - 1e-12)], [problem.lower[0] + (n + 1) * h / 2]
    for low, high in list(zip(problem.lower, problem.upper))[1:]:
        extent.append((high - low) * (1 - 1e-12))
        middle.append((low + high) / 2)
    loss = function(problem.loss, (X, Y)[: problem.dimension])
    solver = fplanck.fokker_planck(
        temperature=t / constants.k,
        drag=1.0,
        extent=extent,
        resolution=h,
        potential=lambda *at: loss(*[v + m for v, m in zip(at, middle)]),
        boundary=fplanck.boundary.reflecting,
    )
    # The last cells along x are centred on the wall.
    keep = numpy.ones(solver.Ngrid, bool)
    keep[-1] = False
    matrix = -solver.master_matrix.tocsc()[keep.ravel()][:, keep.ravel()]
    return float(eigs(matrix, k=1, sigma=0, return_eigenvectors=False)[0].real), None


def by_pde(problem):
    """Warm lines."""
    if problem.dimension != 1 or not isotropic(problem) or problem.name not in WARM:
        return None
    import pde

    t = float(problem.constant_noise)
    n = 48
    grid = pde.CartesianGrid([[problem.lower[0], problem.upper[0]]], n)
    slope = sympy.diff(problem.loss, X)
    walls = []
    for kind, place, outwards in zip(problem.walls[0], (problem.lower[0], problem.upper[0]), (-1, 1)):
        # No flux: ∂p/∂n + ∂L/∂n p/T = 0.
        steep = outwards * float(slope.subs(X, place)) / t
        walls.append({"value": 0} if kind == "absorbing" else {"type": "mixed", "value": steep, "const": 0})
    fields = {"g": slope, "k": sympy.diff(slope, X)}
    fields = {name: pde.ScalarField.from_expression(grid, str(field)) for name, field in fields.items()}
    equation = pde.PDE({"p": f"{t}*laplace(p) + d_dx(p)*g + p*k"}, consts=fields, bc=walls)
    step = 0.25 * ((problem.upper[0] - problem.lower[0]) / n) ** 2 / t
    state = pde.ScalarField(grid, numpy.exp(-(problem_values(problem, grid) / t)))
    relaxed = 3.0 / WARM[problem.name]
    options = {"dt": step, "tracker": None, "backend": "numpy"}
    first = equation.solve(state, t_range=relaxed, **options)
    second = equation.solve(first, t_range=relaxed, **options)
    return math.log(first.data.sum() / second.data.sum()) / relaxed, None


def problem_values(problem, grid):
    """L less its least value."""
    values = function(problem.loss)(grid.axes_coords[0])
    return values - values.min()


# Problems for py-pde, and about how fast they relax.
WARM = {
    "free-interval-one": 1.0,
    "free-interval-both": 3.0,
    "ornstein-uhlenbeck-1": 1.0,
    "ornstein-uhlenbeck-2": 1.0,
    "ornstein-uhlenbeck-both-3": 1.0,
}

TOOLS = {"kramers": by_kramers, "scipy, ARPACK": by_scipy, "fplanck, ARPACK": by_fplanck, "py-pde": by_pde}


def too_long(*_):
    """The alarm."""
    raise TimeoutError(f"more than {SECONDS} s")


def main():
    """Every tool on every problem that it can treat."""
    signal.signal(signal.SIGALRM, too_long)
    with open(ROOT / "configs/reference/peers.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["problem", "value", "error", "tool"])
        for path in sorted((ROOT / "configs/reference").glob("*.toml")):
            problem = reading.read(path)
            for tool, solve in TOOLS.items():
                signal.alarm(SECONDS)
                try:
                    found = solve(problem)
                except Exception as error:
                    print(f"{problem.name}: {tool}: {type(error).__name__}: {str(error)[:120]}", file=sys.stderr)
                    continue
                finally:
                    signal.alarm(0)
                if found and math.isfinite(found[0]):
                    value, claimed = found
                    table.writerow([problem.name, repr(value), "" if claimed is None else f"{claimed:.3g}", tool])
                    file.flush()
                elif found:
                    print(f"{problem.name}: {tool}: {found[0]}", file=sys.stderr)


if __name__ == "__main__":
    main()
