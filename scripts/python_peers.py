"""saddleflux beside fplanck, py-pde and kramers, each on the problems of the others' front pages: lines of user code, time, digits.

Every entry is a function whose body is what a user writes; its last line hands over what is judged. Each runs in a process of its own, from
the import to the result ("first"), and three times more ("again", the least of them). The references are made here and share nothing with the
four: a collocation of high order and its matrix exponential, quadratures, cosine transforms, an iterated Green's function, Airy's functions.

    python -m venv peers && peers/bin/pip install ./python scipy mpmath fplanck py-pde kramers       # fplanck needs Python >= 3.12
    peers/bin/python scripts/python_peers.py                                                         # prints the table of docs/python.md
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np

# ruff: noqa: E402

# fplanck: "a single particle in a 2D harmonic potential" (its examples/harmonic_2d.py), 200 times up to 2 ms.


def harmonic_fplanck():
    from fplanck.functions import gaussian_pdf
    from fplanck.potentials import harmonic_potential
    from fplanck.solver import FokkerPlanck
    from fplanck.utility import Boundary
    nm = 1e-9
    drag = 6 * np.pi * 8e-4 * 50 * nm
    U = harmonic_potential((0, 0), 1e-6)
    sim = FokkerPlanck(temperature=300, drag=drag, extent=[600 * nm, 600 * nm], resolution=10 * nm,
                       boundary=Boundary.REFLECTING, potential=U)
    pdf = gaussian_pdf(center=(-150 * nm, -150 * nm), width=30 * nm)
    time, Pt = sim.propagate_interval(pdf, 2e-3, Nsteps=200)
    return Pt[-1], sim.axes[0] / nm


def harmonic_saddleflux():
    from saddleflux import Problem
    # nm and ms.
    drag = 6 * np.pi * 8e-4 * 50e-9
    result = Problem(lambda x, y: 0.5 * (1e-9 / drag) * (x**2 + y**2), noise=300 * 1.380649e-23 / drag * 1e15,
                     domain=([-300, -300], [300, 300]), cells=(60, 60), quantities=["stationary"],
                     evolve={"times": np.linspace(0.01, 2.0, 200), "start": {"point": [-150, -150], "width": 30}}).solve()
    return result.groups["evolution"]["density"][-1], result.x


def harmonic_reference(places):
    """Each axis by collocation at 160 Chebyshev points and the matrix exponential of its fluxes; the start is cut to the box."""
    from scipy.linalg import expm

    drag, n, half = 6 * np.pi * 8e-4 * 50e-9, 160, 300.0
    k, d = 1e-9 / drag, 300 * 1.380649e-23 / drag * 1e15
    nodes = np.cos(np.pi * np.arange(n) / (n - 1))
    weight = np.where((np.arange(n) == 0) | (np.arange(n) == n - 1), 2.0, 1.0) * (-1.0) ** np.arange(n)
    gaps = nodes[:, None] - nodes[None, :] + np.eye(n)
    derive = weight[:, None] / weight[None, :] / gaps
    derive = (derive - np.diag(derive.sum(axis=1))) / half
    x = half * nodes
    # q = p / exp(−k x²/2D) obeys the backward equation with q' = 0 at both walls, whose rows take those of the ends.
    inner = np.arange(1, n - 1)
    ends = [0, n - 1]
    fill = -np.linalg.solve(derive[np.ix_(ends, ends)], derive[np.ix_(ends, inner)])
    operator = d * derive @ derive - np.diag(k * x) @ derive
    operator = operator[np.ix_(inner, inner)] + operator[np.ix_(inner, ends)] @ fill
    start = np.exp(-((x + 150.0) ** 2) / (2 * 30.0**2) + k * x**2 / (2 * d))
    q = expm(2.0 * operator) @ start[inner]
    values = np.zeros(n)
    values[inner] = q
    values[ends] = fill @ q
    barycentric = (-1.0) ** np.arange(n) * np.where((np.arange(n) == 0) | (np.arange(n) == n - 1), 0.5, 1.0)
    # A place that is a node but for its rounding is one next to it.
    kernel = barycentric / (places[:, None] * (1.0 - 1e-13) - x[None, :])
    line = (kernel @ values) / kernel.sum(axis=1) * np.exp(-k * places**2 / (2 * d))
    return np.outer(line, line) / line.sum() ** 2


def apart(told, reference):
    """What two densities differ by, in probability."""
    found, places = np.asarray(told[0]), np.asarray(told[1])
    exact = reference(places)
    return float(np.abs(found / found.sum() - exact / exact.sum()).sum())


# fplanck: "a single particle in a tilted periodic potential" (its examples/ratchet.py), the steady state. The example joins the ends
# of 4.77 periods, where the force jumps, which saddleflux refuses; here they are ends of 5 periods.


def ratchet_fplanck():
    from fplanck.solver import FokkerPlanck
    from fplanck.utility import Boundary
    nm = 1e-9
    drag = 6 * np.pi * 8e-4 * 50 * nm
    L = 20 * nm
    sim = FokkerPlanck(temperature=300, drag=drag, extent=10 * np.pi * L, resolution=np.pi * L / 30, boundary=Boundary.PERIODIC,
                       force=lambda x: 5e-21 * (np.sin(x / L) + 4) / L)
    steady = sim.steady_state()
    return steady, sim.axes[0] / nm


def ratchet_saddleflux():
    from saddleflux import Problem
    drag = 6 * np.pi * 8e-4 * 50e-9
    result = Problem(drift=f"{5e-21 / 20e-9 / drag * 1e6}*(sin(x/20) + 4)", noise=300 * 1.380649e-23 / drag * 1e15,
                     domain=(-100 * np.pi, 100 * np.pi), walls={"x": "periodic"}, cells=300, quantities=["stationary"]).solve()
    return result.fields["stationary"], result.x


def ratchet_reference(centres):
    """p ∝ e^−φ(x) ∫ over one turn from x of e^φ, by Gauss and Legendre's rule on 300 panels."""
    scale, length = 5e-21 / (1.380649e-23 * 300), 20.0
    nodes, weights = np.polynomial.legendre.leggauss(20)
    found = []
    for centre in centres:
        edges = centre + np.linspace(0.0, 10 * np.pi * length, 301)
        middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
        places = middle[:, None] + half[:, None] * nodes
        phi = [-scale * (4 * x / length - np.cos(x / length)) for x in (places, centre)]
        found.append((half[:, None] * weights * np.exp(phi[0] - phi[1])).sum())
    return np.array(found)


# py-pde: the diffusion equation on 64 × 64 unit cells from random values, D = 0.1, to t = 10 (its README).


def diffusion_pde():
    import pde
    grid = pde.UnitGrid([64, 64])
    state = pde.ScalarField(grid, random_state())
    eq = pde.DiffusionPDE(diffusivity=0.1)
    result = eq.solve(state, t_range=10, tracker=None)
    return result.data


def diffusion_saddleflux():
    from saddleflux import Problem
    result = Problem("0", noise=0.1, dimension=2, domain=([0, 0], [64, 64]), cells=(64, 64), quantities=["stationary"],
                     evolve={"times": [10.0], "start": random_state()}).solve()
    return result.groups["evolution"]["density"][-1]


def random_state():
    return np.random.default_rng(1).random((64, 64))


def diffusion_reference():
    """Both take second differences on these cells, and cosines diagonalise them."""
    from scipy.fft import dctn, idctn

    rate = 2.0 - 2.0 * np.cos(np.pi * np.arange(64) / 64)
    return idctn(dctn(random_state(), norm="ortho") * np.exp(-0.1 * 10 * (rate[:, None] + rate[None, :])), norm="ortho")


# kramers: "how far Kramers' formula is from the exact escape rate at 5, 10 and 20 kT" (its README), U = B (x² − 1)².


def rates_kramers():
    from kramers.solvers.quadrature import FirstPassage1D
    rates = [FirstPassage1D(lambda x, B=B: B * (x * x - 1.0) ** 2, D=1.0, domain=(-np.inf, 1.0), left="natural",
                            right="absorbing").decay_rate().value for B in (5, 10, 20)]
    return rates


def rates_saddleflux():
    from saddleflux import Problem
    rates = [Problem(f"{B}*(x^2 - 1)^2", noise=1.0, domain=(-2.8, 1.0), walls={"x": ["reflecting", "absorbing"]},
                     cells=2000).solve().rate.best for B in (5, 10, 20)]
    return rates


def rates_reference():
    """1/γ by iterations of Green's function ∫ₓ e^U ∫ e^−U u on 60 panels of 24 points, in which nothing is subtracted but roundings."""
    nodes, weights = np.polynomial.legendre.leggauss(24)
    # ∫ from the left end of a panel to each of its nodes, exact for the polynomial through the nodes.
    powers = np.polynomial.legendre.legvander(nodes, 23)
    to_coefficients = np.linalg.inv(powers)
    integrals = np.stack([np.polynomial.legendre.legval(nodes, np.polynomial.legendre.legint(row, lbnd=-1)) for row in np.eye(24)], axis=1)
    inside = integrals @ to_coefficients
    edges = np.linspace(-2.2, 1.0, 61)
    half = np.diff(edges)[0] / 2
    x = (edges[:-1] + half)[:, None] + half * nodes

    def from_left(f):
        whole = half * (f * weights).sum(axis=1)
        return np.concatenate([[0.0], np.cumsum(whole)[:-1]])[:, None] + half * f @ inside.T

    def to_right(f):
        whole = half * (f * weights).sum(axis=1)
        right = np.concatenate([np.cumsum(whole[::-1])[::-1][1:], [0.0]])
        return right[:, None] + whole[:, None] - half * f @ inside.T

    found = []
    for barrier in (5, 10, 20):
        energy = barrier * (x * x - 1.0) ** 2
        u = np.ones_like(x)
        place = np.unravel_index(np.abs(x + 1.0).argmin(), x.shape)
        for _ in range(30):
            after = to_right(np.exp(energy) * from_left(np.exp(-energy) * u))
            found_rate = u[place] / after[place]
            u = after / after.max()
        found.append(found_rate)
    return np.array(found)


# kramers: the mean time through a noisy saddle-node, from −∞ to ∞ (its README and entry K0004): dx = (x² + ε) dt + g dW.


def node_kramers():
    from kramers.formulas import passage_time_saddle_node
    tau = passage_time_saddle_node(-1.0, 0.5)
    return tau


def node_saddleflux():
    from saddleflux import Problem
    # The walls stand for infinity, from where and whereto the drift alone takes 2/60 of a unit of time.
    tau = Problem(drift="x^2 - 1", noise=0.125, domain=(-60, 60), walls={"x": ["reflecting", "absorbing"]},
                  valley={"minimum": [-1.0], "from": [-59.99], "set": "whole"}, cells=20000).solve().passage_time.value
    return tau


def node_reference():
    import mpmath

    with mpmath.workdps(30):
        z = -(mpmath.mpf(2) ** (mpmath.mpf(2) / 3)) * (-1 / mpmath.mpf("0.5") ** (mpmath.mpf(4) / 3))
        scaled = mpmath.mpf(2) ** (mpmath.mpf(1) / 3) * mpmath.pi**2 * (mpmath.airyai(z) ** 2 + mpmath.airybi(z) ** 2)
        return float(scaled / mpmath.mpf("0.5") ** (mpmath.mpf(2) / 3))


def uneven(told, reference):
    """The largest relative error of a density, whatever its unit."""
    found, exact = np.asarray(told), reference()
    return float(np.max(np.abs(found / found.sum() / (exact / exact.sum()) - 1.0)))


def off(found, reference):
    """The largest relative error."""
    return float(np.max(np.abs(np.asarray(found) / np.asarray(reference()) - 1.0)))


PROBLEMS: list[tuple[str, str, Callable, Callable, str]] = [
    ("harmonic well, 2D, to 2 ms, 60²", "harmonic", harmonic_reference, apart, "fplanck"),
    ("ratchet, steady state, 300 cells", "ratchet", ratchet_reference, apart, "fplanck"),
    ("diffusion of random values, 64²", "diffusion", diffusion_reference, uneven, "pde"),
    ("escape rates at 5, 10, 20 kT", "rates", rates_reference, off, "kramers"),
    ("time through a saddle-node", "node", node_reference, off, "kramers"),
]


def lines(function) -> int:
    """Lines that a user writes: without the name, the hand-over, comments and blanks."""
    body = [line.strip() for line in inspect.getsource(function).splitlines()[1:-1]]
    return sum(bool(line) and not line.startswith("#") for line in body)


def plain(found):
    return [plain(entry) for entry in found] if isinstance(found, tuple) else np.asarray(found).tolist()


def one(name: str) -> None:
    function = globals()[name]
    warnings.simplefilter("ignore")
    begun = time.perf_counter()
    found = function()
    first = time.perf_counter() - begun
    again = []
    for _ in range(3):
        begun = time.perf_counter()
        function()
        again.append(time.perf_counter() - begun)
    print(json.dumps({"first": first, "again": min(again), "found": plain(found)}))


def main() -> None:
    if len(sys.argv) > 1:
        return one(sys.argv[1])
    print("| problem | with | lines | first | again | error |\n|---|---|---|---|---|---|")
    for title, stem, reference, judge, peer in PROBLEMS:
        for tool in (peer, "saddleflux"):
            name = f"{stem}_{tool}"
            done = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, timeout=600)
            if done.returncode != 0:
                print(f"| {title} | {tool} | {lines(globals()[name])} | failed: {done.stderr.strip().splitlines()[-1]} | | |")
                continue
            told = json.loads(done.stdout.splitlines()[-1])
            error = judge(told["found"], reference)
            shown = {"pde": "py-pde"}.get(tool, tool)
            print(f"| {title} | {shown} | {lines(globals()[name])} | {told['first']:.2f} s | {told['again']:.3f} s | {error:.1e} |", flush=True)


if __name__ == "__main__":
    main()
