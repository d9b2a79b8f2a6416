#!/usr/bin/env python3
"""Compares loss_table.py with the built-in networks on the same weights, directions and data.

    scripts/loss_table_test.py [SADDLEFLUX]

A network 4-10-10-2 on the banknote data with random weights and two random directions: L, C and the Gram matrix on a plane, by
saddleflux (kept by `slice.cache`) and by the script, in NumPy and, where it is installed, in PyTorch. Needs numpy and h5py.
"""

import csv
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import loss_table  # noqa: E402

WIDTHS = [4, 10, 10, 2]
POINTS = 9


def safetensors(path, tensors):
    """Writes arrays of double precision."""
    header, data = {}, b""
    for name, array in tensors.items():
        raw = np.ascontiguousarray(array, "<f8").tobytes()
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def banknote():
    with open(HERE.parent / "configs/data/banknote.csv") as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    inputs, classes = rows[:, :-1], rows[:, -1].astype(int)
    return (inputs - inputs.mean(axis=0)) / inputs.std(axis=0), classes


def layers(theta):
    """Weights and biases from a flat vector: the order of saddleflux, and of `model.parameters()` of PyTorch."""
    at = 0
    for inputs, outputs in zip(WIDTHS, WIDTHS[1:]):
        weight = theta[at : at + inputs * outputs].reshape(outputs, inputs)
        bias = theta[at + inputs * outputs : at + (inputs + 1) * outputs]
        at += (inputs + 1) * outputs
        yield weight, bias


def numpy_losses(theta, inputs, classes):
    values = inputs
    parts = list(layers(theta))
    for k, (weight, bias) in enumerate(parts):
        values = values @ weight.T + bias
        if k + 1 < len(parts):
            values = np.tanh(values)
    top = values.max(axis=1)
    return np.log(np.exp(values - top[:, None]).sum(axis=1)) + top - values[np.arange(len(classes)), classes]


def complex_step(theta, v, inputs, classes):
    """The derivative along v of the loss of each sample, to rounding."""
    h = 1e-30
    values, parts = inputs.astype(complex), list(layers(theta + 1j * h * v))
    for k, (weight, bias) in enumerate(parts):
        values = values @ weight.T + bias
        if k + 1 < len(parts):
            values = np.tanh(values)
    top = values.real.max(axis=1)
    losses = np.log(np.exp(values - top[:, None]).sum(axis=1)) + top - values[np.arange(len(classes)), classes]
    return losses.imag / h


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "saddleflux"
    generator = np.random.default_rng(3)
    inputs, classes = banknote()
    count = sum((a + 1) * b for a, b in zip(WIDTHS, WIDTHS[1:]))
    theta = 0.4 * generator.normal(size=count)
    vectors = generator.normal(size=(2, count)) * [[0.3], [0.1]]
    axis = np.linspace(-0.55, 0.55, POINTS)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        named = [(f"{k}.{what}", part) for k, pair in enumerate(layers(theta)) for what, part in zip(("weight", "bias"), pair)]
        safetensors(folder / "weights.safetensors", dict(named))
        safetensors(folder / "vectors.safetensors", {"x": vectors[0], "y": vectors[1]})
        (folder / "plane.toml").write_text(
            f"""[landscape]
kind = "network"
data = "{HERE.parent / 'configs/data/banknote.csv'}"
label = "class"
layers = [10, 10]
weights = "weights.safetensors"
slice = {{ directions = "vectors.safetensors", points = {POINTS}, cache = "kept" }}
[noise]
kind = "isotropic"
temperature = 0.1
[domain]
lower = [-0.5, -0.5]
upper = [0.5, 0.5]
[valley]
set = "whole"
[grid]
cells = [8, 8]
[solve]
quantities = ["stationary"]
"""
        )
        ran = subprocess.run([program, "check", "plane.toml"], cwd=folder, capture_output=True, text=True)
        kept = list((folder / "kept").glob("*.h5"))
        if not kept:
            sys.exit(f"no slice was kept: {ran.stdout}{ran.stderr}")
        with h5py.File(kept[0]) as file:
            names = ["xcoordinates", "ycoordinates", "train_loss", "gram", "c11", "c12", "c22"]
            own = {name: file[name][...] for name in names}
        assert np.allclose(own["xcoordinates"], axis, atol=1e-15), own["xcoordinates"]

        def compare(what, path):
            table = np.load(path)
            worst = max(np.abs(table[name] - own[name]).max() / np.abs(own[name]).max() for name in names)
            print(f"{what}: the largest difference is {worst:.1e} of the largest entry")
            return worst < 1e-12

        loss_table.write(
            folder / "numpy.npz",
            lambda theta: numpy_losses(theta, inputs, classes).mean(),
            theta,
            vectors,
            axis,
            axis,
            lambda theta, v: complex_step(theta, v, inputs, classes),
        )
        is_right = compare("NumPy", folder / "numpy.npz")
        try:
            import torch
        except ImportError:
            print("PyTorch is not installed: its half was not compared")
            sys.exit(0 if is_right else 1)
        parts = []
        for weight, bias in layers(theta):
            linear = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weight))
                linear.bias.copy_(torch.from_numpy(bias))
            parts += [linear, torch.nn.Tanh()]
        model = torch.nn.Sequential(*parts[:-1])
        loss_table.from_torch(
            folder / "torch.npz", model, torch.from_numpy(inputs), torch.from_numpy(classes), vectors, axis, axis
        )
        is_right &= compare("PyTorch", folder / "torch.npz")
        lengths = [np.linalg.norm(v) for v in loss_table.filter_directions(model, seed=0)]
        own_length = np.sqrt(sum((weight**2).sum() for weight, _ in layers(theta)))
        is_right &= np.allclose(lengths, own_length)
        print(f"filter-normalised directions are as long as the weights: {lengths[0]:.12g}, {own_length:.12g}")
        sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
