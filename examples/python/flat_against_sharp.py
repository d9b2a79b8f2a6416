"""How much longer does SGD stay in a flat valley than in a sharp one of the same depth?

One's own loss, as a function of NumPy arrays: two valleys of the same depth, one three times as narrow as the other. White noise leaves
both at nearly the same rate, for it sees the height of the pass alone. The noise of SGD grows with the Hessian, D = η/2B [H]₊, and leaves the
sharp valley exponentially sooner.

    python examples/python/flat_against_sharp.py [FIGURE.png]
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import saddleflux
from saddleflux import Problem, noises


def loss(x, y):
    sharp = (x + 1.0) ** 2 / (2 * 0.2**2) + y**2
    flat = (x - 1.0) ** 2 / (2 * 0.6**2) + y**2
    # A smooth minimum of two parabolas, which keep their depth.
    return -np.logaddexp(-sharp, -flat)


def rates(noise):
    """The rates out of the sharp valley and out of the flat one."""
    about = {"domain": ([-2.2, -3.0], [3.2, 3.0]), "cells": (324, 96)}
    return [Problem(loss, noise, valley=[x, 0.0], **about).solve(progress=False).rate for x in (-1.0, 1.0)]


temperatures = np.geomspace(0.08, 0.4, 5)
white = [rates(float(temperature)) for temperature in temperatures]
batches = np.array([2, 3, 4, 6, 8])
minibatch = [rates(noises.Hessian(learning_rate=0.1, batch_size=int(batch), floor=2e-2)) for batch in batches]

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
x = np.linspace(-2.2, 3.2, 400)
left.plot(x, loss(x, 0.0 * x), color="#222222")
left.set(xlabel="θ₁", ylabel="loss L at θ₂ = 0", title="Two valleys of one depth", ylim=(-0.2, 4.0))
for axis, found, at, words in (
    (middle, white, 1 / temperatures, ("1/T", "White noise")),
    (right, minibatch, batches, ("batch size B", "Noise of SGD, η = 0.1")),
):
    for place, (name, colour) in enumerate((("sharp", "#d55e00"), ("flat", "#0072b2"))):
        values = np.array([pair[place].value for pair in found])
        errors = np.array([pair[place].error for pair in found])
        axis.errorbar(at, values, values * errors, marker="o", markersize=4, color=colour, label=f"out of the {name} valley")
    axis.set(yscale="log", xlabel=words[0], ylabel="escape rate per unit of time", title=words[1])
    axis.legend(fontsize="small")

target = sys.argv[1] if len(sys.argv) > 1 else "flat_against_sharp.png"
figure.savefig(target, dpi=150)
for batch, (sharp, flat) in zip(batches, minibatch):
    print(f"B = {batch:3d}   sharp {sharp.value:.3e}   flat {flat.value:.3e}   ratio {np.exp(sharp.log - flat.log):.3e}")
print(f"saddleflux {saddleflux.__version__} drew {target}")
