"""Which memory does a landscape of three wells keep, and which way do paths take between two of them?

The spectrum of the closed process says how slowly the wells are forgotten: as many eigenvalues near zero as there are wells, then a gap.
The right eigenvectors are nearly constant on each well. The committor is the probability of coming to the right well before the left one,
and half of it is where the process is as likely to go on as to turn back.

    python examples/python/three_wells.py [FIGURE.png]
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from saddleflux import Problem


def loss(x, y):
    wells = ((-1.1, 0.0, 5.0), (1.1, 0.0, 5.0), (0.0, 1.5, 3.6))
    deep = sum(depth * np.exp(-((x - a) ** 2) - (y - b) ** 2) for a, b, depth in wells)
    return 0.2 * x**4 + 0.2 * (y - 0.4) ** 4 - deep


problem = Problem(
    loss,
    noise=0.35,
    domain=([-2.4, -2.0], [2.4, 2.9]),
    cells=(144, 147),
    quantities=["stationary", "spectrum", "committor"],
    committor={
        "from": {"minimum": [-1.05, 0.0], "radius": 0.25},
        "to": {"minimum": [1.05, 0.0], "radius": 0.25},
    },
    title="Three wells",
)
result = problem.solve(progress=False)
print(result)

figure, axes = plt.subplots(2, 2, figsize=(10, 8.4), layout="constrained")
result.plot("stationary", ax=axes[0, 0])
result.plot("committor", ax=axes[0, 1])
for axis, mode in ((axes[1, 0], 1), (axes[1, 1], 2)):
    vector = result.spectrum.right[mode]
    most = np.nanmax(np.abs(vector))
    drawn = axis.pcolormesh(result.x, result.y, vector.T, cmap="RdBu_r", vmin=-most, vmax=most, rasterized=True)
    axis.contour(result.x, result.y, result.fields["loss"].T, levels=12, colors="#222222", linestyles="solid", linewidths=0.4)
    value, error = result.spectrum.values[mode].real, result.spectrum.error[mode]
    axis.set_title(f"right eigenvector {mode + 1}, λ = {value:.4g} ± {error:.0e} relative", fontsize="medium")
    axis.set(xlabel="θ₁", ylabel="θ₂", aspect="equal")
    figure.colorbar(drawn, ax=axis)

target = sys.argv[1] if len(sys.argv) > 1 else "three_wells.png"
figure.savefig(target, dpi=150)
print("spectrum", ", ".join(f"{value.real:.4e}" for value in result.spectrum.values))
print(f"drew {target}")
