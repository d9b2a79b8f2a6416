"""What the Python package costs: import, calls beside the command line, functions beside formulas, memory over many problems.

    python scripts/python_figures.py [PROGRAM] [FIGURE.png]      # prints the table of docs/python.md, draws the memory's figure
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

import saddleflux
from saddleflux import Problem

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target" / "release" / "saddleflux")
FIGURE = sys.argv[2] if len(sys.argv) > 2 else str(ROOT / "assets" / "python-memory.png")
PROBLEMS, EVERY = 10_000, 100

warnings.simplefilter("ignore")


def imported() -> tuple[list[float], list[float]]:
    """Seconds of `import saddleflux` with NumPy, and of NumPy alone, by the clock and of the processor: the least of ten processes each."""
    def least(module: str) -> list[float]:
        clocks = "time.perf_counter(), time.process_time()"
        text = f"import time; a, b = {clocks}; import {module}; c, d = {clocks}; print(c - a, d - b)"
        taken = [subprocess.check_output([sys.executable, "-c", text], text=True).split() for _ in range(10)]
        return [min(map(float, column)) for column in zip(*taken)]

    return least("saddleflux"), least("numpy")


def beside_the_program(repetitions: int = 25) -> tuple[float, float, float]:
    """What a call takes beside the solution in it, what that solution takes, and the program's own: each the least of as many turns."""
    config = ROOT / "configs" / "quickstart.toml"
    cells = {"grid.cells": [256, 256]}
    calls, insides, programs = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        asked = [PROGRAM, "run", str(config), "--set", "grid.cells=[256, 256]", "--json", "--no-plots", "--out", folder]
        for _ in range(repetitions):
            programs.append(json.loads(subprocess.check_output(asked, cwd=ROOT))["timing"]["total"])
            begun = time.perf_counter()
            found = saddleflux.solve(config, set=cells, progress=False)
            calls.append(time.perf_counter() - begun)
            insides.append(found.summary["timing"]["total"])
    return float(np.subtract(calls, insides).min()), min(insides), min(programs)


def functions(repetitions: int = 15) -> tuple[float, float]:
    """Seconds of one problem on 256² cells by a formula, and by a function of arrays."""
    about = {"domain": ([-2, -2], [0, 2]), "walls": {"x": ["reflecting", "absorbing"]}, "cells": (256, 256)}
    formula = Problem("(x^2 - 1)^2 + y^2", 0.02, **about)
    function = Problem(lambda x, y: (x**2 - 1) ** 2 + y**2, 0.02, **about)
    taken = {formula: [], function: []}
    for _ in range(repetitions):
        for problem, seconds in taken.items():
            begun = time.perf_counter()
            problem.solve(progress=False)
            seconds.append(time.perf_counter() - begun)
    return min(taken[formula]), min(taken[function])


def memory() -> tuple[np.ndarray, float]:
    """Resident bytes over problems of a loop, and the seconds of all."""
    def resident() -> int:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    seen = [(0, resident())]
    begun = time.perf_counter()
    for count in range(1, PROBLEMS + 1):
        temperature = 0.1 + 0.1 * count / PROBLEMS
        Problem("(x^2 - 1)^2", temperature, valley=-1.0, cells=64).solve(threads=1, progress=False)
        if count % EVERY == 0:
            seen.append((count, resident()))
    return np.array(seen, dtype=float), time.perf_counter() - begun


def draw(seen: np.ndarray) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.4, 2.8), layout="constrained")
    axis.plot(seen[:, 0], seen[:, 1] / 2**20, color="#2160a0")
    axis.set(xlabel="problems solved in one loop", ylabel="resident memory in MiB", xlim=(0, PROBLEMS), ylim=(0, 1.25 * seen[:, 1].max() / 2**20))
    figure.savefig(FIGURE, dpi=150)


def main() -> None:
    whole, numpy_alone = imported()
    beside, inside, program = beside_the_program()
    formula, function = functions()
    seen, seconds = memory()
    draw(seen)
    late = seen[len(seen) // 5 :]
    slope = np.polyfit(late[:, 0], late[:, 1], 1)[0]
    print("| what | figure |\n|---|---|")
    told = [f"{clock:.3f} s, of the processor {processor:.3f} s" for clock, processor in (whole, numpy_alone)]
    print(f"| `import saddleflux`, NumPy among it | {told[0]} (NumPy alone {told[1]}) |")
    print(f"| quickstart on 256² cells: the solution in a call · in the program | {inside:.4f} s · {program:.4f} s |")
    print(f"| what the call adds to its solution | {1e3 * beside:.2f} ms: {100 * beside / inside:.1f} % |")
    print(f"| 256² cells by a formula · by a function of arrays | {formula:.4f} s · {function:.4f} s: {function / formula:.2f} times |")
    print(f"| {PROBLEMS} problems in 1D in one loop | {seconds:.1f} s, {1e3 * seconds / PROBLEMS:.2f} ms each |")
    begun, ended = late[0, 1] / 2**20, late[-1, 1] / 2**20
    told = f"{begun:.1f} MiB · {ended:.1f} MiB · {slope:.1f} bytes a problem"
    print(f"| memory after {int(late[0, 0])} of them · after all · slope between | {told} |")


if __name__ == "__main__":
    main()
