#!/usr/bin/env python3
"""Committors and passage times of one chain by deeptime and by saddleflux: digits of each, at barriers of 5, 20 and 40 times the noise.

    python scripts/committor_peers.py [PROGRAM]       (target/release/saddleflux)

A double well L = (x² - 1)² on 200 cells of [-2, 2] with Scharfetter and Gummel's rates D/(h·d) z/(eᶻ - 1), d the distance: h, or h/2 to the end of a set that
ends at a face. The set A is x < -1, B is x > 1; passage times are those to B from the cell right of -1. What is exact of this chain is a sum of
positive numbers, taken here in 60 digits. Needs NumPy, h5py, mpmath and deeptime.
"""
import subprocess
import sys
import warnings

import h5py
import mpmath
import numpy as np

warnings.filterwarnings("ignore")
from deeptime.markov.tools.analysis import committor, mfpt  # noqa: E402

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "target/release/saddleflux"
CELLS, LOW, HIGH = 200, 50, 150  # faces 50 and 150 are at -1 and 1
mpmath.mp.dps = 60
H = mpmath.mpf(4) / CELLS
loss = lambda x: (x * x - 1) ** 2
centre = lambda i: -2 + H * (i + mpmath.mpf(1) / 2)


def rate(start, end, noise, spacing):
    z = (loss(end) - loss(start)) / noise
    return noise / (H * spacing) * (z / mpmath.expm1(z) if z else mpmath.mpf(1))


def chain(first, noise):
    """Rates up and down from cell `first` to the last one before B; up from the last one leads into B, down from the first into A or nowhere."""
    cells = range(first, HIGH)
    up = [rate(centre(i), centre(i + 1), noise, H) for i in cells]
    down = [rate(centre(i), centre(i - 1), noise, H) for i in cells]
    up[-1] = rate(centre(HIGH - 1), mpmath.mpf(1), noise, H / 2)
    down[0] = rate(centre(first), mpmath.mpf(-1), noise, H / 2) if first == LOW else mpmath.mpf(0)
    return up, down


def exact_committor(noise):
    """q of every cell between the sets, from the resistances along the line."""
    up, down = chain(LOW, noise)
    steps = [mpmath.mpf(1)]
    for i in range(len(up)):
        steps.append(steps[-1] * down[i] / up[i])
    total, sums = mpmath.mpf(0), []
    for step in steps:
        total += step
        sums.append(total)
    return [s / total for s in sums[:-1]]


def exact_time(noise):
    """From cell LOW to B, with nothing killed on the way: sums of products of rates."""
    up, down = chain(0, noise)
    to_next, times = mpmath.mpf(0), []
    for i in range(len(up)):
        to_next = 1 / up[i] + (down[i] / up[i] * to_next if i else 0)
        times.append(to_next)
    return sum(times[LOW:])


def by_deeptime(noise):
    def matrix(first, is_cut):
        up, down = ([float(r) for r in rates] for rates in chain(first, noise))
        n = len(up)
        q = np.zeros((n + 2, n + 2))
        for i in range(n):
            q[i + 1, i + 2], q[i + 1, i] = up[i], down[i]
        # Back from the sets at any rate, which neither question depends on.
        q[0, 1] = float(down[0]) if is_cut else 1.0
        q[n + 1, n] = up[-1]
        q -= np.diag(q.sum(1))
        dt = 0.5 / -q.diagonal().min()
        return np.eye(n + 2) + dt * q, dt

    p, _ = matrix(LOW, True)
    forward = committor(p, [0], [len(p) - 1], forward=True)[1:-1]
    p, dt = matrix(0, False)
    # The state below the first cell is left at once and never entered.
    p = p[1:, 1:]
    time = mfpt(p, [len(p) - 1])[LOW] * dt
    return forward, time


def by_saddleflux(noise):
    text = f"""
landscape = {{ expression = "(x^2-1)^2" }}
noise = {{ kind = "isotropic", temperature = {float(noise)!r} }}
domain = {{ lower = [-2.0], upper = [2.0] }}
grid = {{ cells = [{CELLS}], scheme = "scharfetter-gummel" }}
valley = {{ minimum = [-1.0], set = "x < 1" }}
solve = {{ quantities = ["committor", "passage-time"], error_estimate = false }}
committor = {{ from = {{ set = "x < -1" }}, to = {{ set = "x > 1" }} }}
"""
    with open("committor-peers.toml", "w") as file:
        file.write(text)
    command = [PROGRAM, "run", "committor-peers.toml", "--quiet", "--no-plots", "--out", "output/committor-peers"]
    subprocess.run(command, check=True, capture_output=True)
    with h5py.File("output/committor-peers/result.h5") as file:
        forward = file["fields/committor"][LOW:HIGH]
        time = file["fields/mean_first_passage"][LOW]
    return forward, time


def digits(found, true):
    away = abs(mpmath.mpf(float(found)) / true - 1)
    return "all" if away < 1e-15 else f"{max(0.0, -float(mpmath.log10(away))):.1f}"


print("| barrier | q⁺ beside A | digits: deeptime | saddleflux | passage time | digits: deeptime | saddleflux |\n|---|---|---|---|---|---|---|")
for barrier in (5, 20, 40):
    noise = mpmath.mpf(1) / barrier
    true, time = exact_committor(noise), exact_time(noise)
    theirs, their_time = by_deeptime(noise)
    own, own_time = by_saddleflux(noise)
    row = [mpmath.nstr(true[0], 6), digits(theirs[0], true[0]), digits(own[0], true[0])]
    row += [mpmath.nstr(time, 6), digits(their_time, time), digits(own_time, time)]
    print(f"| {barrier} | " + " | ".join(row) + " |")
