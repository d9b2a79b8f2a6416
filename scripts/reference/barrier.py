"""The barrier of a problem in units of its noise: from the bottom of the potential to the lowest pass towards what kills."""

import heapq

import numpy
import sympy

from posed import X, Y, formula

LATTICE = 240
# Drifts without a loss: the potential that is meant.
POTENTIALS = {
    "maier-stein-0.05": "x^4/4 - x^2/2 + y^2/2",
    "preconditioned-0.1": "(x^2-1)^2 + 2*(y - x/2)^2",
    "preconditioned-0.06": "(x^2-1)^2 + 2*(y - x/2)^2",
    "preconditioned-varying": "(x^2-1)^2 + y^2",
    "rotated-well": "(x^2-1)^2 + y^2",
    "oblique-half-plane": "0*x",
}
# Sets that are not rectangles: where they end.
SETS = {
    "free-disc": lambda x, y: x**2 + y**2 < 1,
    "free-annulus": lambda x, y: (x**2 + y**2 < 1) & (x**2 + y**2 > 0.16),
    "free-ellipse": lambda x, y: x**2 / 4 + y**2 < 1,
    "ornstein-uhlenbeck-disc-2": lambda x, y: x**2 + y**2 < 4,
    "ornstein-uhlenbeck-disc-4": lambda x, y: x**2 + y**2 < 16,
    "ornstein-uhlenbeck-disc-6": lambda x, y: x**2 + y**2 < 36,
    "mexican-hat": lambda x, y: x**2 + y**2 < 1,
}


def plane(posed):
    """Over the noise at the bottom: the mean of its eigenvalues."""
    loss = posed.loss if posed.loss is not None else formula(POTENTIALS[posed.name])
    span = [numpy.linspace(low, high, LATTICE + 1) for low, high in zip(posed.lower, posed.upper)]
    x, y = numpy.meshgrid(*span, indexing="ij")
    value = numpy.broadcast_to(sympy.lambdify((X, Y), loss, "numpy")(x, y), x.shape)
    inside = SETS[posed.name](x, y) if posed.name in SETS else numpy.ones(x.shape, bool)
    kills = [w if w != "periodic" else ("", "") for w in posed.walls]
    kills = [[side == "absorbing" for side in pair] for pair in kills]
    low = numpy.unravel_index(numpy.where(inside, value, numpy.inf).argmin(), x.shape)
    half_trace = sympy.lambdify((X, Y), (posed.tensor[0] + posed.tensor[2]) / 2, "numpy")(x[low], y[low])
    return (lowest_pass(value, inside, kills, low) - value[low]) / float(half_trace)


def lowest_pass(value, inside, kills, start):
    """The least height that has to be climbed from a place to what kills."""
    n = value.shape[0] - 1
    waiting, seen = [(value[start], start)], {start}
    while waiting:
        height, (i, j) = heapq.heappop(waiting)
        if not inside[i, j] or (kills[0][0] and i == 0) or (kills[0][1] and i == n) or (kills[1][0] and j == 0) or (kills[1][1] and j == n):
            return height
        for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
            if 0 <= a <= n and 0 <= b <= n and (a, b) not in seen:
                seen.add((a, b))
                heapq.heappush(waiting, (max(height, value[a, b]), (a, b)))
    # Killed at the bottom itself.
    return value[start]
