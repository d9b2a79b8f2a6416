"""Escape rates of stochastic gradient descent from the Fokker–Planck equation, right to the last digits.

A process dθ = −∇L dt + √(2D) dW in one or two dimensions leaves a valley of its loss when noise carries it over a saddle. This package
gives the rate of that escape with two-sided brackets and a stated error, mean first-passage times, committors, spectra, networks of
valleys, densities in time, and the formulas of the theory beside them.

>>> import saddleflux
>>> result = saddleflux.solve(saddleflux.Problem("(x^2 - 1)^2 + y^2", noise=0.1, valley=[-1, 0], cells=[64, 64]))
>>> low, high = result.rate.bracket
>>> low <= result.rate.value <= high
True

Rates are per unit of dynamical time t = η · (iterations); D = ½σσᵀ, so that white noise of temperature T is D = T·I.
"""

import atexit as _atexit
import os as _os

from . import _native, landscapes, noises
from ._native import VERSION as __version__
from .errors import InputError, Interrupted, SaddlefluxWarning, UnsolvableError
from .groups import Group, Label
from .problem import Problem, simulate, solve
from .result import CriticalPoint, PassageTime, Rate, Result, Spectrum, open
from .sections import Section
from .sweeps import Sweep, sweep
from .tables import Table
from .verification import Verification, claims, verify

__all__ = [
    "CriticalPoint",
    "Group",
    "InputError",
    "Interrupted",
    "Label",
    "PassageTime",
    "Problem",
    "Rate",
    "Result",
    "SaddlefluxWarning",
    "Section",
    "Spectrum",
    "Sweep",
    "Table",
    "UnsolvableError",
    "Verification",
    "__version__",
    "claims",
    "landscapes",
    "noises",
    "open",
    "simulate",
    "solve",
    "sweep",
    "verify",
]

# No computation of another thread is under way when the interpreter goes, if a second is enough for it to stop; and none that was
# interrupted is copied by a fork.
_atexit.register(_native.close, 1.0)
if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(before=lambda: _native.settle(2.0))
