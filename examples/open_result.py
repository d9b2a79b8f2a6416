"""What is in a result.h5, and three figures of it, with xarray alone: saddleflux itself is not imported.

Every group is a dataset whose coordinates have names: `fields` over the grid (x, y), `flux` along the boundary (arc_length). The whole
summary and the configuration are attributes of the file.

    saddleflux run configs/muller-brown.toml
    python examples/open_result.py output/muller-brown/result.h5 [FIGURE.png]
"""

import json
import sys

import h5netcdf
import matplotlib.pyplot as plt
import numpy as np
import xarray

path = sys.argv[1] if len(sys.argv) > 1 else "output/muller-brown/result.h5"

# %% What was solved: the summary of the terminal as a dictionary.
with h5netcdf.File(path, "r", decode_vlen_strings=True) as file:
    summary = json.loads(file.attrs["summary"])
    groups = list(file.groups)
rate = summary["rate"]["quasi_stationary"]
print(f"groups: {', '.join(groups)}")
print(f"γ = {rate['value']:.6e}, ± {rate.get('discretisation_error', float('nan')):.1e} relative")

# %% The fields: named coordinates, long names, units (1, as CF knows them; `measured_in` says it in words).
fields = xarray.open_dataset(path, group="fields", engine="h5netcdf")
flux = xarray.open_dataset(path, group="flux", engine="h5netcdf")
print(fields)
# On a turned grid x and y run along its axes, and the places of its cells are coordinates of two dimensions.
x, y = ("position_x", "position_y") if "position_x" in fields.coords else ("x", "y")

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")

# %% Figure 1: the density over ten decades, with the saddles and what absorbs.
density = fields.quasi_stationary.where(fields.mean_first_passage > 0)
decades = np.log10(density.where(density > 1e-10 * density.max()))
decades.plot(x=x, y=y, ax=left, cmap="viridis", center=False, cbar_kwargs={"label": "log₁₀ of the quasi-stationary density"})
left.plot(flux.position_x, flux.position_y, color="#d55e00", label="absorbs")
for saddle in summary["problem"]["saddles"]:
    left.plot(*saddle["theta"], "kx", markersize=8, markeredgewidth=2)
left.set(xlabel="θ₁", ylabel="θ₂", title="")
left.legend(frameon=False, loc="lower left")

# %% Figure 2: where it leaves.
flux.density.plot(ax=middle, color="#0072b2")
middle.set(xlabel="arc length along the boundary", ylabel="flux per length", title="")

# %% Figure 3: how long it stays, along the row of cells through the start minimum.
minimum = summary["problem"]["minimum"]["theta"]
nearest = ((fields[x] - minimum[0]) ** 2 + (fields[y] - minimum[1]) ** 2).argmin(("x", "y"))
along = fields.mean_first_passage.isel(y=nearest["y"])
along.where(along > 0).plot(x=x, ax=right, color="#009e73")
right.axvline(minimum[0], color="#565656", linestyle=":")
right.set(xlabel="θ₁, along the row of the minimum", ylabel="mean first-passage time τ", title="")

# The density is normalised, and γ is what leaves: two checks that need no solver.
cell = float(fields.x.diff("x").mean() * fields.y.diff("y").mean())
print(f"∫ density = {float(density.sum()) * cell:.12f}")
print(f"∮ flux / γ = {float((flux.density * flux.arc_length.diff('arc_length').mean()).sum()) / rate['value']:.6f}")

figure.savefig(sys.argv[2] if len(sys.argv) > 2 else "result.png", dpi=200)
