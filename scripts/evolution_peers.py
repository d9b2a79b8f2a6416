#!/usr/bin/env python3
"""The density in time of saddleflux beside public solvers, on the same chain: `benches/evolution.rs` writes it.

    scripts/evolution_peers.py [N] [--folder FOLDER] [--seconds 120] [--methods a,b] [--kept]

First it runs the bench (N = 256 cells along each axis, to t = 100), then each peer in a process of its own, on one thread, that is ended after
--seconds of the processor's time: what counts is that, so that other work on the machine does not.
The tolerance of a solver is the coarsest of 1e-5, 1e-6, … that gives 1e-6 in L1. fplanck and py-pde discretise by themselves, so that
their errors hold that of their grid too. Needs NumPy and SciPy; fplanck and py-pde where they are installed.
"""
import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

TIME, TEMPERATURE, GOAL = 100.0, 0.2, 1e-6
# A peer that has not ended after so many times its seconds by the clock has been kept waiting.
PATIENCE = 6.0


def chain(folder):
    """G transposed (CSC), killing and the lists beside it."""
    import scipy.sparse as sp

    read = lambda name, kind="<f8": np.fromfile(os.path.join(folder, name), kind)
    rows, columns, rates, killing = read("rows", "<u8"), read("columns", "<u8"), read("rates"), read("killing")
    n = len(killing)
    q = sp.coo_matrix((rates, (rows.astype(int), columns.astype(int))), shape=(n, n)).tocsr()
    out = np.asarray(q.sum(1)).ravel() + killing
    start = read("start")
    return (q - sp.diags(out)).T.tocsc(), killing, start / start.sum(), read


def ivp(method, matrix, start, times, rtol, atol=None):
    from scipy.integrate import solve_ivp

    atol = rtol * 1e-6 if atol is None else atol
    found = solve_ivp(lambda _, p: matrix @ p, (0.0, times[-1]), start, method=method, jac=matrix, t_eval=times, rtol=rtol, atol=atol)
    if not found.success:
        raise RuntimeError(found.message)
    return found.y, int(found.nlu)


def crank_nicolson(matrix, start, steps):
    """Four half steps of implicit Euler and then Crank-Nicolson, with one factor."""
    import scipy.sparse as sp
    from scipy.sparse.linalg import splu

    one, half = sp.identity(len(start), format="csc"), 0.5 * TIME / steps
    options = dict(permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=dict(SymmetricMode=True))
    factor, p = splu((one - half * matrix).tocsc(), **options), start
    for _ in range(4):
        p = factor.solve(p)
    ahead = (one + half * matrix).tocsr()
    for _ in range(steps - 2):
        p = factor.solve(ahead @ p)
    return p


def warm(name, folder, n):
    """Seconds, error in L1 and what else is to be said."""
    matrix, _, start, read = chain(os.path.join(folder, "warm"))
    reference = read("reference")
    away = lambda p: float(np.abs(p - reference).sum())
    if name == "expm_multiply":
        from scipy.sparse.linalg import expm_multiply

        clock = time.process_time()
        p = expm_multiply((matrix * TIME).tocsr(), start)
        return time.process_time() - clock, away(p), float(p.min()), ""
    if name in ("BDF", "Radau"):
        for exponent in range(5, 13):
            clock = time.process_time()
            p, factors = ivp(name, matrix, start, [TIME], 10.0**-exponent)
            seconds = time.process_time() - clock
            if away(p[:, -1]) <= GOAL:
                return seconds, away(p[:, -1]), float(p[:, -1].min()), f"rtol 1e-{exponent}, {factors} factors"
        raise RuntimeError("no tolerance down to 1e-12 gives 1e-6")
    if name == "Crank-Nicolson":
        for steps in (2**k for k in range(4, 16)):
            clock = time.process_time()
            p = crank_nicolson(matrix, start, steps)
            seconds = time.process_time() - clock
            if away(p) <= GOAL:
                return seconds, away(p), float(p.min()), f"{steps} steps, one SuperLU factor"
        raise RuntimeError("no number of steps up to 32768 gives 1e-6")
    h = 4.0 / n
    grid = start.reshape(n, n) if name == "py-pde" else start.reshape(n, n).copy()
    if name == "fplanck":
        # Versions before 1.0 call what NumPy 2 has no more.
        np.product = np.prod
        try:
            from fplanck.solver import FokkerPlanck
            from fplanck.utility import Boundary

            reflecting = Boundary.REFLECTING
        except ImportError:  # before 1.0
            from fplanck import boundary, fokker_planck as FokkerPlanck

            reflecting = boundary.reflecting
        from scipy import constants

        clock = time.process_time()
        loss = lambda x, y: (x * x - 1.0) ** 2 + y * y
        shape = dict(extent=[4.0, 4.0], resolution=h, boundary=reflecting)
        solver = FokkerPlanck(temperature=TEMPERATURE / constants.k, drag=1.0, potential=loss, **shape)
        p = solver.propagate(lambda *_: grid.copy(), TIME)
        return time.process_time() - clock, away(np.asarray(p).ravel()), float(np.min(p)), "its own chain"
    import pde

    area = pde.CartesianGrid([[-2, 2], [-2, 2]], n)
    slope = pde.VectorField.from_expression(area, ["4*x*(x**2-1)", "2*y"])
    text = f"divergence({TEMPERATURE}*gradient(p) + p*slope)"
    walls = {"p:divergence": {"normal_value": 0}}
    equation = pde.PDE({"p": text}, consts={"slope": slope}, bc={"derivative": 0}, bc_ops=walls)
    clock = time.process_time()
    dt = min(0.2 * h * h / TEMPERATURE, TEMPERATURE / 24.0**2)
    found = equation.solve(pde.ScalarField(area, grid / h**2), t_range=TIME, dt=dt, solver="euler", tracker=None)
    p, seconds = found.data * h**2, time.process_time() - clock
    compiled = float(equation.diagnostics["controller"]["profiler"]["compilation"])
    return seconds, away(p.ravel()), float(p.min()), f"its own grid; {compiled:.0f} s of it compiling"


def cold(name, folder):
    """j/S at the times of the cold well."""
    matrix, killing, start, read = chain(os.path.join(folder, "cold"))
    times = read("times")
    if name == "expm_multiply":
        from scipy.sparse.linalg import expm_multiply

        found, p = [], start
        for before, t in zip([0.0, *times], times[:2]):
            p = expm_multiply((matrix * (t - before)).tocsr(), p)
            found.append(float(killing @ p / p.sum()))
        return found
    # Absolute tolerances far below rounding take minutes, and are of no use.
    p, _ = ivp(name, matrix, start, list(times), 1e-8, 1e-16)
    return [float(killing @ column / column.sum()) for column in p.T]


def child(arguments):
    name, part = arguments.child.split(":")
    most = int(arguments.seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    try:
        found = warm(name, arguments.folder, arguments.n) if part == "warm" else cold(name, arguments.folder)
    except Exception as error:  # that it fails is what is to be shown
        found = f"{type(error).__name__}: {str(error).splitlines()[0][:90] if str(error) else ''}"
    print("FOUND " + json.dumps(found), flush=True)


def asked(arguments, name, part):
    words = [sys.executable, os.path.abspath(__file__), str(arguments.n), "--folder", arguments.folder, "--child", f"{name}:{part}"]
    alone = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
    words += ["--seconds", repr(arguments.seconds)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE * arguments.seconds, env=alone)
    except subprocess.TimeoutExpired:
        return f"not in {PATIENCE * arguments.seconds:g} s"
    if done.returncode == -signal.SIGXCPU:
        return f"not in {arguments.seconds:g} s"
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    return json.loads(lines[-1][6:]) if lines else f"ended with status {done.returncode}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("n", nargs="?", type=int, default=256)
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "evolution-peers"))
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--methods", default="Crank-Nicolson,BDF,Radau,expm_multiply,fplanck,py-pde")
    parser.add_argument("--kept", action="store_true", help="take the chains that the bench has left in the folder")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return child(arguments)
    methods = arguments.methods.split(",")
    bench = ["cargo", "bench", "--bench", "evolution", "--", str(arguments.n), "--export", arguments.folder]
    if not arguments.kept:
        subprocess.run(bench, check=True)
    print(f"\n{arguments.n} x {arguments.n} cells, t = {TIME:g}, 1e-6 in L1, on the same machine after it; seconds of one processor\n")
    print("| peer | seconds | error in L1 | smallest entry | |\n|---|---|---|---|---|")
    for name in methods:
        found = asked(arguments, name, "warm")
        if isinstance(found, str):
            print(f"| {name} | {found} | | | |", flush=True)
        else:
            seconds, error, least, words = found
            print(f"| {name} | {seconds:.2f} | {error:.1e} | {least:.0e} | {words} |", flush=True)
    times = np.fromfile(os.path.join(arguments.folder, "cold", "times"), "<f8")
    right = np.fromfile(os.path.join(arguments.folder, "cold", "flux"), "<f8")
    print("\nj/S out of the cold well\n\n| | " + " | ".join(f"t = {t:g}" for t in times) + " |\n|---" * 1 + "|---" * len(times) + "|")
    print("| right | " + " | ".join(f"{flux:.7e}" for flux in right) + " |")
    for name in (name for name in methods if name in ("BDF", "Radau", "expm_multiply")):
        found = asked(arguments, name, "cold")
        row = [found] if isinstance(found, str) else [f"{flux:.2e}" for flux in found]
        print(f"| {name} | " + " | ".join(row + [""] * (len(times) - len(row))) + " |", flush=True)


if __name__ == "__main__":
    main()
