#!/usr/bin/env python3
"""Writes a table of a loss on a plane (or a line) of parameters, for `[landscape] kind = "table"` of saddleflux.

    θ = θ* + x v1 + y v2        L on all pairs (x, y), and the covariance of one sample's gradient along v1 and v2

With PyTorch (a model, two directions and the tensors of a data set):

    import loss_table
    v = loss_table.filter_directions(model, seed=0)           # or any two flat vectors
    loss_table.from_torch("loss.npz", model, inputs, targets, v, x=range, y=range)

With NumPy alone, for any function of a flat vector of parameters:

    loss_table.write("loss.npz", loss, centre, [v1, v2], x, y, sample_slopes=None)

where `sample_slopes(theta, v)` returns the derivative along v of the loss of each sample. The file holds `xcoordinates`,
`ycoordinates`, `train_loss` (x is axis 0), `gram` (v_i·v_j, which every rate needs) and, with slopes, `c11`, `c12`, `c22`.
Everything is computed and written in double precision: second differences of single-precision losses are noise.

Run as a program it writes the table of a small logistic regression, as a test of itself:  loss_table.py FILE.npz
"""

import sys

import numpy as np


def write(path, loss, centre, directions, x, y=None, sample_slopes=None):
    """Computes the table and writes it; `y=None` for a line."""
    centre = np.asarray(centre, float)
    vectors = np.array([np.asarray(v, float).ravel() for v in directions])
    x = np.asarray(x, float)
    axes = [x] if y is None else [x, np.asarray(y, float)]
    if len(vectors) != len(axes):
        raise ValueError(f"{len(vectors)} directions for {len(axes)} axes")
    shape = [len(axis) for axis in axes]
    values, covariance = np.empty(shape), np.empty(shape + [len(axes)] * 2)
    for index in np.ndindex(*shape):
        step = np.array([axis[k] for axis, k in zip(axes, index)])
        theta = centre + step @ vectors
        values[index] = loss(theta)
        if sample_slopes is not None:
            slopes = np.array([sample_slopes(theta, v) for v in vectors])
            slopes -= slopes.mean(axis=1, keepdims=True)
            covariance[index] = slopes @ slopes.T / slopes.shape[1]
    table = {"xcoordinates": x, "train_loss": values, "gram": vectors @ vectors.T}
    if y is not None:
        table["ycoordinates"] = axes[1]
    if sample_slopes is not None:
        table["c11"] = covariance[..., 0, 0]
        if y is not None:
            table["c12"], table["c22"] = covariance[..., 0, 1], covariance[..., 1, 1]
    np.savez(path, **table)


def filter_directions(model, seed=0, count=2):
    """Random directions whose filters are as long as the model's own; biases and other one-dimensional tensors are 0."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    directions = []
    for _ in range(count):
        parts = []
        for parameter in model.parameters():
            own = parameter.detach().double()
            part = torch.zeros_like(own)
            if own.dim() > 1:
                part = torch.randn(own.shape, generator=generator, dtype=torch.float64)
                rows, own_rows = part.flatten(1), own.flatten(1)
                part = (rows * (own_rows.norm(dim=1) / rows.norm(dim=1)).unsqueeze(1)).view_as(own)
            parts.append(part.ravel())
        directions.append(torch.cat(parts).numpy())
    return directions


def from_torch(path, model, inputs, targets, directions, x, y=None, criterion=None):
    """The table of a PyTorch model over a whole data set; `criterion` gives one loss a sample (default: cross-entropy)."""
    import copy

    import torch

    model = copy.deepcopy(model).double().eval()
    inputs = inputs.double()
    criterion = criterion or torch.nn.CrossEntropyLoss(reduction="none")
    names = [name for name, _ in model.named_parameters()]
    shapes = [parameter.shape for parameter in model.parameters()]
    centre = torch.cat([parameter.detach().ravel() for parameter in model.parameters()]).numpy()

    def losses(flat):
        pieces = torch.split(flat, [shape.numel() for shape in shapes])
        parameters = {name: piece.view(shape) for name, piece, shape in zip(names, pieces, shapes)}
        return criterion(torch.func.functional_call(model, parameters, (inputs,)), targets)

    def loss(theta):
        with torch.no_grad():
            return losses(torch.from_numpy(theta)).mean().item()

    def sample_slopes(theta, v):
        _, slopes = torch.func.jvp(losses, (torch.from_numpy(theta),), (torch.from_numpy(v),))
        return slopes.detach().numpy()

    write(path, loss, centre, directions, x, y, sample_slopes)


def example(path):
    """Logistic regression on made-up samples, along two directions that are neither unit nor orthogonal."""
    generator = np.random.default_rng(0)
    samples = generator.normal(size=(200, 3)) * [1.0, 0.5, 2.0]
    signs = np.where(generator.random(200) < 0.7, 1.0, -1.0)
    samples *= signs[:, None]

    def loss(theta):
        return np.logaddexp(0, -(samples @ theta)).mean() + 0.05 * theta @ theta

    def sample_slopes(theta, v):
        return -(samples @ v) / (1 + np.exp(samples @ theta))

    axis = np.linspace(-1, 1, 33)
    write(path, loss, np.zeros(3), [[2, 0, 0], [0.5, 1, 0]], axis, axis, sample_slopes)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    example(sys.argv[1])
