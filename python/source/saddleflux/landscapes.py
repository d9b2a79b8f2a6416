"""The built-in losses and drifts, under the names of ``[landscape]`` in a configuration (docs/configuration.md).

Each is a plain record of its numbers; L is in units of loss, θ in parameters. What is wrong with a number is told by
:class:`saddleflux.InputError` when the problem is solved.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

__all__ = [
    "DoubleWell",
    "Himmelblau",
    "Landscape",
    "LogisticRegression",
    "MullerBrown",
    "Quadratic",
    "RotatedDrift",
    "RotatedQuadratic",
    "SharpFlat",
    "StyblinskiTang",
    "StyblinskiTangData",
    "ThreeHole",
]


class Landscape:
    """A built-in loss, or a drift."""

    kind: ClassVar[str]

    def table(self) -> dict[str, Any]:
        """The section ``[landscape]`` that means the same."""
        own = {entry.name: getattr(self, entry.name) for entry in fields(self)}  # type: ignore[arg-type]
        table = {key: value.table() if isinstance(value, Landscape) else value for key, value in own.items()}
        return {"kind": self.kind, **{key: value for key, value in table.items() if value is not None}}


@dataclass(frozen=True)
class StyblinskiTang(Landscape):
    """L = ½ Σ (θ⁴ − 16θ² + 5θ), in one or two dimensions."""

    kind = "styblinski-tang"
    dimension: int = 2


@dataclass(frozen=True)
class StyblinskiTangData(Landscape):
    """The mean of Styblinski and Tang's function over samples shifted by N(0, I); it knows its gradient covariance."""

    kind = "styblinski-tang-data"
    dimension: int = 2


@dataclass(frozen=True)
class DoubleWell(Landscape):
    """L = barrier (x² − 1)² + tilt x + ½ curvature y², barrier and curvature > 0."""

    kind = "double-well"
    barrier: float = 1.0
    tilt: float = 0.0
    curvature: float = 2.0
    dimension: int = 2


@dataclass(frozen=True)
class SharpFlat(Landscape):
    """Two valleys of depth 0: L'' = sharp at x = −1, flat at x = +1; + ½ transverse y²."""

    kind = "sharp-flat"
    sharp: float = 8.0
    flat: float = 2.0
    transverse: float = 2.0
    dimension: int = 2


@dataclass(frozen=True)
class Quadratic(Landscape):
    """L = ½ θ·Hθ; ``hessian`` is ``[[a, b], [b, c]]``, or a number in one dimension."""

    kind = "quadratic"
    hessian: float | Sequence[Sequence[float]]
    dimension: int = 2


@dataclass(frozen=True)
class RotatedQuadratic(Landscape):
    """L = ½ θ·Hθ by H's eigenvalues and the angle of its first eigenvector in degrees."""

    kind = "rotated-quadratic"
    curvatures: Sequence[float] = (1.0, 4.0)
    angle: float = 30.0


@dataclass(frozen=True)
class MullerBrown(Landscape):
    """The surface of Müller and Brown (1979)."""

    kind = "muller-brown"


@dataclass(frozen=True)
class Himmelblau(Landscape):
    """L = (x² + y − 11)² + (x + y² − 7)²."""

    kind = "himmelblau"


@dataclass(frozen=True)
class ThreeHole(Landscape):
    """The three-hole potential of Metzner, Schütte and Vanden-Eijnden (2006)."""

    kind = "three-hole"


@dataclass(frozen=True)
class RotatedDrift(Landscape):
    """The drift −(I + cJ)∇L of a loss L in two dimensions, J = [[0, 1], [−1, 0]]."""

    kind = "rotated-drift"
    of: Landscape | dict[str, Any]
    strength: float


@dataclass(frozen=True)
class LogisticRegression(Landscape):
    """Mean log(1 + e^{−s θ·x}) over the rows of a CSV file, s = +1 for labels in ``positive``; one or two features."""

    kind = "logistic-regression"
    data: str | os.PathLike[str]
    features: Sequence[str]
    label: str
    positive: Sequence[str]
    standardise: bool = True
