"""The built-in noise models, under the names of ``[noise]`` in a configuration (docs/configuration.md).

D = ½σσᵀ everywhere, in parameters² per unit of dynamical time t = η · (iterations). Every model takes ``floor`` (white noise + floor·I)
and ``interpretation`` (``"ito"``, ``"stratonovich"`` or ``"isothermal"``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

__all__ = ["Covariance", "Field", "Formula", "Frozen", "Hessian", "Isotropic", "LossHessian", "Noise"]


@dataclass(frozen=True)
class Noise:
    """A model of D(θ)."""

    kind: ClassVar[str]
    floor: float = field(default=0.0, kw_only=True)
    interpretation: str = field(default="ito", kw_only=True)
    allow_degenerate: bool = field(default=False, kw_only=True)

    def table(self) -> dict[str, Any]:
        """The section ``[noise]`` that means the same."""
        own = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {"kind": self.kind, **{key: value for key, value in own.items() if value is not None}}


@dataclass(frozen=True)
class Isotropic(Noise):
    """D = temperature·I: white noise, whose stationary law is e^{−L/T}."""

    kind = "isotropic"
    temperature: float


@dataclass(frozen=True)
class _Minibatch(Noise):
    learning_rate: float
    batch_size: float


@dataclass(frozen=True)
class Hessian(_Minibatch):
    """D = η/(2B) [H(θ)]₊, with the absolute values of H's eigenvalues (Xie, Sato and Sugiyama 2021, Eq. 7)."""

    kind = "hessian"


@dataclass(frozen=True)
class Frozen(_Minibatch):
    """η/(2B) [H_a]₊ in every cold valley below its L_s, η/(2B) [H_b]₊ elsewhere: the closure of Theorem 3.2."""

    kind = "frozen"
    s: float = 0.5
    valleys: Sequence[Sequence[float]] | None = None


@dataclass(frozen=True)
class LossHessian(_Minibatch):
    """D = η/B L(θ) [H]₊ (Mori, Ziyin, Liu and Ueda 2022); ``hessian`` is ``"minimum"`` or ``"local"``."""

    kind = "loss-hessian"
    hessian: str = "minimum"


@dataclass(frozen=True)
class Covariance(_Minibatch):
    """D = η/(2B) C(θ), C the covariance of one sample's gradient: of a landscape with data, or ``covariance=`` of the problem."""

    kind = "covariance"


@dataclass(frozen=True)
class Formula(Noise):
    """D by formulas in x and y; d12 and d22 in two dimensions."""

    kind = "expression"
    d11: str | float
    d12: str | float | None = None
    d22: str | float | None = None


@dataclass(frozen=True)
class Field(Noise):
    """D by a function of NumPy arrays: d in D = d·I, or the entries 11, 12 and 22; for a floor, or another interpretation than Itô's."""

    kind = "python"
    function: Callable[..., Any]
