#!/usr/bin/env python3
"""Six eigenpairs of one chain by ARPACK (scipy.sparse.linalg.eigs about 0) and by saddleflux: seconds, and digits of each eigenvalue.

    python scripts/eigenpairs.py [PROGRAM] [CELLS]       (target/release/saddleflux, 128)

Two wells, L = (x² - 1)² + 0.1 x + 2 y², closed, Scharfetter and Gummel's rates D/h² z/(eᶻ - 1), which both compute from L at the cell
centres. The loss separates, and so does the chain: its eigenvalues are sums of those of two short ones, which are taken here in 60 digits (mpmath)
by bisection on the sign changes of tridiagonal determinants. Needs NumPy, SciPy and mpmath.
"""
import json
import subprocess
import sys
import time

import mpmath
import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import eigs

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "target/release/saddleflux"
CELLS = int(sys.argv[2]) if len(sys.argv) > 2 else 128
LOWER, UPPER = (-2.0, -1.5), (2.0, 1.5)
mpmath.mp.dps = 60


def rates(height, spacing, noise):
    """From each cell to the next, and back; of any kind of number."""
    one = height[0] * 0 + 1
    up, down = [], []
    for low, high in zip(height, height[1:]):
        z = (high - low) / noise
        bernoulli = lambda z: z / (mpmath.expm1(z) if isinstance(z, mpmath.mpf) else np.expm1(z)) if z else one
        up.append(noise / spacing**2 * bernoulli(z))
        down.append(noise / spacing**2 * bernoulli(-z))
    return up, down


def centres(axis, kind):
    width = (kind(UPPER[axis]) - kind(LOWER[axis])) / CELLS
    return [kind(LOWER[axis]) + width * (kind(i) + kind(1) / 2) for i in range(CELLS)], width


def losses(kind):
    x, hx = centres(0, kind)
    y, hy = centres(1, kind)
    tenth = kind(1) / 10
    return [((a * a - 1) ** 2 + tenth * a, hx) for a in x], [(2 * b * b, hy) for b in y]


def line(axis, noise, kind):
    heights = losses(kind)[axis]
    return rates([height for height, _ in heights], heights[0][1], noise)


def exact(axis, noise, count):
    """The smallest eigenvalues of a short chain, by bisection in 60 digits: the number of negative pivots of the symmetrised matrix less x."""
    up, down = line(axis, noise, mpmath.mpf)
    diagonal = [(up[i] if i < CELLS - 1 else 0) + (down[i - 1] if i else 0) for i in range(CELLS)]
    squares = [u * d for u, d in zip(up, down)]

    def below(x):
        found, pivot = 0, diagonal[0] - x
        for i in range(CELLS):
            if pivot < 0:
                found += 1
            if i < CELLS - 1:
                pivot = diagonal[i + 1] - x - squares[i] / pivot
        return found

    values = [mpmath.mpf(0)]
    for k in range(1, count):
        low, high = mpmath.mpf("1e-40"), mpmath.mpf(1e6)
        # In logarithms, so that tiny ones have their digits too.
        while high / low > 1 + mpmath.mpf("1e-18"):
            middle = mpmath.sqrt(low * high)
            low, high = (low, middle) if below(middle) > k else (middle, high)
        values.append(low)
    return values


def by_arpack(noise):
    chains = []
    for axis in (0, 1):
        up, down = line(axis, noise, float)
        q = sparse.diags([up, down], [1, -1])
        chains.append(q - sparse.diags(np.asarray(q.sum(1)).ravel()))
    one = sparse.identity(CELLS)
    q = (sparse.kron(chains[0], one) + sparse.kron(one, chains[1])).tocsc()
    begun = time.perf_counter()
    # About a little below 0: at 0 the matrix is singular.
    values = eigs(-q, k=6, sigma=-1e-6, return_eigenvectors=True)[0]
    return sorted(values.real), time.perf_counter() - begun


def by_saddleflux(noise):
    text = f"""
landscape = {{ expression = "(x^2-1)^2 + x/10 + 2*y^2" }}
noise = {{ kind = "isotropic", temperature = {noise} }}
domain = {{ lower = {list(LOWER)}, upper = {list(UPPER)} }}
grid = {{ cells = [{CELLS}, {CELLS}], scheme = "scharfetter-gummel" }}
solve = {{ quantities = ["spectrum"], error_estimate = false }}
"""
    with open("eigenpairs.toml", "w") as file:
        file.write(text)
    command = [PROGRAM, "run", "eigenpairs.toml", "--json", "--no-plots", "--out", "output/eigenpairs"]
    summary = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    timing = summary["timing"]
    seconds = timing["total"], sum(timing[phase] for phase in ("assembly", "stationary law", "spectrum"))
    return [mode["re"] for mode in summary["spectrum"]], seconds, [m["error"] for m in summary["spectrum"]]


def digits(found, true):
    if true == 0:
        return f"|{abs(found):.0e}|"
    away = abs(found / true - 1)
    return "all" if away < 1e-15 else f"{max(0.0, -float(mpmath.log10(away))):.1f}"


for noise in (0.2, 0.05, 0.02):
    x, y = exact(0, mpmath.mpf(noise), 5), exact(1, mpmath.mpf(noise), 5)
    true = sorted(a + b for a in x for b in y)[:6]
    arpack, seconds = by_arpack(noise)
    own, own_seconds, errors = by_saddleflux(noise)
    print(f"T = {noise}: scipy {seconds:.2f} s, saddleflux {own_seconds[1]:.2f} s, {own_seconds[0]:.2f} s with its files")
    print("   eigenvalue                 digits: scipy  saddleflux   stated error")
    for k in range(6):
        print(f"   {mpmath.nstr(true[k], 15):<26} {digits(arpack[k], true[k]):>13} {digits(own[k], true[k]):>11}   {errors[k]:.1e}")
