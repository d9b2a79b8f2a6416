"""How fast does SGD leave one minimum of a small network for another, along the plane that holds both?

A network with one hidden layer is trained twice on two half moons. The plane through the two minima and the direction of the largest
gradient noise is given to the solver as two functions of arrays: the loss, and the covariance of one sample's gradient within the plane.
Nothing is written to a file, and any framework will do: `forward` is all that knows the network (docs/python.md has it in PyTorch).

    python examples/python/network_slice.py [FIGURE.png]
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from saddleflux import Problem, noises

HIDDEN, SAMPLES, L2 = 3, 40, 0.01
random = np.random.default_rng(3)

# Two half moons, s = ±1.
angle = np.pi * random.random(SAMPLES)
sign = np.where(np.arange(SAMPLES) % 2 == 0, 1.0, -1.0)
inputs = np.stack([np.cos(angle) * sign + 0.5 * (sign < 0), np.sin(angle) * sign + 0.25 * (sign < 0)], axis=1)
inputs += 0.15 * random.normal(size=inputs.shape)


def split(theta):
    """Weights and biases of parameters of the shape (points, parameters)."""
    first, bias, second = np.split(theta, [2 * HIDDEN, 3 * HIDDEN], axis=1)
    return first.reshape(-1, HIDDEN, 2), bias[:, None, :], second[:, None, :]


def forward(theta, directions=()):
    """The loss of each sample at each point, shape (points, samples), and its derivative along each direction."""
    first, bias, second = split(theta)
    hidden = np.tanh(inputs @ first.transpose(0, 2, 1) + bias)
    output = (hidden * second).sum(axis=2)
    derivatives = []
    for direction in directions:
        d_first, d_bias, d_second = split(direction[None, :])
        d_hidden = (1.0 - hidden**2) * (inputs @ d_first.transpose(0, 2, 1) + d_bias)
        d_output = (d_hidden * second + hidden * d_second).sum(axis=2)
        derivatives.append(-sign / (1.0 + np.exp(sign * output)) * d_output)
    return np.logaddexp(0.0, -sign * output), derivatives


def whole_loss(theta):
    return forward(theta)[0].mean(axis=1) + 0.5 * L2 * (theta**2).sum(axis=1)


def train(theta, steps=6000, rate=0.3):
    """A minimum, by descent along central differences."""
    shifts = 1e-5 * np.eye(len(theta))
    for _ in range(steps):
        theta = theta - rate * (whole_loss(theta + shifts) - whole_loss(theta - shifts)) / 2e-5
    return theta


one = train(random.normal(size=4 * HIDDEN))
# The same function with one hidden unit turned over is another minimum; a pass lies between them.
other = one.copy()
unit = int(np.argmin(np.abs(one[3 * HIDDEN :])))
for place in (2 * unit, 2 * unit + 1, 2 * HIDDEN + unit, 3 * HIDDEN + unit):
    other[place] = -other[place]

# Orthonormal directions: from one minimum to the other, and that of the largest gradient noise across it.
along = (other - one) / np.linalg.norm(other - one)
gradients = np.stack(forward(one[None, :], np.eye(len(one)))[1])[:, 0, :]
across = np.linalg.eigh(np.cov(gradients, bias=True))[1][:, -1]
across -= along * (across @ along)
across /= np.linalg.norm(across)
distance = float(np.linalg.norm(other - one))


def points(x, y):
    return one + x[:, None] * along + y[:, None] * across


def loss(x, y):
    return whole_loss(points(x, y))


def covariance(x, y):
    _, (first, second) = forward(points(x, y), (along, across))
    first, second = first - first.mean(axis=1, keepdims=True), second - second.mean(axis=1, keepdims=True)
    return (first**2).mean(axis=1), (first * second).mean(axis=1), (second**2).mean(axis=1)


problem = Problem(
    loss,
    noises.Covariance(learning_rate=0.2, batch_size=1, floor=4e-3),
    covariance=covariance,
    domain=([-0.4 * distance, -1.2], [1.4 * distance, 1.2]),
    valley=[0.0, 0.0],
    cells=(128, 96),
    title="A slice through two minima of a network",
)
result = problem.solve(progress=False)
print(result)
print(f"one escape in {result.rate.iterations_to_escape:.4g} iterations; loss known to {result.left['loss']:.0e} between its points")

figure, (upper, lower) = plt.subplots(2, 1, figsize=(8, 5.2), layout="constrained")
result.plot("loss", ax=upper)
result.plot("quasi_stationary", ax=lower)
target = sys.argv[1] if len(sys.argv) > 1 else "network_slice.png"
figure.savefig(target, dpi=150)
print(f"drew {target}")
